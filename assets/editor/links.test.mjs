import assert from "node:assert/strict";
import { test } from "node:test";

import { completeHref, isSafeHref } from "./links.js";

test("only web and mail addresses are links", () => {
  for (const address of ["https://kota.example/a?b=1", "http://kota.example", "mailto:a@b.example"]) {
    assert.ok(isSafeHref(address), address);
  }
  for (const address of ["javascript:alert(1)", "data:text/html,x", "//kota.example", "kota", "", null]) {
    assert.ok(!isSafeHref(address), String(address));
  }
});

test("what people type is completed or refused, never guessed into a script", () => {
  assert.equal(completeHref(" kota.example/pasal "), "https://kota.example/pasal");
  assert.equal(completeHref("siti@kota.example"), "mailto:siti@kota.example");
  assert.equal(completeHref("https://kota.example"), "https://kota.example");
  for (const typed of ["", "   ", "pasal 5", "javascript:alert(1)", "java\nscript:x.y", "/docs"]) {
    assert.equal(completeHref(typed), null, typed);
  }
});
