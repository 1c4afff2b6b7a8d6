/** Who else is in the text: at most five names and a number, never announced. */
import { personOf } from "./carets.js";

const NAMES_SHOWN = 5;

/** Each other person once, however many windows; in the order of their names. */
export function peopleIn(awareness) {
  const people = new Map();
  for (const [clientId, state] of awareness.getStates()) {
    const person = personOf(state, clientId);
    if (clientId === awareness.clientID || person.name === "") continue;
    people.set(`${person.name}\n${person.colour}`, person);
  }
  return [...people.values()].sort((one, other) => one.name.localeCompare(other.name));
}

export class Presence {
  #shown = "";

  constructor({ list, words }) {
    this.list = list;
    this.words = words;
    this.total = 0;
  }

  watch(awareness) {
    awareness.on("change", () => this.draw(awareness));
    this.draw(awareness);
  }

  draw(awareness) {
    const people = peopleIn(awareness);
    const names = people.slice(0, NAMES_SHOWN);
    const more = Math.max(people.length, this.total - 1) - names.length;
    const drawing = JSON.stringify([names, more]);
    if (drawing === this.#shown) return;
    this.#shown = drawing;
    const items = names.map(({ name, colour }) => item(name, `caret--${colour}`));
    if (more > 0) items.push(item(this.words.say("more-people", { count: more }), ""));
    this.list.replaceChildren(...items);
    this.list.hidden = items.length === 0;
  }
}

function item(text, colourClass) {
  const element = document.createElement("li");
  element.className = `editor__person ${colourClass}`.trim();
  element.textContent = text;
  return element;
}
