/** Escape, then Tab: the keyboard's way out of the text, also from a list that uses Tab itself. */
import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";

const MODIFIERS = ["Shift", "Control", "Alt", "Meta"];

export const Leaving = Extension.create({
  name: "leaving",
  priority: 2000,
  addProseMirrorPlugins() {
    let isReleased = false;
    const keydown = (_view, event) => {
      if (event.key === "Escape") isReleased = true;
      // True without preventDefault: the editor leaves the key alone, the browser moves the focus.
      else if (event.key === "Tab" && isReleased) return true;
      else if (!MODIFIERS.includes(event.key)) isReleased = false;
      return false;
    };
    const blur = () => {
      isReleased = false;
      return false;
    };
    return [new Plugin({ props: { handleDOMEvents: { keydown, blur } } })];
  },
});
