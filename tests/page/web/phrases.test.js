import assert from "node:assert/strict";
import { test } from "node:test";
import { aloud, inWords, labelName, percent, yourLabel } from "../../../adder/page/web/phrases.js";

test("no share is ever nothing or all", () => {
  const said = [[0, "under 1 %"], [0.0099, "under 1 %"], [0.01, "1 %"], [0.344, "34 %"], [0.99, "99 %"], [0.991, "over 99 %"], [1, "over 99 %"]];
  for (const [p, text] of said) assert.equal(percent(p), text);
});

test("a reading in words", () => {
  const digit_probs = [0, 0.34, 0.05, 0, 0, 0, 0, 0.61, 0, 0];
  const seven = { state: "digit", digit: 7, number: 5, sum: 12, unsure: null, digit_probs };
  assert.equal(inWords(seven), "61 % sure");
  assert.equal(aloud(seven), "7 plus 5 is 12.");
  assert.equal(inWords({ ...seven, unsure: 1 }), "7 (61 %) or 1 (34 %)?");
  assert.equal(aloud({ ...seven, unsure: 1 }), "7 plus 5 is 12. The digit could also be a 1.");
  assert.equal(inWords({ ...seven, state: "refused" }), "Not a digit. The closest would be 7.");
  assert.equal(aloud({ ...seven, state: "refused" }), "That does not look like a digit.");
  assert.equal(aloud({ state: "empty" }), "");
});

test("labels", () => {
  assert.deepEqual([labelName(0), labelName(null), yourLabel(7), yourLabel(null)], ["0", "no digit", "your 7", "no digit"]);
});
