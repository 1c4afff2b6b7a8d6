/** The two dialogs: the address of a link, and the keys. Both are the page's own <dialog>. */
import { completeHref } from "./links.js";

export class LinkDialog {
  /** @param {object} parts  dialog (element), editor() → Editor or null */
  constructor({ dialog, editor }) {
    this.dialog = dialog;
    this.editor = editor;
    this.field = dialog.querySelector("[data-link-address]");
    this.error = dialog.querySelector("[data-link-error]");
    dialog.querySelector("form").addEventListener("submit", (event) => this.#finish(event));
    dialog.querySelector("[data-link-cancel]").addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-link-remove]").addEventListener("click", () => this.#set(null));
  }

  open() {
    const editor = this.editor();
    if (!editor?.isEditable) return;
    this.field.value = editor.getAttributes("link").href ?? "";
    this.#complain(false);
    this.dialog.querySelector("[data-link-remove]").hidden = !editor.isActive("link");
    this.dialog.showModal();
    this.field.select();
  }

  #finish(event) {
    event.preventDefault();
    const href = completeHref(this.field.value);
    if (href === null) {
      this.#complain(true);
      this.field.focus();
    } else {
      this.#set(href);
    }
  }

  #complain(isWrong) {
    this.error.hidden = !isWrong;
    this.field.setAttribute("aria-invalid", String(isWrong));
  }

  #set(href) {
    this.dialog.close();
    const chain = this.editor().chain().focus();
    if (href === null) chain.extendMarkRange("link").unsetLink().run();
    else if (hasNothingToLink(this.editor())) chain.insertContent(linkedText(href)).run();
    else chain.extendMarkRange("link").setLink({ href }).run();
  }
}

function hasNothingToLink(editor) {
  return editor.state.selection.empty && !editor.isActive("link");
}

function linkedText(href) {
  const text = href.replace(/^mailto:/, "");
  return { type: "text", text, marks: [{ type: "link", attrs: { href } }] };
}

/** `?` outside the text, Ctrl or ⌘ with / inside it. */
export function shortcutsDialog({ root, dialog }) {
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  const open = () => dialog.showModal();
  root.addEventListener("keydown", (event) => {
    const inField = event.target.closest("input, textarea, [contenteditable=true]");
    const asked = event.key === "?" && !inField;
    const askedInText = event.key === "/" && (event.ctrlKey || event.metaKey);
    if (!(asked || askedInText) || dialog.open) return;
    event.preventDefault();
    open();
  });
  return open;
}
