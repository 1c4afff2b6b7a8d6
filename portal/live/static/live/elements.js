// Puts what was pushed into the page: never under a finger, never over words being typed.
//
// Markup: a list has an id, its items have ids (`<ol id="thread-81-comments">`); an item may carry
//   data-place      its place among its siblings (compared as text), when it is not simply the last
//   data-live-from, data-live-until   on the list: the first and last place of this page of it
//   data-author     the participant's number; equal to <body data-participant> = one's own
//   data-tombstone  what stands there now replaces the old words at once, even selected ones
// A list that is one page of many says its bounds: data-live-from and data-live-until, as places.
// A region (`data-live-region`) is merged list by list; `data-live-part` elements are replaced.
const LISTS = "ol[id], ul[id], [data-live-list][id]";
const FIELDS = "input:not([type=hidden]), textarea, select";
const words = document.querySelector("[data-live-chip]")?.dataset ?? {};
const waiting = new Map();
const later = new Map();
const mine = new Set();
let pill = document.querySelector("[data-live-pill]");
let placed = () => {};
let arrived = () => {};

export function whenPlaced(callback) {
  placed = callback;
}

// Called with the list in which something new stands, or for which it waits behind the pill.
export function whenArrived(callback) {
  arrived = callback;
}

export function fill(text, n) {
  return (text ?? "{n}").replace("{n}", n.toLocaleString(document.documentElement.lang || "id"));
}

export function parse(html) {
  const page = new DOMParser().parseFromString(`<template>${html}</template>`, "text/html");
  const root = page.querySelector("template")?.content.firstElementChild;
  return root ? document.importNode(root, true) : null;
}

export function isWriting() {
  const focused = document.activeElement;
  return Boolean(focused?.matches("textarea, input:not([type=checkbox], [type=radio], [type=submit]), [contenteditable=true]"));
}

function isChanged(field) {
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  return field.matches("select")
    ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.value !== field.defaultValue;
}

// The part of an element that somebody is busy with: focus, typed words, something opened.
function busyPart(element) {
  const focused = document.activeElement;
  if (focused && focused !== element && element.contains(focused)) return focused;
  const changed = [...element.querySelectorAll(FIELDS)].find(isChanged);
  return changed ?? element.querySelector("dialog[open], details[open]");
}

function isSelected(element) {
  const selection = document.getSelection();
  return Boolean(selection && !selection.isCollapsed && element.contains(selection.anchorNode));
}

function copyAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
}

function isTwin(one, other) {
  if (one.id || other.id) return one.id === other.id;
  return one.tagName === other.tagName && one.className === other.className;
}

// Everything but the busy part is replaced; a form under an edited or hidden item stays.
function patchAround(old, fresh, busy) {
  copyAttributes(old, fresh);
  const kept = [...old.children].find((child) => child.contains(busy));
  const twin = [...fresh.children].find((child) => isTwin(child, kept));
  for (const node of [...old.childNodes]) if (node !== kept) node.remove();
  const all = [...fresh.childNodes];
  const place = twin ? all.indexOf(twin) : all.length;
  kept.before(...all.slice(0, place));
  kept.after(...all.slice(place + 1));
  if (twin && kept !== busy && !kept.matches("form, dialog, details")) patchAround(kept, twin, busy);
}

// Writes figures into text nodes; gives whether somebody can see a difference.
export function writeCounts(within, key, values) {
  let isChanged = false;
  values.slice(0, -1).forEach((value, index) => {
    const text = value.toLocaleString(document.documentElement.lang || "id");
    for (const element of within.querySelectorAll(`[data-count="${CSS.escape(key)}:${index}"]`)) {
      element.hidden = element.hasAttribute("data-hide-zero") && value === 0;
      if (element.textContent === text) continue;
      isChanged = true;
      if (element.firstChild?.nodeType === Node.TEXT_NODE && !element.firstElementChild) element.firstChild.data = text;
      else element.textContent = text;
    }
  });
  return isChanged;
}

function settle(element) {
  window.htmx?.process(element);
  placed(element);
}

// Under a tombstone only what somebody writes is left: a focused link would keep the hidden words.
function busyUnder(old, fresh) {
  const busy = busyPart(old);
  if (!fresh.matches("[data-tombstone]") || busy?.closest("form, dialog, [data-keep]")) return busy;
  return null;
}

function replace(old, fresh) {
  const busy = busyUnder(old, fresh);
  later.delete(old.id);
  if (busy) {
    patchAround(old, fresh, busy);
    settle(old);
  } else if (isSelected(old) && !fresh.matches("[data-tombstone]")) {
    later.set(old.id, fresh);
  } else {
    old.replaceWith(fresh);
    settle(fresh);
  }
}

function successor(list, fresh) {
  const place = fresh.dataset.place;
  if (place === undefined) return null;
  return [...list.children].find((item) => item.dataset.place > place) ?? null;
}

function mayAppear(list, id, fresh, before) {
  const me = document.body.dataset.participant;
  if (mine.delete(id) || (me && fresh.dataset.author === me)) return true;
  if (before || isWriting()) return false;
  const { top, bottom } = list.getBoundingClientRect();
  return bottom <= window.innerHeight + 40 && (top >= 0 || bottom > 0);
}

function insert(list, fresh, before) {
  const anchor = document.elementFromPoint(window.innerWidth / 2, 80);
  const top = anchor?.getBoundingClientRect().top ?? 0;
  list.insertBefore(fresh, before?.isConnected ? before : null);
  list.querySelector(":scope > [data-live-empty]")?.remove();
  if (anchor && !CSS.supports("overflow-anchor", "auto")) {
    window.scrollBy(0, anchor.getBoundingClientRect().top - top);
  }
  settle(fresh);
}

// One page of a long list has bounds: what lies outside of them stands on another page.
function isElsewhere(list, fresh) {
  const { liveFrom, liveUntil } = list.dataset;
  const place = fresh.dataset.place;
  return Boolean(place && ((liveFrom && place < liveFrom) || (liveUntil && place > liveUntil)));
}

// Where an element stands, or will stand: itself, the list for which it waits, the list it names.
export function placeOf(id, into) {
  return document.getElementById(id) ?? waiting.get(id)?.list ?? document.getElementById(into);
}

export function put(id, into, fresh, follower = null) {
  if (!fresh) return;
  const old = document.getElementById(id), held = waiting.get(id);
  if (old) return replace(old, fresh);
  const list = held?.list ?? document.getElementById(into);
  if (list && !isElsewhere(list, fresh)) arrive(list, id, fresh, follower ?? held?.follower);
}

function arrive(list, id, fresh, follower) {
  const isKnown = waiting.delete(id);
  const before = successor(list, fresh) ?? follower;
  if (mayAppear(list, id, fresh, before)) insert(list, fresh, before);
  else waiting.set(id, { list, fresh, follower });
  showPill();
  if (!isKnown) arrived(list);
}

// The answer to an own form names what it made: that does not wait behind the pill.
export function own(id) {
  const held = waiting.get(id);
  if (!held) {
    if (!document.getElementById(id)) mine.add(id);
    return;
  }
  waiting.delete(id);
  insert(held.list, held.fresh, successor(held.list, held.fresh) ?? held.follower);
  showPill();
}

export function cut(id) {
  waiting.delete(id);
  later.delete(id);
  showPill();
  const element = document.getElementById(id);
  if (!element) return;
  const busy = busyPart(element);
  if (busy) patchAround(element, element.cloneNode(false), busy);
  else element.remove();
}

function showPill() {
  if (!pill && !waiting.size) return;
  if (!pill) {
    pill = document.createElement("button");
    pill.type = "button";
    pill.className = "pill";
    pill.dataset.livePill = "";
    pill.addEventListener("click", reveal);
    [...waiting.values()][0].list.before(pill);
  }
  pill.hidden = waiting.size === 0;
  pill.textContent = fill(pill.dataset.word ?? words.wordNew, waiting.size);
}

function reveal() {
  const shown = [...waiting.values()];
  waiting.clear();
  for (const { list, fresh, follower } of shown) {
    insert(list, fresh, successor(list, fresh) ?? follower);
    fresh.dataset.state = "new";
  }
  showPill();
  const first = shown[0]?.fresh;
  if (!first) return;
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
  first.scrollIntoView({ block: "center" });
}

// What an element says, without what this browser has changed in it.
function essence(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("[data-live-private]").forEach((part) => part.remove());
  copy.querySelectorAll("time, [data-count]").forEach((part) => part.replaceChildren());
  return copy.textContent.replace(/\s+/g, " ") + copy.className + (copy.dataset.place ?? "");
}

// What stands between two items that are still there, and is not there itself, was taken away.
function cutMissing(list, ids, newer) {
  const common = [...list.children].filter((item) => ids.has(item.id));
  let isBetween = false;
  for (const item of [...list.children]) {
    if (item === common[0]) isBetween = true;
    if (item.id && isBetween && !ids.has(item.id) && !newer.has(item.id)) cut(item.id);
    if (item === common.at(-1)) isBetween = false;
  }
}

function mergeList(list, fresh, newer) {
  cutMissing(list, new Set([...fresh.children].map((item) => item.id)), newer);
  let follower = null;
  for (const item of [...fresh.children].filter((each) => each.id).reverse()) {
    const old = document.getElementById(item.id);
    const isOld = newer.has(item.id) || (old && essence(old) === essence(item));
    if (!isOld) put(item.id, list.id, item, follower);
    follower = document.getElementById(item.id) ?? follower;
  }
}

// Whether a part shows, or would show, an element of which a push said something newer.
function holdsAny(part, ids) {
  return [...ids].some((id) => part.id === id || part.querySelector(`#${CSS.escape(id)}`));
}

// Merges a region that was fetched again, except what is newer than it; says whether a part of it
// could not be taken for that reason.
export function merge(old, fresh, newer) {
  const lists = [...fresh.querySelectorAll(LISTS)].filter((list) => !list.parentElement.closest(LISTS));
  const parts = [...fresh.querySelectorAll("[data-live-part][id]")];
  if (!lists.length && essence(old) !== essence(fresh)) parts.push(fresh);
  const held = parts.filter((part) => holdsAny(part, newer) || holdsAny(document.getElementById(part.id) ?? part, newer));
  for (const part of parts) if (!held.includes(part)) put(part.id, "", document.importNode(part, true));
  for (const list of lists) {
    const here = document.getElementById(list.id);
    if (here) mergeList(here, document.importNode(list, true), newer);
  }
  return held.length > 0;
}

function again() {
  for (const [id, fresh] of [...later]) {
    const old = document.getElementById(id);
    if (old && !isSelected(old)) replace(old, fresh);
  }
}

pill?.addEventListener("click", reveal);
document.addEventListener("selectionchange", () => later.size && setTimeout(again, 100));
