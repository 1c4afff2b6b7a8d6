/** Words come from the server, on the root element: `data-word-saved="Saved at {time}"`. */
export class Words {
  constructor(root) {
    this.dataset = root.dataset;
    this.clock = new Intl.DateTimeFormat(document.documentElement.lang || "id", {
      hour: "2-digit",
      minute: "2-digit",
    });
  }

  /** The sentence for a state ("not-yet" → data-word-not-yet), with {count}, {time}, {n} filled. */
  say(state, { count = 0, at = null } = {}) {
    const key = `word-${state}`.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());
    const sentence = this.dataset[key] ?? "";
    const time = at ? this.clock.format(at) : "";
    return sentence.replace("{time}", time).replace("{count}", String(count));
  }
}
