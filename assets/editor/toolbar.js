/** The row of buttons: one Tab stop, arrows inside, pressed states from the text under the caret. */
const COMMANDS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  strike: (chain) => chain.toggleStrike(),
  "heading-2": (chain) => chain.toggleHeading({ level: 2 }),
  "heading-3": (chain) => chain.toggleHeading({ level: 3 }),
  "heading-4": (chain) => chain.toggleHeading({ level: 4 }),
  "bullet-list": (chain) => chain.toggleBulletList(),
  "ordered-list": (chain) => chain.toggleOrderedList(),
  quote: (chain) => chain.toggleBlockquote(),
  rule: (chain) => chain.setHorizontalRule(),
  undo: (chain) => chain.undo(),
  redo: (chain) => chain.redo(),
};

const PRESSED = {
  bold: ["bold"],
  italic: ["italic"],
  strike: ["strike"],
  "heading-2": ["heading", { level: 2 }],
  "heading-3": ["heading", { level: 3 }],
  "heading-4": ["heading", { level: 4 }],
  "bullet-list": ["bulletList"],
  "ordered-list": ["orderedList"],
  quote: ["blockquote"],
  link: ["link"],
};

export class Toolbar {
  /** @param {object} parts  bar (element), editor() → Editor or null, openers {link, shortcuts} */
  constructor({ bar, editor, openers }) {
    this.bar = bar;
    this.editor = editor;
    this.openers = openers;
    this.buttons = [...bar.querySelectorAll("[data-command]")];
    this.#stopAt(this.buttons[0]);
    bar.addEventListener("click", (event) => this.#press(event));
    bar.addEventListener("keydown", (event) => this.#move(event));
    bar.addEventListener("focusin", (event) => this.#stopAt(event.target));
    // A finger or mouse on a button must not take the caret out of the text.
    bar.addEventListener("mousedown", (event) => event.preventDefault());
  }

  /** Draws what holds at the caret; without a writable editor every text button is disabled. */
  draw() {
    const editor = this.editor();
    const writable = editor?.isEditable ?? false;
    for (const button of this.buttons) {
      const { command } = button.dataset;
      const pressed = PRESSED[command];
      if (pressed) setAttribute(button, "aria-pressed", String(writable && editor.isActive(...pressed)));
      const enabled = command === "shortcuts" || (writable && isPossible(editor, command));
      setAttribute(button, "aria-disabled", String(!enabled));
    }
  }

  #press(event) {
    const button = event.target.closest("[data-command]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const { command } = button.dataset;
    if (this.openers[command]) this.openers[command]();
    else COMMANDS[command](this.editor().chain().focus()).run();
  }

  #move(event) {
    const here = this.buttons.indexOf(event.target);
    const last = this.buttons.length - 1;
    const forward = getComputedStyle(this.bar).direction === "rtl" ? -1 : 1;
    const steps = { ArrowRight: here + forward, ArrowLeft: here - forward, Home: 0, End: last };
    const next = steps[event.key];
    if (here < 0 || next === undefined) return;
    event.preventDefault();
    this.buttons[(next + this.buttons.length) % this.buttons.length].focus();
  }

  #stopAt(target) {
    if (!this.buttons.includes(target)) return;
    for (const button of this.buttons) button.tabIndex = button === target ? 0 : -1;
  }
}

function isPossible(editor, command) {
  if (!COMMANDS[command] || !["undo", "redo"].includes(command)) return true;
  return COMMANDS[command](editor.can().chain()).run();
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
