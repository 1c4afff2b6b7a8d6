/** Carets of the others: a class for the colour and a name, never a style attribute. */
import { Extension } from "@tiptap/core";
import { yCursorPlugin } from "@tiptap/y-tiptap";

const COLOURS = 12;
const LONGEST_NAME = 60;

/** The name and colour that the server wrote over whatever the other browser claimed. */
export function personOf(state, clientId) {
  const user = state?.user ?? {};
  const name = typeof user.name === "string" ? user.name.slice(0, LONGEST_NAME) : "";
  const colour = Number.isInteger(user.colour) && user.colour >= 1 && user.colour <= COLOURS;
  return { name, colour: colour ? user.colour : (clientId % COLOURS) + 1 };
}

export const Carets = Extension.create({
  name: "carets",
  addOptions() {
    return { awareness: null };
  },
  addProseMirrorPlugins() {
    return [
      yCursorPlugin(this.options.awareness, {
        awarenessStateFilter: (own, other, state) => own !== other && Boolean(state?.user?.name),
        cursorBuilder: (user, clientId) => drawCaret(personOf({ user }, clientId)),
        selectionBuilder: (user, clientId) => ({
          class: `caret__selection caret--${personOf({ user }, clientId).colour}`,
        }),
      }),
    ];
  },
});

function drawCaret({ name, colour }) {
  const caret = document.createElement("span");
  caret.className = `caret caret--${colour}`;
  caret.setAttribute("aria-hidden", "true");
  const label = document.createElement("span");
  label.className = "caret__name";
  // Drawn by the style sheet: as text it would sit in the middle of the sentence.
  label.dataset.name = name;
  caret.append(label);
  return caret;
}
