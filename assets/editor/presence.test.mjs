import assert from "node:assert/strict";
import { test } from "node:test";

import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";

import { personOf } from "./carets.js";
import { peopleIn } from "./presence.js";

function room(...others) {
  const awareness = new Awareness(new Y.Doc());
  const opened = [awareness];
  for (const user of others) {
    const other = new Awareness(new Y.Doc());
    other.setLocalState({ user });
    applyAwarenessUpdate(awareness, encodeAwarenessUpdate(other, [other.clientID]), "server");
    opened.push(other);
  }
  return { awareness, close: () => opened.forEach((each) => each.destroy()) };
}

test("each other person is named once, oneself not at all", () => {
  const { awareness, close } = room(
    { name: "Wayan", colour: 3 },
    { name: "Budi", colour: 7 },
    { name: "Budi", colour: 7 },
  );

  assert.deepEqual(
    peopleIn(awareness).map(({ name }) => name),
    ["Budi", "Wayan"],
  );
  close();
});

test("only a name and one of twelve colours come out of what others say", () => {
  assert.deepEqual(personOf({ user: { name: "Siti", colour: 12 } }, 5), { name: "Siti", colour: 12 });
  for (const colour of [0, 13, 2.5, "3", "red; --x: 1", null, undefined]) {
    const { colour: drawn } = personOf({ user: { name: "Siti", colour } }, 5);
    assert.ok(Number.isInteger(drawn) && drawn >= 1 && drawn <= 12, String(colour));
  }
  assert.equal(personOf({ user: { name: { toString: () => "x" } } }, 5).name, "");
  assert.equal(personOf(null, 5).name, "");
  assert.equal(personOf({ user: { name: "n".repeat(500) } }, 5).name.length, 60);
});

test("who has just come in is seen before moving the caret", () => {
  const doc = new Y.Doc();
  const coming = new Awareness(doc);
  const { awareness, close } = room();
  const told = () => encodeAwarenessUpdate(coming, [doc.clientID]);

  applyAwarenessUpdate(awareness, told(), "server");
  assert.equal(awareness.getStates().has(doc.clientID), false); // clock 0, as y-protocols has it

  coming.setLocalState({});
  applyAwarenessUpdate(awareness, told(), "server");
  assert.equal(awareness.getStates().has(doc.clientID), true);
  coming.destroy();
  close();
});
