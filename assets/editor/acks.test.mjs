import assert from "node:assert/strict";
import { test } from "node:test";

import { AckCounter } from "./acks.js";

test("an edit is unsent until the frame that carried it is acknowledged", () => {
  const acks = new AckCounter();
  acks.connected();

  acks.edit();
  acks.sent();
  assert.equal(acks.unsent, 1);

  acks.acknowledge(1);
  assert.equal(acks.unsent, 0);
});

test("an ack counts further frames, not the sum of all", () => {
  const acks = new AckCounter();
  for (let n = 0; n < 5; n += 1) {
    acks.edit();
    acks.sent();
  }

  acks.acknowledge(2);
  assert.equal(acks.unsent, 3);
  acks.acknowledge(2);
  assert.equal(acks.unsent, 1);
});

test("an ack that was lost with its connection does not confirm what is sent again", () => {
  const acks = new AckCounter();
  acks.edit();
  acks.sent();
  acks.edit();
  acks.sent();

  acks.connected();
  acks.sent(); // step 2 of the new connection carries both edits
  assert.equal(acks.unsent, 2);
  acks.acknowledge(1);
  assert.equal(acks.unsent, 0);
});

test("an edit made after a frame left is not confirmed by that frame", () => {
  const acks = new AckCounter();
  acks.edit();
  acks.sent();
  acks.edit();

  acks.acknowledge(1);

  assert.equal(acks.unsent, 1);
});

test("an empty step 2 confirms everything only when nothing else is on its way", () => {
  const acks = new AckCounter();
  acks.edit();
  acks.nothingMissing();
  assert.equal(acks.unsent, 0);

  acks.edit();
  acks.sent();
  acks.nothingMissing();
  assert.equal(acks.unsent, 1);
});

test("an ack for more than was sent confirms nothing", () => {
  const acks = new AckCounter();
  acks.edit();
  acks.sent();

  assert.equal(acks.acknowledge(2), false);
  assert.equal(acks.unsent, 1);
});

test("own words are durable up to the clock of the last frame acknowledged", () => {
  const acks = new AckCounter();
  acks.edit();
  acks.sent(4);
  acks.edit();
  acks.sent(9);

  acks.acknowledge(1);
  assert.equal(acks.durableClock, 4);
  acks.connected();
  assert.equal(acks.durableClock, 4);
  acks.nothingMissing(9);
  assert.equal(acks.durableClock, 9);
});

test("edits of an earlier visit are owed until a frame carried them", () => {
  const acks = new AckCounter();
  acks.inherit(2);
  assert.equal(acks.owesInherited, true);

  acks.sent();
  acks.edit();
  acks.acknowledge(1);

  assert.equal(acks.owesInherited, false);
  assert.equal(acks.unsent, 1);
});

test("every order of edits, frames, acks and lost connections: never saved before the ack", () => {
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let run = 0; run < 300; run += 1) {
    const acks = new AckCounter();
    const server = { waiting: [], durable: 0 };
    let made = 0;
    for (let step = 0; step < 60; step += 1) {
      const action = random(10);
      if (action < 4) {
        acks.edit();
        made += 1;
        acks.sent();
        server.waiting.push(made);
      } else if (action < 8 && server.waiting.length > 0) {
        const frames = 1 + random(server.waiting.length);
        server.durable = Math.max(server.durable, server.waiting.splice(0, frames).at(-1));
        acks.acknowledge(frames);
      } else if (action === 9) {
        server.waiting = [];
        acks.connected();
        if (made > server.durable) {
          acks.sent();
          server.waiting.push(made);
        } else {
          acks.nothingMissing();
        }
      }
      assert.equal(acks.unsent, made - server.durable);
    }
  }
});
