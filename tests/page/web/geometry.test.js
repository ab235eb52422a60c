import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, extentOf } from "../../../adder/page/web/bounding_box.js";
import { insideSquare, isTouched } from "../../../adder/page/web/geometry.js";

test("the part of a line that lies in the square", () => {
  assert.deepEqual(insideSquare(10, [2, 2], [8, 4]), { from: [2, 2], to: [8, 4], enters: false });
  assert.deepEqual(insideSquare(10, [-10, 5], [20, 5]), { from: [0, 5], to: [10, 5], enters: true });
  assert.deepEqual(insideSquare(10, [5, 5], [5, 15]), { from: [5, 5], to: [5, 10], enters: false });
  assert.deepEqual(insideSquare(10, [5, 15], [5, 5]), { from: [5, 10], to: [5, 5], enters: true });
});

test("a line that misses the square, or only touches its corner, has no part in it", () => {
  for (const [a, b] of [[[-5, -1], [15, -1]], [[11, 0], [11, 10]], [[-5, 5], [5, -5]], [[12, 12], [20, 20]]])
    assert.equal(insideSquare(10, a, b), null);
});

test("the box around points, and its longer side", () => {
  assert.deepEqual(boxOf([[3, 7], [1, 9], [4, 8]]), [1, 7, 4, 9]);
  assert.equal(extentOf([[3, 7], [1, 9], [4, 8]]), 3);
  assert.equal(extentOf([[3, 7]]), 0);
});

test("a stroke is touched where the line comes near it, also between its points and between the line's ends", () => {
  const stroke = [[0, 0], [100, 0]];
  assert.ok(isTouched(stroke, [50, -50], [50, 50], 5));
  assert.ok(isTouched(stroke, [50, 4], [50, 4], 5));
  assert.ok(!isTouched(stroke, [50, 6], [50, 60], 5));
  assert.ok(!isTouched(stroke, [110, -50], [110, 50], 5));
  assert.ok(isTouched([[7, 7]], [4, 7], [4, 7], 5), "a dot");
});
