import assert from "node:assert/strict";
import { test } from "node:test";

import * as encoding from "lib0/encoding";
import * as syncProtocol from "y-protocols/sync";
import * as Y from "yjs";

import { kindOf, readDetails, readRefusal, SYNC } from "./frames.js";

const frame = (write, ...values) => {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  write(encoder, ...values);
  return encoding.toUint8Array(encoder);
};

test("frames of the protocol are told apart as the server counts them", () => {
  const doc = new Y.Doc();
  assert.equal(kindOf(frame(syncProtocol.writeSyncStep1, doc)), "other");
  assert.equal(kindOf(frame(syncProtocol.writeSyncStep2, doc)), "empty-step2");

  doc.getXmlFragment("default").insert(0, [new Y.XmlElement("paragraph")]);
  assert.equal(kindOf(frame(syncProtocol.writeSyncStep2, doc)), "step2");
  const known = Y.encodeStateVector(doc);
  assert.equal(kindOf(frame(syncProtocol.writeSyncStep2, doc, known)), "empty-step2");
  assert.equal(kindOf(frame(syncProtocol.writeUpdate, Y.encodeStateAsUpdate(doc))), "update");
});

test("a step 2 that repeats deletions is not empty: the server counts it", () => {
  const doc = new Y.Doc();
  const fragment = doc.getXmlFragment("default");
  fragment.insert(0, [new Y.XmlElement("paragraph")]);
  fragment.delete(0, 1);

  assert.equal(kindOf(frame(syncProtocol.writeSyncStep2, doc, Y.encodeStateVector(doc))), "step2");
});

test("awareness is no sync frame; unreadable details are no details", () => {
  assert.equal(kindOf(new Uint8Array([1, 2, 0])), "other");
  assert.deepEqual(readDetails("{"), {});
  assert.deepEqual(readDetails("null"), {});
  assert.deepEqual(readDetails('{"code":"full"}'), { code: "full" });
});

test("a refusal is a word or carries a code", () => {
  assert.deepEqual(readRefusal("gap"), { code: "gap", reason: "" });
  assert.deepEqual(readRefusal('{"code":"frozen","reason":"Rapat"}'), { code: "frozen", reason: "Rapat" });
});
