// That Python draws the same curve, tests/drawing/test_curves.py shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { curve } from "../../../adder/page/web/curve.js";
import { settings } from "./settings.js";

const circle = (count) => Array.from({ length: count }, (_, i) => [Math.cos((2 * Math.PI * i) / count), Math.sin((2 * Math.PI * i) / count)]);

test("a curve goes through all points", () => {
  const points = [[0, 0], [3, 1], [4, 5], [4, 5], [-2, 8]];
  assert.deepEqual(curve(points, settings.curve).map((piece) => piece.slice(4)), points.slice(1));
});

test("a dot has no chords", () => assert.deepEqual(curve([[1, 2]], settings.curve), []));

test("a right angle is a corner, a smaller turn is round", () => {
  const onLine = ([x1, y1], [x2, y2], [x, y]) => Math.abs((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) < 1e-9;
  const corner = [[0, 0], [10, 0], [10, 10]];
  for (const [i, [x1, y1, x2, y2]] of curve(corner, settings.curve).entries())
    for (const point of [[x1, y1], [x2, y2]]) assert.ok(onLine(corner[i], corner[i + 1], point));
  const eight = circle(8); // it turns by 45 degrees at each point
  for (const [i, [x1, y1, x2, y2]] of curve(eight, settings.curve).entries()) {
    const t = 0.5;
    const [[x0, y0], [x3, y3]] = [eight[i], eight[i + 1]];
    const at = (a, b, c, d) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
    assert.ok(Math.abs(Math.hypot(at(x0, x1, x2, x3), at(y0, y1, y2, y3)) - 1) < 0.01);
  }
});
