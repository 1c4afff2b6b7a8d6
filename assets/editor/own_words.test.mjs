import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { blocksOf, onlyHere, wordsFrom } from "./own_words.js";

function element(name, ...children) {
  const node = new Y.XmlElement(name);
  node.insert(0, children);
  return node;
}

test("a text is read as blocks: headings, paragraphs, items, line breaks kept", () => {
  const fragment = new Y.Doc().getXmlFragment("default");
  fragment.insert(0, [
    element("heading", new Y.XmlText("Jalur sepeda")),
    element("paragraph", new Y.XmlText("Satu"), element("hardBreak"), new Y.XmlText("dua")),
    element("paragraph"),
    element(
      "bulletList",
      element("listItem", element("paragraph", new Y.XmlText("aman"))),
      element("listItem", element("paragraph", new Y.XmlText("teduh"))),
    ),
  ]);

  assert.deepEqual(blocksOf(fragment), ["Jalur sepeda", "Satu\ndua", "aman", "teduh"]);
});

test("marks leave no trace in the words", () => {
  const fragment = new Y.Doc().getXmlFragment("default");
  const text = new Y.XmlText("tebal sekali");
  fragment.insert(0, [element("paragraph", text)]);
  text.format(0, 5, { bold: {} });

  assert.deepEqual(blocksOf(fragment), ["tebal sekali"]);
});

test("only blocks that the other text lacks are one's own", () => {
  assert.deepEqual(onlyHere(["a", "b", "b", "c"], ["c", "b"]), ["a", "b"]);
  assert.deepEqual(onlyHere([], ["a"]), []);
});

test("what one client wrote since a clock: pieces of its own, in their blocks, nothing of others", () => {
  const mine = new Y.Doc();
  const theirs = new Y.Doc();
  const [first, second] = [new Y.XmlText("Kami mengusulkan rak."), new Y.XmlText("Penutup.")];
  theirs.getXmlFragment("default").insert(0, [element("paragraph", first), element("p", second)]);
  Y.applyUpdate(mine, Y.encodeStateAsUpdate(theirs));
  const fragment = mine.getXmlFragment("default");
  const text = fragment.get(0).get(0);
  text.insert(4, " semua");
  const clock = Y.getState(mine.store, mine.clientID);
  text.insert(10, " warga");
  text.insert(text.length, " Di pasar.");
  text.delete(text.length - 1, 1);

  const since = (from) => wordsFrom(fragment, { client: mine.clientID, clock: from });

  assert.deepEqual(since(clock), [" warga …  Di pasar".trim()]);
  assert.deepEqual(since(clock + 3), ["rga …  Di pasar"]);
  assert.deepEqual(since(0), ["semua warga …  Di pasar"]);
  assert.deepEqual(since(clock + 99), []);
});

test("three thousand levels do not exhaust the stack", () => {
  const fragment = new Y.Doc().getXmlFragment("default");
  let parent = fragment;
  for (let depth = 0; depth < 3000; depth += 1) {
    const quote = new Y.XmlElement("blockquote");
    parent.insert(0, [quote]);
    parent = quote;
  }
  parent.insert(0, [element("paragraph", new Y.XmlText("dasar"))]);

  assert.deepEqual(blocksOf(fragment), ["dasar"]);
});
