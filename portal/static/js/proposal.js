// The name of a proposal wherever its page says it: a hidden one is not named any more.
//
// Markup: [data-proposal-head] is the list with the proposal's one card, which pushes replace; on it
//   data-word-hidden   what a hidden proposal is called
//   data-word-gone     the same of one whose text this person may not read any more
//   data-word-tab      "Write together: {title}", the title of the tab; without it the title alone
// [data-proposal-title] are the other places of the name.
const head = document.querySelector("[data-proposal-head]");
const site = document.title.split(" · ").at(-1);

function follow() {
  const title = head.querySelector("[data-title]")?.textContent.trim();
  const isHidden = Boolean(head.querySelector(":scope > [data-tombstone]"));
  const { wordHidden, wordGone, wordTab = "{title}" } = head.dataset;
  const name = title ?? (isHidden ? wordHidden : wordGone);
  document.title = `${title ? wordTab.replace("{title}", () => title) : name} · ${site}`;
  for (const place of document.querySelectorAll("[data-proposal-title]")) place.textContent = name;
  if (isHidden) document.dispatchEvent(new Event("rembuk:hidden"));
}

// The editor learned it first: an empty place is kept for what may still be read of the card.
document.addEventListener("rembuk:concealed", () => {
  const card = head.querySelector(":scope > :has([data-title])");
  if (!card) return;
  const place = document.createElement("li");
  place.id = card.id;
  place.hidden = true;
  card.replaceWith(place);
});

if (head) new MutationObserver(follow).observe(head, {
  childList: true, subtree: true, attributeFilter: ["data-tombstone"],
});
