import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCorrections } from "../../../adder/page/web/corrections.js";
import { pixelsOf } from "../../../adder/page/web/seen_image.js";
import { parseTab } from "../../../adder/page/web/tab_storage.js";
import { settings } from "./settings.js";

const IMAGE = btoa(String.fromCharCode(...Array.from({ length: 784 }, (_, i) => i % 256)));
const correction = (label) => ["0123456789abcdef", label, 1, "AAAA", IMAGE];

test("a tab remembers drawing, photo, number and link", () => {
  const drawn = { strokes: [[[0, 10_000], [5, 7]]], number: 9, link: "#1.9.AgAA" };
  assert.deepEqual(parseTab(JSON.stringify(drawn), settings), { ...drawn, ink: null });
  const photo = { ink: [[0, 255], [1, 2]], number: 0, link: "" };
  assert.deepEqual(parseTab(JSON.stringify(photo), settings), { ...photo, strokes: [] });
});

const NEVER_KEPT = [
  "{", "null", "[]", '{"strokes": [[["a", 0]]], "number": 5}', '{"strokes": [[]], "number": 5}',
  '{"strokes": [[[0, 10001]]], "number": 5}', '{"strokes": [[[0, 0.5]]], "number": 5}', '{"strokes": [], "number": 12}',
  '{"ink": [[0], [0, 1]], "number": 1}', '{"ink": [], "number": 1}', '{"ink": [[256]], "number": 1}',
  '{"strokes": {"every": 1}, "number": 5}', '{"strokes": []}', null,
];
for (const text of NEVER_KEPT) test(`what no page kept is left alone: ${text}`, () => assert.equal(parseTab(text, settings), null));

test("corrections are read as they were stored", () => {
  const stored = [correction(4), correction(null)];
  assert.deepEqual(parseCorrections(JSON.stringify(stored)), stored);
  assert.deepEqual(parseCorrections(null), []);
  assert.equal(parseCorrections(JSON.stringify(Array(32).fill(correction(4)))).length, 32);
  assert.deepEqual(pixelsOf(correction(4)).slice(254, 258), [254, 255, 0, 1]);
});

const DAMAGED = {
  "no JSON": "[[",
  "no list": "7",
  "no corrections": '[1, {"a": 2}]',
  "another digit": JSON.stringify([correction(12)]),
  "half an image": JSON.stringify([[...correction(1).slice(0, 4), "AAAA"]]),
  "no image": JSON.stringify([correction(1).slice(0, 4)]),
  "no base64": JSON.stringify([[...correction(1).slice(0, 4), "?!"]]),
  "too many": JSON.stringify(Array(33).fill(correction(4))),
};
for (const [name, text] of Object.entries(DAMAGED)) test(`damaged corrections are an error: ${name}`, () => assert.throws(() => parseCorrections(text)));
