// Drafts: what is typed stays on this device until it was sent.
//
// Markup: <textarea data-draft="thread-81">; in the same form, optionally, [data-draft-state] shows
// that it was kept (word: data-word-draft of the chip). Kept per person: <body data-user>; signing
// out takes the person's drafts along, because somebody else may sit here next.
const word = document.querySelector("[data-live-chip]")?.dataset.wordDraft ?? "";
const person = document.body.dataset.user ?? "";

const keyOf = (field) => `draft:${person}:${location.pathname}:${field.dataset.draft}`;
const sentOf = (field) => `sent:${keyOf(field)}`;

function inStorage(work) {
  try {
    return work(localStorage, sessionStorage);
  } catch {
    return null; // Storage may be refused or full: the words stay in the field.
  }
}

function tell(field, text) {
  const place = field.form?.querySelector("[data-draft-state]");
  if (place && place.textContent !== text) place.textContent = text;
}

let isLeaving = false;

function forgetAll() {
  isLeaving = true;
  const mine = (key) => key.startsWith(`draft:${person}:`) || key.startsWith(`sent:draft:${person}:`);
  inStorage((...places) => {
    for (const place of places) for (const key of Object.keys(place).filter(mine)) place.removeItem(key);
  });
}

function keep(field) {
  if (isLeaving) return;
  const isKept = inStorage((kept) => {
    if (field.value) kept.setItem(keyOf(field), field.value);
    else kept.removeItem(keyOf(field));
    return true;
  });
  tell(field, isKept && field.value ? word : "");
}

function forget(field) {
  inStorage((kept) => kept.removeItem(keyOf(field)));
  tell(field, "");
}

// A field that comes back empty after it was sent was taken; with words in it, it was not.
function bringBack(field) {
  const wasSent = inStorage((_kept, session) => {
    const sent = session.getItem(sentOf(field));
    session.removeItem(sentOf(field));
    return sent;
  });
  if (field.value) return;
  if (wasSent) forget(field);
  const draft = inStorage((kept) => kept.getItem(keyOf(field)));
  if (!draft) return;
  field.value = draft;
  tell(field, word);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function fieldsOf(form) {
  return form instanceof HTMLFormElement ? form.querySelectorAll("[data-draft]") : [];
}

const timers = new WeakMap();
document.addEventListener("input", ({ target }) => {
  const field = target instanceof Element && target.closest("[data-draft]");
  if (!field) return;
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(() => field.isConnected && keep(field), 300));
});
window.addEventListener("pagehide", () => document.querySelectorAll("[data-draft]").forEach((field) => field.value && keep(field)));
document.addEventListener("submit", ({ target }) => {
  for (const field of fieldsOf(target)) {
    clearTimeout(timers.get(field));
    keep(field);
    inStorage((_kept, session) => session.setItem(sentOf(field), "1"));
  }
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt?.closest?.("form");
  for (const field of fieldsOf(form)) {
    inStorage((_kept, session) => session.removeItem(sentOf(field)));
    if (detail.successful && detail.requestConfig?.verb !== "get") forget(field);
  }
});
document.addEventListener("htmx:load", ({ detail }) => {
  for (const field of detail.elt?.querySelectorAll?.("[data-draft]") ?? []) bringBack(field);
});
for (const field of document.querySelectorAll("[data-draft]")) bringBack(field);
window.addEventListener("rembuk:signing-out", forgetAll);
