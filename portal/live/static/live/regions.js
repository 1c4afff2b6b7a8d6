// Fetches the regions of a page again, one round after the other, until one round went well.
//
// Markup: data-live-region="/threads/81/?…" on an element with an id. It is asked for with the
// header `Live-Region: <id>`; the answer (a page or the fragment, found by its id) says how far it
// knows: in the header `Live-Numbers`, or in its data-live. A push that came meanwhile is newer.
import { heardOf, hasHole, newerThan, numbersOf, reach, shows } from "./ages.js";
import { merge } from "./elements.js";

const PATIENCE = 15_000, LONGEST_WAIT = 30_000, TICK = 400;
const state = { timer: 0, due: 0, isRunning: false, isWanted: false, failures: 0, isRefused: false };
let told = () => {};

export function whenFetched(callback) {
  told = callback;
}

// The page may lack something that was announced: it is not live until a round went well.
export const isBehind = () => state.failures > 0;
export const isRefused = () => state.isRefused;

export function fetchRegions(spread = 0, { isUrgent = false } = {}) {
  if (state.isRunning) state.isWanted = true;
  else if (!state.timer || !state.failures || isUrgent) plan(Math.random() * spread);
}

function plan(wait) {
  const due = Date.now() + wait;
  if (state.timer && state.due <= due) return;
  clearTimeout(state.timer);
  state.due = due;
  state.timer = setTimeout(round, wait);
}

async function round() {
  Object.assign(state, { timer: 0, isRunning: true, isWanted: false });
  const heard = heardOf();
  const regions = [...document.querySelectorAll("[data-live-region][id]")];
  const answers = await Promise.all(regions.map((region) => fetchRegion(region, heard)));
  state.isRunning = false;
  state.isRefused = answers.some(({ isRefused }) => isRefused);
  const failed = answers.filter(({ after }) => after !== undefined);
  if (failed.length) {
    state.failures += 1;
    const widest = Math.min(LONGEST_WAIT, 1000 * 2 ** state.failures);
    plan(Math.max(...failed.map(({ after }) => after)) + 200 + Math.random() * widest);
  } else {
    state.failures = 0;
    if (!state.isRefused) reach(heard);
    if (state.isWanted) plan(0);
    else if (answers.some(({ isHeld }) => isHeld)) plan(TICK);
  }
  told();
}

async function fetchRegion(region, heard) {
  try {
    const headers = { "Live-Region": region.id };
    const answer = await fetch(region.dataset.liveRegion, { cache: "no-cache", headers, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) return { after: secondsOf(answer) * 1000 };
    if (!answer.ok || answer.redirected) return { isRefused: true };
    return { isHeld: mergeAnswer(region, heard, answer.headers.get("Live-Numbers"), await answer.text()) };
  } catch {
    return { after: 0 };
  }
}

function secondsOf(answer) {
  return Math.min(30, Number(answer.headers.get("Retry-After")) || 0);
}

// What was heard of before the question is in the answer, even where it does not say so.
function mergeAnswer(region, heard, said, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById(region.id);
  if (!fresh || !region.isConnected) return false;
  const numbers = new Map(heard);
  const own = page.createElement("p");
  own.dataset.live = said ?? "";
  page.body.append(own);
  for (const [topic, number] of numbersOf(page)) numbers.set(topic, Math.max(number, numbers.get(topic) ?? 0));
  const isHeld = merge(region, fresh, newerThan(numbers));
  shows(region.id, numbers);
  return isHeld;
}

// Two processes may publish out of order: a hole waits a moment before the page fetches.
const holes = new Map();

export function advance(name, numbers) {
  if (!hasHole(name, numbers) || holes.has(name)) return;
  holes.set(name, setTimeout(() => {
    holes.delete(name);
    if (hasHole(name, [])) fetchRegions();
  }, TICK));
}
