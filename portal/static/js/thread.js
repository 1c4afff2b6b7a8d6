// Manners of a discussion: forms that open under a comment, opinions, the characters left.
//
// Markup: a[data-into="slot"] opens its page's form in that slot; [data-close-slot] closes it;
//   form[data-opinions] takes the buttons of all comments; [data-own-opinions] lists one's own,
//   each li with data-opinion-of, data-value and, in an answer, data-counts; [data-marks] names
//   the comment that an address is about; [data-sent] is what a form leaves behind;
//   [data-closed] surrounds a discussion in which nobody can give an opinion now.
const ANSWERED_WITHIN = 10_000;
const isSignedIn = Boolean(document.body.dataset.user);
const openers = new WeakMap();

// Forms under a comment

async function open(link) {
  const slot = document.getElementById(link.dataset.into);
  if (openers.get(slot) === link && slot.firstElementChild) return close(slot);
  openers.set(slot, link);
  await window.htmx.ajax("GET", link.href, { target: slot, swap: "innerHTML" });
  slot.querySelector("textarea, input:not([type=hidden])")?.focus();
}

function close(slot) {
  slot.replaceChildren();
  const link = openers.get(slot);
  if (link?.isConnected) link.focus();
}

function slotOf(element) {
  return element.closest("[data-keep]");
}

// A form that was answered with a sentence leaves the focus on it, and nothing to send twice.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (!(target instanceof Element)) return;
  const slot = slotOf(target);
  (slot ?? target).querySelector("[data-sent]")?.focus();
  count(slot ?? document);
});

// What could not be sent is said where it was written, until it is sent again.

function tellSent(form, isFailed) {
  const place = form?.matches("[data-composer]") && form.querySelector("[data-send-state]");
  if (!place) return;
  place.textContent = isFailed ? place.dataset.word : "";
  if (isFailed) form.dataset.state = "failed";
  else delete form.dataset.state;
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => tellSent(detail.elt, false));
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, ({ detail }) => tellSent(detail.elt, true));
}
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) tellSent(detail.elt, true);
});

// Opinions

const newest = new Map();

function press(id, value) {
  for (const button of document.querySelectorAll(`#${CSS.escape(id)} [name=opinion]`)) {
    button.setAttribute("aria-pressed", String(button.value.split(":")[1] === value));
  }
}

function showOwn(within) {
  for (const own of document.querySelectorAll("[data-own-opinions] [data-opinion-of]")) {
    if (within === document || within.id === own.dataset.opinionOf) press(own.dataset.opinionOf, own.dataset.value);
  }
}

function known(id) {
  return document.querySelector(`[data-own-opinions] [data-opinion-of="${CSS.escape(id)}"]`)?.dataset.value ?? "";
}

async function send(form, button) {
  const id = `comment-${button.value.split(":")[0]}`;
  const values = new FormData(form, button);
  const turn = (newest.get(id) ?? 0) + 1;
  newest.set(id, turn);
  if (button.name === "opinion") press(id, button.value.split(":")[1]);
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST", body: values, headers: { "HX-Request": "true", "HX-Current-URL": location.href },
      signal: AbortSignal.timeout(ANSWERED_WITHIN),
    });
  } catch {
    document.dispatchEvent(new Event("live:unsent"));
    return say(id, form.dataset.wordFailed);
  }
  const way = answer.headers.get("HX-Redirect");
  if (way) return location.assign(way);
  const page = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
  if (newest.get(id) !== turn) return;
  if (answer.ok) keep(id, page.querySelector("[data-opinion-of]"));
  else say(id, page.querySelector("p")?.textContent ?? form.dataset.wordFailed);
}

function keep(id, own) {
  if (!own) return;
  const list = document.querySelector("[data-own-opinions] ul");
  const item = document.importNode(own, true);
  const old = document.getElementById(item.id);
  if (old) old.replaceWith(item);
  else list?.append(item);
  list?.parentElement.querySelector("[data-empty]")?.remove();
  document.querySelector(`#${CSS.escape(id)}-slot [data-failed]`)?.remove();
  press(id, item.dataset.value);
  if (!["live", "slow"].includes(document.querySelector("[data-live-chip]")?.dataset.state)) showCounts(id, item);
}

// Without a live connection the figures of the answer are the newest there are.
function showCounts(id, item) {
  (item.dataset.counts ?? "").split(" ").forEach((number, index) => {
    const place = document.querySelector(`#${CSS.escape(id)} [data-count="${CSS.escape(id)}:${index}"]`);
    if (place) place.textContent = number;
  });
}

function say(id, text) {
  press(id, known(id));
  const slot = document.getElementById(`${id}-slot`);
  if (!slot) return;
  const notice = slot.querySelector("[data-failed]") ?? document.createElement("p");
  notice.className = "notice notice--warn";
  notice.dataset.failed = "";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  slot.prepend(notice);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-opinions]") || !event.submitter) return;
  event.preventDefault();
  send(form, event.submitter);
});

// Links

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const opener = target.closest("a[data-into]");
  if (opener && isSignedIn && window.htmx) {
    event.preventDefault();
    open(opener);
  }
  const closer = target.closest("[data-close-slot]");
  if (closer && slotOf(closer)) {
    event.preventDefault();
    close(slotOf(closer));
  }
  const parent = target.closest(".comment__parent");
  const here = parent && document.getElementById(parent.hash.slice(1));
  if (here) {
    event.preventDefault();
    visit(here);
  }
});

function visit(comment) {
  comment.tabIndex = -1;
  comment.focus({ preventScroll: true });
  comment.scrollIntoView({ block: "center" });
}

function mark() {
  for (const note of document.querySelectorAll("[data-marks]")) {
    document.getElementById(note.dataset.marks)?.setAttribute("aria-current", "true");
  }
}

// Characters left

function count(within) {
  for (const field of within.querySelectorAll("textarea[data-longest]")) tell(field);
}

function tell(field) {
  const place = field.form?.querySelector("[data-counter]");
  if (!place) return;
  const left = Number(field.dataset.longest) - [...field.value].length;
  const text = place.dataset.words.replace("{n}", left.toLocaleString(document.documentElement.lang || "id"));
  if (place.textContent !== text) place.textContent = text;
  field.setAttribute("aria-invalid", String(left < 0));
}

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.matches("[data-longest]")) tell(target);
});

// What arrives by push knows nobody: one's own opinion of it is pressed again here.
for (const list of document.querySelectorAll("[data-live-list]")) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        const comment = node instanceof Element ? node.closest("li[id]") : null;
        if (comment) showOwn(comment);
      }
    }
    mark();
  }).observe(list, { childList: true, subtree: true });
}

// What arrives by push knows no phase either: the buttons of a closed discussion are at rest.
function rest() {
  for (const button of document.querySelectorAll("[data-closed] [name=opinion]:enabled")) button.disabled = true;
}

for (const closed of document.querySelectorAll("[data-closed]")) {
  new MutationObserver(rest).observe(closed, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}
rest();
showOwn(document);
mark();
count(document);
