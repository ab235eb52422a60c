import assert from "node:assert/strict";
import { test } from "node:test";
import { readLink, writeLink } from "../../../adder/page/web/drawing_link.js";
import { settings } from "./settings.js";

test("a link holds drawing and number", () => {
  const strokes = [[[2000, 1000], [8000, 1020], [4000, 9000]], [[0, 0]], [[10_000, 10_000], [0, 10_000]]];
  for (let number = 0; number < 10; number++) {
    const link = writeLink(settings, strokes, number);
    assert.match(link, /^#1\.[0-9]\.[\w-]+$/);
    assert.deepEqual(readLink(settings, link), { strokes, number });
  }
});

test("points lie on a grid of 500, so that a small step takes one byte", () => {
  const { strokes } = readLink(settings, writeLink(settings, [[[1234, 5678], [1239, 5691]]], 5));
  assert.deepEqual(strokes, [[[1240, 5680], [1240, 5700]]]);
  const steps = Array.from({ length: 300 }, (_, i) => [20 * i, 20 * i]);
  assert.ok(writeLink(settings, [steps], 5).length < 5 + (4 / 3) * (2 * 300 + 5));
});

test("the longest drawing has a link, and it is read again", () => {
  const far = (index) => [settings.scale * (index % 2), settings.scale * (index % 2)];
  const strokes = Array.from({ length: 64 }, () => Array.from({ length: settings.points / 64 }, (_, index) => far(index)));
  assert.deepEqual(readLink(settings, writeLink(settings, strokes, 7)), { strokes, number: 7 });
  const dots = Array.from({ length: settings.points }, (_, index) => [far(index)]);
  assert.deepEqual(readLink(settings, writeLink(settings, dots, 0)), { strokes: dots, number: 0 });
});

const DAMAGED = {
  "nothing": "",
  "no points": "#1.5.",
  "a number of two digits": "#1.12.AAAA",
  "another version": "#2.5.AgAA",
  "HTML": "#1.5.<img src=x onerror=alert(1)>",
  "too long, of letters": "#1.5." + "A".repeat(30_000),
  "a value that never ends": "#1.5.____",
  "too few points": "#1.5.AgAAAAAA",
  "outside the pad": "#1.5.AgH_" + "_".repeat(400),
  "a value of too many bytes": "#1.5.gICAgICAgAE",
  "a zero of four bytes": "#1.5.AoCAgAAA",
  "no base64": "#1.5.AAAAA",
  "a stroke of no points": "#1.5.AAAA",
};
for (const [name, fragment] of Object.entries(DAMAGED))
  test(`a damaged link holds no drawing: ${name}`, () => assert.equal(readLink(settings, fragment), null));

test("a link with more points than a drawing may have holds no drawing", () => {
  const strokes = [Array.from({ length: settings.points + 1 }, () => [0, 0])];
  assert.equal(readLink(settings, writeLink(settings, strokes, 5)), null);
});
