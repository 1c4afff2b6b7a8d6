import assert from "node:assert/strict";
import { test } from "node:test";

import { changesAt, LATE_AFTER_MS, OFFLINE_AFTER_MS, savedState } from "./saved_state.js";

const CALM = {
  readOnly: false,
  stopped: false,
  synced: true,
  wasSynced: true,
  unsent: 0,
  kept: false,
  lastAck: null,
  waitingSince: null,
  lostSince: null,
  now: 100_000,
};
const state = (facts) => savedState({ ...CALM, ...facts }).state;

test("nothing is called saved while an edit waits for its ack, however long ago the last ack", () => {
  const lastAck = new Date();
  for (const synced of [true, false]) {
    for (const kept of [true, false]) {
      for (const stopped of [true, false]) {
        const said = state({ unsent: 1, synced, kept, stopped, lastAck });
        assert.ok(!["saved", "clean", "reading"].includes(said), said);
      }
    }
  }
});

test("saving becomes 'not sent yet' after five seconds and says when that will be", () => {
  const waitingSince = CALM.now;
  const facts = { ...CALM, unsent: 3, waitingSince };

  assert.equal(savedState(facts).state, "saving");
  assert.equal(changesAt(facts), waitingSince + LATE_AFTER_MS);

  const later = { ...facts, now: waitingSince + LATE_AFTER_MS };
  assert.deepEqual(savedState(later), { state: "unsent", count: 3, at: null });
  assert.equal(changesAt(later), null);
});

test("offline: 'saved on this device' only when this device really has it", () => {
  assert.equal(state({ synced: false, unsent: 2, kept: true }), "kept");
  assert.equal(state({ synced: false, unsent: 2, kept: false }), "unsent");
});

test("the time said is that of the last ack", () => {
  const lastAck = new Date(2026, 10, 24, 14, 2);

  assert.deepEqual(savedState({ ...CALM, lastAck }), { state: "saved", count: 0, at: lastAck });
  assert.equal(state({}), "clean");
});

test("before the first sync it connects, afterwards it reconnects", () => {
  assert.equal(state({ synced: false, wasSynced: false }), "connecting");
  assert.equal(state({ synced: false }), "reconnecting");
});

test("a connection that is gone for ten seconds is called offline", () => {
  const lostSince = CALM.now;
  const facts = { ...CALM, synced: false, lostSince };

  assert.equal(savedState(facts).state, "reconnecting");
  assert.equal(changesAt(facts), lostSince + OFFLINE_AFTER_MS);
  assert.equal(savedState({ ...facts, now: lostSince + OFFLINE_AFTER_MS }).state, "offline");
});

test("a reader reads; what was written before the freeze is still counted", () => {
  assert.equal(state({ readOnly: true }), "reading");
  assert.equal(state({ readOnly: true, unsent: 1 }), "saving");
  assert.equal(state({ stopped: true }), "stopped");
});
