// The browser side of a live page: one socket that only listens; the page stays the record.
//
// Markup (everything optional):
//   data-live="thread:81@1204 user:5@3"  topics, with the numbers read before the rows
//   data-lang="id"                       language of what is pushed
//   data-live-region="/threads/81/?…"    on an element with an id: fetched again after a gap, with
//                                        the header `Live-Region: <id>`; page or fragment, by id
//   data-count="comment-17:0"            the first figure of comment-17; text nodes only
//   data-live-here="thread:81", data-live-typing="thread:81"   numbers of people, in words
//   data-typing[="thread:81"]            a field in which typing is told; data-draft: see drafts.js
//   data-live-chip                       carries every word: see templates/site/_live_chip.html
//   data-live-retry                      a button that connects again after a stop
//   data-live-line                       the one polite line of the page
// An answer to an own form may name what it made: the header `Live-Own: comment-932`.
import "./drafts.js";
import { cut, fill, isWriting, merge, own, parse, put, whenPlaced, writeCounts } from "./elements.js";

const SILENCE = 60_000, LONGEST_WAIT = 30_000, SOON_OFFLINE = 10_000, TICK = 400, LINE_EVERY = 5_000;
const chip = document.querySelector("[data-live-chip]");
const words = chip?.dataset ?? {};
const line = document.querySelector("[data-live-line]");
const language = document.querySelector("[data-lang]")?.dataset.lang ?? document.documentElement.lang;
const topics = new Map();
const counts = new Map();
const state = { socket: null, attempt: 0, heard: 0, lostAt: 0, retryAt: 0, spread: 0, isSlow: false, isStopped: false, saidLost: false, typed: 0, keyed: 0, spoke: 0, news: 0, text: "" };

function readTopics(page) {
  for (const element of page.querySelectorAll("[data-live]")) {
    for (const [, topic, number] of element.dataset.live.matchAll(/(\S+)@(\d+)/g)) {
      const known = topics.get(topic) ?? { last: Number(number), ahead: new Set() };
      known.last = Math.max(known.last, Number(number));
      topics.set(topic, known);
    }
  }
}

// Connection

function connect() {
  clearTimeout(state.timer);
  if (state.socket || state.isStopped || !topics.size) return;
  const query = new URLSearchParams([...[...topics].slice(0, 8).map(([topic, { last }]) => ["topic", `${topic}@${last}`]), ["lang", language]]);
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
  if (state.isStale || away > SOON_OFFLINE) fetchRegions(1000);
  if (state.saidLost) speak(words.sayBack);
  Object.assign(state, { lostAt: 0, attempt: 0, isStale: false, saidLost: false, wasTooLong: false });
}

// The chip

function stateName(now) {
  if (state.isStopped) return "stopped";
  if (!navigator.onLine) return "offline";
  if (state.lostAt) return lostName(now - state.lostAt);
  if (!state.isHeard) return "connecting";
  return state.isSlow ? "slow" : "live";
}

function lostName(away) {
  if (away > SOON_OFFLINE) return "offline";
  return state.socket ? "connecting" : "retry";
}

function show() {
  if (!chip || !topics.size) return;
  const now = Date.now(), name = stateName(now);
  const word = words[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? name;
  const text = fill(word, Math.max(1, Math.ceil((state.retryAt - now) / 1000)));
  const label = chip.querySelector("[data-live-chip-word]") ?? chip;
  chip.hidden = false;
  if (chip.dataset.state !== name) chip.dataset.state = name;
  if (label.textContent !== text) label.textContent = text;
  sayLost(now);
}

function sayLost(now) {
  if (!state.lostAt || state.saidLost || now - state.lostAt < 5000) return;
  state.saidLost = true;
  speak(words.sayLost);
}

function everySecond() {
  if (state.socket && Date.now() - state.heard > SILENCE) restart();
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
  const topic = topics.get(frame.t);
  if (topic) take(topic, frame);
  show();
}

function take(topic, frame) {
  for (const [id, into, html] of frame.put ?? []) state.news += put(id, into, parse(html));
  for (const id of frame.cut ?? []) cut(id);
  for (const [key, values] of Object.entries(frame.n ?? {})) keep(key, values);
  advance(topic, frame.s ?? []);
  move(topic, frame);
  tellPeople(frame);
}

function tellPeople(frame) {
  if ("here" in frame) tell("here", frame.t, frame.here);
  if ("typing" in frame) tell("typing", frame.t, frame.typing - (Date.now() - state.typed < 5000 ? 1 : 0));
}

function move(topic, frame) {
  if (frame.moved && frame.moved !== topic.last) {
    topic.last = frame.moved;
    topic.ahead.clear();
    fetchRegions(frame.spread ?? 0);
  }
}

// Two processes may publish out of order: a hole waits a moment before the page fetches.
function advance(topic, numbers) {
  for (const number of numbers) if (number > topic.last) topic.ahead.add(number);
  while (topic.ahead.delete(topic.last + 1)) topic.last += 1;
  if (!topic.ahead.size || topic.hole) return;
  topic.hole = setTimeout(() => {
    topic.hole = null;
    if (!topic.ahead.size) return;
    topic.last = Math.max(...topic.ahead);
    topic.ahead.clear();
    fetchRegions(0);
  }, TICK);
}

function fetchRegions(spread) {
  if (state.fetching) return;
  state.fetching = setTimeout(async () => {
    state.fetching = null;
    const regions = [...document.querySelectorAll("[data-live-region][id]")];
    await Promise.all(regions.map((region) => fetchRegion(region).catch(() => { state.isStale = true; })));
    flushCounts(true);
  }, Math.random() * spread);
}

async function fetchRegion(region) {
  const answer = await fetch(region.dataset.liveRegion, { cache: "no-cache", headers: { "Live-Region": region.id } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(region.id);
  readTopics(page);
  if (fresh && region.isConnected) state.news += merge(region, fresh);
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

function speak(text) {
  state.text = text ?? "";
}

function flushLine() {
  const now = Date.now();
  if (!line || now - state.spoke < LINE_EVERY || (isWriting() && now - state.keyed < 3000)) return;
  const sum = state.news ? fill(words.sayNew, state.news) : "";
  const text = [state.text, sum].filter(Boolean).join(" ");
  if (!text) return;
  state.spoke = now;
  state.news = 0;
  state.text = "";
  line.textContent = text;
}

function typing({ target }) {
  state.keyed = Date.now();
  const field = target instanceof Element && target.closest("[data-typing]");
  if (!field || !mayTell() || state.keyed - state.typed < 3000) return;
  const topic = field.dataset.typing || [...topics.keys()].find((each) => each.startsWith("thread:"));
  if (!topics.has(topic)) return;
  state.typed = state.keyed;
  state.socket.send(JSON.stringify({ typing: topic }));
}

const mayTell = () => document.body.dataset.user && state.socket?.readyState === WebSocket.OPEN;

// Own requests

function answered({ detail }) {
  const made = detail.xhr?.getResponseHeader("Live-Own");
  if (made) own(made);
  const isWrite = detail.requestConfig?.verb !== "get";
  if (detail.successful && isWrite && (state.lostAt || !state.isHeard)) fetchRegions(0);
}

function failed() {
  state.lostAt ||= Date.now() - SOON_OFFLINE;
  speak(words.sayNotSent);
  restart();
  show();
}

readTopics(document);
document.addEventListener("input", typing);
document.addEventListener("htmx:afterRequest", answered);
document.addEventListener("htmx:sendError", failed);
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
