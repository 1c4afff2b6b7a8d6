/** Sentences that the server wrote into the page, shown when they become true. */
export class Notices {
  /** @param {object} parts  box (element), say(sentence), again() */
  constructor({ box, say, again }) {
    this.box = box;
    this.say = say;
    box.addEventListener("click", (event) => {
      if (event.target.closest("[data-reload]")) location.reload();
      if (event.target.closest("[data-again]")) again();
      if (event.target.closest("[data-dismiss]")) event.target.closest("[data-notice]").hidden = true;
    });
  }

  has(kind) {
    return this.#find(kind) !== undefined;
  }

  /** Shows one sentence, with the reason a person gave, and says it once. */
  show(kind, reason = "") {
    const notice = this.#find(kind);
    if (!notice) return;
    const given = notice.querySelector("[data-reason]");
    if (given) given.textContent = typeof reason === "string" ? reason : "";
    if (notice.hidden) {
      notice.hidden = false;
      this.say(notice.querySelector("p").textContent.trim().replace(/\s+/g, " "));
    }
  }

  hide(...kinds) {
    for (const kind of kinds) {
      const notice = this.#find(kind);
      if (notice) notice.hidden = true;
    }
  }

  #find(kind) {
    return [...this.box.querySelectorAll("[data-notice]")].find(
      (notice) => notice.dataset.notice === kind,
    );
  }
}
