/** One's own words that the shared text did not take: shown until taken elsewhere or discarded. */
import {
  asideOf,
  forgetAside,
  forgetText,
  rememberUnsent,
  setAside,
  textName,
  unsentElsewhere,
} from "./device.js";
import { blocksOf, onlyHere } from "./own_words.js";
import { FRAGMENT } from "./session.js";
import { readCopy } from "./working_copy.js";

export class Aside {
  /** @param {object} parts  panel (element), place, words */
  constructor({ panel, place, words }) {
    this.panel = panel;
    this.place = place;
    this.words = words;
    this.list = panel.querySelector("[data-aside-list]");
    this.form = panel.querySelector("template[data-aside-item]");
    /** Where the device keeps nothing (private window): at least until the page is left. */
    this.unkept = [];
  }

  /** Keeps a whole text; what of it is one's own is known once a fresh text is there. */
  keep(fragment) {
    this.#keep({ blocks: blocksOf(fragment), compared: false });
  }

  /** Keeps words that are known to be one's own. */
  keepOwn(blocks) {
    if (blocks.length > 0) this.#keep({ blocks, compared: true });
  }

  #keep(details) {
    const words = JSON.stringify(details);
    if (setAside(this.place, words) === null) this.unkept.push({ key: null, words });
  }

  /** A text replaced while this person was away may have left words of an earlier visit here. */
  async collectOlder() {
    for (const epoch of unsentElsewhere(this.place)) {
      const older = { ...this.place, epoch };
      const doc = await readCopy(older);
      this.keep(doc.getXmlFragment(FRAGMENT));
      doc.destroy();
      rememberUnsent(older, 0);
      await forgetText(textName(older));
    }
  }

  /** Shows what `fresh` (blocks of the text as it is now) lacks; true when there is something. */
  show(fresh) {
    this.unkept = this.unkept.map((kept) => compared(kept, fresh)).filter(Boolean);
    const kept = asideOf(this.place).map((entry) => this.#compare(entry, fresh));
    const entries = [...kept.filter(Boolean), ...this.unkept];
    this.list.replaceChildren(...entries.map((entry) => this.#item(entry)));
    this.panel.hidden = entries.length === 0;
    return entries.length > 0;
  }

  #compare(entry, fresh) {
    const result = compared(entry, fresh);
    if (result === entry) return entry;
    forgetAside(entry.key);
    if (result === null) return null;
    return { key: setAside(this.place, result.words), words: result.words };
  }

  #item(entry) {
    const item = this.form.content.firstElementChild.cloneNode(true);
    const text = blocksIn(entry.words).join("\n\n");
    item.querySelector("[data-aside-text]").textContent = text;
    const on = (name, act) => item.querySelector(`[data-aside-${name}]`).addEventListener("click", act);
    on("copy", (event) => this.#copy(event.currentTarget, text));
    on("download", () => download(text, `naskah-${this.place.document}.txt`));
    on("discard", () => {
      if (entry.key) forgetAside(entry.key);
      this.unkept = this.unkept.filter((kept) => kept !== entry);
      item.remove();
      this.panel.hidden = this.list.childElementCount === 0;
    });
    return item;
  }

  async #copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = this.words.say("copied");
    } catch {
      getSelection().selectAllChildren(button.closest("li").querySelector("[data-aside-text]"));
    }
  }
}

/** The entry itself when it was compared before; else what it alone holds, or null for nothing. */
function compared(entry, fresh) {
  if (detailsOf(entry.words).compared) return entry;
  const blocks = onlyHere(blocksIn(entry.words), fresh);
  return blocks.length === 0 ? null : { ...entry, words: JSON.stringify({ blocks, compared: true }) };
}

function blocksIn(words) {
  const { blocks } = detailsOf(words);
  return Array.isArray(blocks) ? blocks : [];
}

function detailsOf(words) {
  try {
    return JSON.parse(words) ?? {};
  } catch {
    return {};
  }
}

function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
