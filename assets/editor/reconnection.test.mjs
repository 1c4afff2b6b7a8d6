import assert from "node:assert/strict";
import { test } from "node:test";

import { verdictOf, waitBefore } from "./reconnection.js";

test("accidents are tried again, decisions are not", () => {
  for (const code of [1000, 1001, 1006, 1009, 1012, 1013, 4500, 4503, null, undefined]) {
    assert.equal(verdictOf(code), "retry", String(code));
  }
  const decisions = {
    4401: "signed-out",
    4403: "right-lost",
    4404: "gone",
    4409: "epoch",
    4413: "full",
    4422: "refused",
    4426: "old-editor",
    4429: "too-many",
    4477: "gone",
  };
  for (const [code, verdict] of Object.entries(decisions)) {
    assert.equal(verdictOf(Number(code)), verdict);
  }
});

test("the first try comes within a second, later ones double up to half a minute", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => waitBefore(attempt, () => 1));

  assert.deepEqual(longest, [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test("the jitter is full: a hundred editors of one dead process do not return together", () => {
  const waits = new Set(Array.from({ length: 100 }, () => waitBefore(0)));

  assert.ok(waits.size > 50);
  assert.ok(Math.min(...waits) < 250);
  assert.equal(waitBefore(3, () => 0), 0);
});
