// The browser side of a live page: one socket that only listens; the page stays the record.
//
// Markup (everything optional):
//   data-live="thread:81@1204 user:5@3"  topics, with the numbers read before the rows
//   data-lang="id"                       language of what is pushed
//   data-live-region="/threads/81/?…"    fetched again after a gap: see regions.js
//   data-count="comment-17:0"            the first figure of comment-17; text nodes only
//   data-live-here="thread:81", data-live-typing="thread:81"   numbers of people, in words
//   data-typing[="thread:81"]            a field in which typing is told; data-draft: see drafts.js
//   data-live-chip, data-live-line       what the page says of itself: see chip.js
//   data-live-retry                      a button that connects again after a stop
// An answer to an own form may name what it made: the header `Live-Own: comment-932`.
// Another script tells of an own request without an answer by the event `live:unsent`.
import "./drafts.js";
import { accepts, begin, hasMoved, topics } from "./ages.js";
import { addNews, drawChip, flushLine, keyed, speak, words } from "./chip.js";
import { cut, fill, own, parse, placeOf, put, whenArrived, whenPlaced, writeCounts } from "./elements.js";
import { advance, fetchRegions, isBehind, isRefused, whenFetched } from "./regions.js";

// The server breaks its silence every 25 s: two beats that did not come are a dead line.
const SILENCE = 50_000, SHAKING_HANDS = 15_000;
// Drawn once a second: what is lost is said to be so within 10 s.
const LONGEST_WAIT = 30_000, SOON_OFFLINE = 9_000, HOMELESS = 100;
const language = document.querySelector("[data-lang]")?.dataset.lang ?? document.documentElement.lang;
const counts = new Map();
const homeless = new Map();
const state = { socket: null, attempt: 0, heard: 0, lostAt: 0, retryAt: 0, spread: 0, isSlow: false, isStopped: false, saidLost: false, typed: 0, typedAt: "" };

// Connection

function connect() {
  clearTimeout(state.timer);
  if (state.socket || state.isStopped || !topics.size) return;
  const query = new URLSearchParams([...[...topics].slice(0, 8).map(([topic, { last }]) => ["topic", `${topic}@${last}`]), ["lang", language]]);
  if (!document.querySelector("[data-live-here]")) query.set("outside", "1");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/live/?${query}`);
  state.socket = socket;
  state.heard = Date.now();
  socket.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
  socket.addEventListener("close", ({ code }) => socket === state.socket && lost(code));
}

function lost(code) {
  state.socket = null;
  state.lostAt ||= Date.now();
  if (code === 1013) state.isStale = true;
  if ((code >= 4400 && code < 4500) || (code === 1009 && state.wasTooLong)) return stop(code);
  state.wasTooLong = code === 1009;
  const widest = state.spread || Math.min(LONGEST_WAIT, 1000 * 2 ** state.attempt);
  state.attempt += 1;
  state.spread = 0;
  const wait = Math.random() * widest;
  state.retryAt = Date.now() + wait;
  state.timer = setTimeout(connect, wait);
  show();
}

function stop(code) {
  state.isStopped = true;
  state.code = code;
  if (code === 4401 || code === 4403) speak(words.saySignedOut);
  for (const button of document.querySelectorAll("[data-live-retry]")) button.hidden = false;
  show();
}

function restart() {
  state.isStopped = false;
  state.attempt = 0;
  const old = state.socket;
  state.socket = null;
  state.lostAt ||= Date.now();
  old?.close();
  connect();
}

function recovered() {
  const away = state.lostAt ? Date.now() - state.lostAt : 0;
  if (state.isStale || isBehind() || away > SOON_OFFLINE) fetchRegions(1000, { isUrgent: true });
  if (state.saidLost) speak(words.sayBack);
  Object.assign(state, { lostAt: 0, attempt: 0, isStale: false, saidLost: false, wasTooLong: false });
}

// The chip

function stateName(now) {
  if (state.isStopped || isRefused()) return "stopped";
  if (!navigator.onLine) return "offline";
  if (state.lostAt) return lostName(now - state.lostAt);
  if (!state.isHeard) return "connecting";
  if (isBehind()) return "behind";
  return state.isSlow ? "slow" : "live";
}

function lostName(away) {
  if (away > SOON_OFFLINE) return "offline";
  return state.socket ? "connecting" : "retry";
}

function show() {
  if (!topics.size) return;
  const now = Date.now();
  drawChip(stateName(now), Math.ceil((state.retryAt - now) / 1000));
  sayLost(now);
}

function sayLost(now) {
  if (!state.lostAt || state.saidLost || now - state.lostAt < 5000) return;
  state.saidLost = true;
  speak(words.sayLost);
}

function everySecond() {
  const longest = state.socket?.readyState === WebSocket.OPEN ? SILENCE : SHAKING_HANDS;
  if (state.socket && Date.now() - state.heard > longest) {
    state.lostAt ||= state.heard;
    restart();
  }
  show();
  flushCounts();
  flushLine();
}

// Frames

function hear(frame) {
  state.heard = Date.now();
  if (!state.isHeard || state.lostAt) recovered();
  state.isHeard = true;
  if ("slower" in frame) state.isSlow = Boolean(frame.slower);
  if ("bye" in frame) state.spread = frame.bye;
  if (topics.has(frame.t)) take(frame.t, frame);
  show();
}

function take(name, frame) {
  const ages = frame.age ?? {};
  for (const [id, into, html] of frame.put ?? []) place(name, id, into, html, ages[id]);
  for (const id of frame.cut ?? []) remove(name, id, ages[id]);
  for (const [key, values] of Object.entries(frame.n ?? {})) keep(key, values);
  advance(name, frame.s ?? []);
  if (hasMoved(name, frame)) fetchRegions(frame.spread ?? 0);
  tellPeople(frame);
}

// The newest words wait for the list that an older put names: an edit may come before its post.
function place(name, id, into, html, age) {
  const there = placeOf(id, into), isNewest = accepts(name, id, age, there);
  const words = isNewest ? html : homeless.get(id);
  if (there) homeless.delete(id);
  else if (isNewest) homeless.set(id, html);
  if (homeless.size > HOMELESS) homeless.delete(homeless.keys().next().value);
  if (there && words !== undefined) put(id, into, parse(words));
}

function remove(name, id, age) {
  if (!accepts(name, id, age, placeOf(id, ""))) return;
  homeless.delete(id);
  cut(id);
}

function tellPeople(frame) {
  if ("here" in frame) tell("here", frame.t, frame.here);
  if ("typing" in frame) tell("typing", frame.t, frame.typing - (Date.now() - state.typed < 5000 ? 1 : 0));
}

// Figures: the newest version of a key stays; at most one change a second per number

function keep(key, values) {
  const known = counts.get(key);
  if (known && known.values.at(-1) >= values.at(-1)) return;
  counts.set(key, { values, isFresh: true, at: known?.at ?? 0 });
  const wait = (known?.at ?? 0) + 1000 - Date.now();
  if (wait <= 0) flushCounts();
  else if (!known.isFresh) setTimeout(flushCounts, wait);
}

function flushCounts(all = false) {
  for (const [key, count] of counts) {
    if (!all && (!count.isFresh || Date.now() - count.at < 1000)) continue;
    count.isFresh = false;
    if (writeCounts(document, key, count.values)) count.at = Date.now();
  }
}

// What has just been put may be older than figures that are known already.
whenPlaced((element) => {
  const keys = new Set([...element.querySelectorAll("[data-count]")].map((each) => each.dataset.count.split(":")[0]));
  for (const key of keys) if (counts.has(key)) writeCounts(element, key, counts.get(key).values);
});

// People and words

function tell(what, topic, number) {
  const word = what === "here" ? words.wordHere : words.wordTyping;
  for (const element of document.querySelectorAll(`[data-live-${what}="${CSS.escape(topic)}"]`)) {
    element.textContent = number > 0 ? fill(element.dataset.word ?? word, number) : "";
  }
}

function topicOf(field) {
  return field.dataset.typing || [...topics.keys()].find((each) => each.startsWith("thread:"));
}

function typing({ target }) {
  keyed();
  const field = target instanceof Element && target.closest("[data-typing]");
  if (!field || !mayTell() || Date.now() - state.typed < 3000) return;
  const topic = topicOf(field);
  if (!topics.has(topic)) return;
  Object.assign(state, { typed: Date.now(), typedAt: topic });
  state.socket.send(JSON.stringify({ typing: topic }));
}

// Who has sent what she typed types no longer.
function rested(form) {
  if (!state.typedAt || !form?.querySelector?.("[data-typing]")) return;
  if (mayTell()) state.socket.send(JSON.stringify({ rested: state.typedAt }));
  Object.assign(state, { typed: 0, typedAt: "" });
}

const mayTell = () => document.body.dataset.user && state.socket?.readyState === WebSocket.OPEN;

// Own requests

function answered({ detail }) {
  const made = detail.xhr?.getResponseHeader("Live-Own");
  if (made) own(made);
  const isWrite = detail.requestConfig?.verb !== "get";
  if (!detail.successful || !isWrite) return;
  rested(detail.elt?.closest?.("form"));
  if (state.lostAt || !state.isHeard) fetchRegions(0, { isUrgent: true });
}

function failed() {
  state.lostAt ||= Date.now() - SOON_OFFLINE;
  state.saidLost = true;
  speak(words.sayNotSent);
  restart();
  show();
}

begin(document);
whenArrived(addNews);
whenFetched(() => { flushCounts(true); show(); });
document.addEventListener("input", typing);
document.addEventListener("htmx:afterRequest", answered);
for (const name of ["htmx:sendError", "htmx:timeout", "live:unsent"]) document.addEventListener(name, failed);
document.addEventListener("click", ({ target }) => target instanceof Element && target.closest("[data-live-retry]") && restart());
document.addEventListener("visibilitychange", () => !document.hidden && everySecond());
window.addEventListener("online", restart);
window.addEventListener("offline", () => { state.lostAt ||= Date.now(); show(); });
window.addEventListener("pageshow", ({ persisted }) => { if (persisted) { state.isStale = true; restart(); } });
if (topics.size) {
  connect();
  setInterval(everySecond, 1000);
  show();
}
