import assert from "node:assert/strict";
import { test } from "node:test";

import { getSchema } from "@tiptap/core";
import { prosemirrorJSONToYDoc, yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";

import { blockId, BLOCKS_WITH_ID, textExtensions } from "./schema.js";

const schema = getSchema(textExtensions);

test("the vocabulary is the server's: a name beyond it would end every connection", () => {
  assert.deepEqual(Object.keys(schema.nodes).sort(), [
    "blockquote",
    "bulletList",
    "codeBlock",
    "doc",
    "hardBreak",
    "heading",
    "horizontalRule",
    "listItem",
    "orderedList",
    "paragraph",
    "text",
  ]);
  assert.deepEqual(Object.keys(schema.marks).sort(), ["bold", "code", "italic", "link", "strike", "underline"]);
  const attributes = new Set(Object.values(schema.nodes).flatMap((node) => Object.keys(node.attrs)));
  assert.deepEqual([...attributes].sort(), ["id", "level", "start"]);
  assert.deepEqual(Object.keys(schema.marks.link.attrs), ["href"]);
});

test("every block has room for an id, and ids are short and distinct", () => {
  for (const name of BLOCKS_WITH_ID) assert.ok("id" in schema.nodes[name].attrs, name);
  const ids = new Set(Array.from({ length: 500 }, blockId));
  assert.equal(ids.size, 500);
  for (const id of ids) assert.match(id, /^[a-z0-9]{10}$/);
});

test("what other doors write survives in the editor: nothing known is deleted", () => {
  const text = (words, ...marks) => ({ type: "text", text: words, marks });
  const json = {
    type: "doc",
    content: [
      { type: "heading", attrs: { id: "a", level: 2 }, content: [text("Judul")] },
      {
        type: "paragraph",
        attrs: { id: "b" },
        content: [
          text("kode", { type: "code" }, { type: "bold" }),
          { type: "hardBreak" },
          text("tautan", { type: "link", attrs: { href: "https://kota.example/" } }),
          text("garis", { type: "underline" }),
        ],
      },
      { type: "codeBlock", attrs: { id: "c" }, content: [text("a = 1", { type: "bold" })] },
      { type: "horizontalRule", attrs: { id: "d" } },
    ],
  };
  const doc = prosemirrorJSONToYDoc(schema, json, "default");

  const root = yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment("default"), schema);

  root.check();
  assert.equal(root.childCount, 4);
  assert.equal(root.textContent, "Judulkodetautangarisa = 1");
});
