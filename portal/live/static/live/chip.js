// What the page says of itself: the chip of the connection and the one polite line.
//
// Markup: data-live-chip carries every word (templates/site/_live_chip.html); data-live-line is the
// line; a list may say with data-say-new="{n} …" what is new in it.
import { fill, isWriting } from "./elements.js";

const LINE_EVERY = 5_000, STILL_WRITING = 3_000;
const chip = document.querySelector("[data-live-chip]");
const line = document.querySelector("[data-live-line]");
const news = new Map();
const state = { spoke: 0, keyed: 0, text: "" };
export const words = chip?.dataset ?? {};

export function drawChip(name, seconds) {
  if (!chip) return;
  const word = words[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? name;
  const text = fill(word, Math.max(1, seconds));
  const label = chip.querySelector("[data-live-chip-word]") ?? chip;
  chip.hidden = false;
  if (words.state !== name) words.state = name;
  if (label.textContent !== text) label.textContent = text;
}

export function speak(text) {
  state.text = text ?? "";
}

export function addNews(list) {
  const word = list.dataset.sayNew ?? words.sayNew;
  news.set(word, (news.get(word) ?? 0) + 1);
}

export function keyed() {
  state.keyed = Date.now();
}

// At most once in 5 s, as a sum, and not while somebody types.
export function flushLine() {
  const now = Date.now();
  if (!line || now - state.spoke < LINE_EVERY || (isWriting() && now - state.keyed < STILL_WRITING)) return;
  const sums = [...news].map(([word, number]) => fill(word, number));
  const text = [state.text, ...sums].filter(Boolean).join(" ");
  if (!text) return;
  state.spoke = now;
  state.text = "";
  news.clear();
  line.textContent = text;
}
