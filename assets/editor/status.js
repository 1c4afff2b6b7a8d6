/** The line that says whether the words are safe, and the one live region that says it aloud. */
import { changesAt, savedState } from "./saved_state.js";

const SPOKEN_AFTER_MS = 5000;

export class Status {
  #timer = null;
  #spokenTimer = null;
  #spoken = "";
  #shown = null;

  constructor({ line, live, words }) {
    this.line = line;
    this.live = live;
    this.words = words;
  }

  show(facts) {
    clearTimeout(this.#timer);
    const said = savedState(facts);
    const sentence = this.words.say(said.state, said);
    this.line.dataset.state = said.state;
    if (this.line.textContent !== sentence) this.line.textContent = sentence;
    if (said.state !== this.#shown) this.#announceLater(said.state);
    const next = changesAt(facts);
    if (next !== null) {
      const wait = Math.max(0, next - facts.now);
      this.#timer = setTimeout(() => this.show({ ...facts, now: Date.now() }), wait);
    }
  }

  /** Said at once: something happened that the person must know. */
  announce(sentence) {
    if (this.live) this.live.textContent = sentence;
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#spokenTimer);
  }

  /** Only what lasts is said: a state that passes within five seconds is nobody's news. */
  #announceLater(state) {
    const isFirst = this.#shown === null;
    this.#shown = state;
    clearTimeout(this.#spokenTimer);
    if (isFirst) {
      this.#spoken = kindOfNews(state);
      return;
    }
    this.#spokenTimer = setTimeout(() => {
      if (kindOfNews(state) === this.#spoken) return;
      this.#spoken = kindOfNews(state);
      this.announce(this.line.textContent);
    }, SPOKEN_AFTER_MS);
  }
}

/** Saving and saved alternate with every word: for the ear both are "all is well". */
function kindOfNews(state) {
  return ["saved", "saving", "clean", "reading", "connecting"].includes(state) ? "well" : state;
}
