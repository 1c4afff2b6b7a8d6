// Small manners of every page: theme, menus, dialogs, times in words, what is one's own.
const root = document.documentElement;

function chooseTheme(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice lasts for this page.
  }
  showTheme();
}

function showTheme() {
  const current = root.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current));
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  closeMenus(target.closest("details.menu"));
  const choice = target.closest("[data-theme-choice]");
  if (choice) chooseTheme(choice.dataset.themeChoice);
  const opener = target.closest("[data-open-dialog]");
  if (opener) {
    event.preventDefault();
    openDialog(opener.dataset.openDialog);
  }
  if (target.closest("[data-close-dialog]")) target.closest("dialog")?.close();
  const copier = target.closest("[data-copy]");
  if (copier) copy(copier);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    const word = button.querySelector("[data-copy-word]") ?? button;
    word.textContent = button.dataset.copiedWord;
  } catch {
    // The address stays visible beside the button and can be copied by hand.
  }
}

// Times: relative in words, absolute with the zone as the title.
const language = root.lang === "en" ? "en-GB" : root.lang || "id"; // days before months, 24 hours
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(language, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});
const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];

export function inWords(date, now = Date.now()) {
  const seconds = Math.round((date.getTime() - now) / 1000);
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(0, "second");
}

function all(within, selector) {
  const found = [...within.querySelectorAll(selector)];
  return within instanceof Element && within.matches(selector) ? [within, ...found] : found;
}

function tellTimes(within) {
  for (const time of all(within, "time[data-relative]")) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const words = inWords(date);
    if (time.textContent !== words) time.textContent = words;
    if (!time.title) time.title = absolute.format(date);
  }
}

// Own contributions are marked, so that style can reveal their controls.
function markOwn(within) {
  const me = document.body.dataset.participant;
  if (!me) return;
  for (const item of all(within, `[data-author="${CSS.escape(me)}"]:not([data-own])`)) {
    item.dataset.own = "";
  }
}

// Who writes for the first time becomes a participant: the answer says as which.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const me = detail.xhr?.getResponseHeader("Live-Participant");
  if (!me || document.body.dataset.participant === me) return;
  document.body.dataset.participant = me;
  markOwn(document);
});

function attend(within) {
  tellTimes(within);
  markOwn(within);
  all(within, "[data-error-summary]")[0]?.focus();
}

const main = document.querySelector("main");
if (main) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node instanceof Element && node.isConnected) attend(node);
      }
    }
  }).observe(main, { childList: true, subtree: true });
}
showTheme();
attend(document);
for (const dialog of document.querySelectorAll("dialog[data-open]")) openDialog(dialog.id);
setInterval(() => tellTimes(document), 60_000);
