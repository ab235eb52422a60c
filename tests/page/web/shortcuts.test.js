import assert from "node:assert/strict";
import { test } from "node:test";
import { shortcutOf } from "../../../adder/page/web/shortcuts.js";

const pressed = (key, code, held = {}, target = {}) => shortcutOf({ key, code, composedPath: () => [target], ...held });
const control = { ctrlKey: true };

test("undo, redo, clear", () => {
  assert.equal(pressed("z", "KeyZ", control), "undo");
  assert.equal(pressed("Z", "KeyZ", control), "undo", "caps lock");
  assert.equal(pressed("Z", "KeyZ", { ...control, shiftKey: true }), "redo");
  assert.equal(pressed("y", "KeyY", control), "redo");
  assert.equal(pressed("z", "KeyZ", { metaKey: true }), "undo", "a Mac");
  assert.equal(pressed("y", "KeyY", { metaKey: true }), null, "the history of a Mac's browser");
  assert.equal(pressed("Backspace", "Backspace"), "undo");
  assert.equal(pressed("Escape", "Escape"), "clear");
});

test("letters of any layout", () => {
  assert.equal(pressed("y", "KeyZ", control), "redo", "QWERTZ has the Y there");
  assert.equal(pressed("z", "KeyY", control), "undo");
  assert.equal(pressed("Я", "KeyZ", control), "undo", "Cyrillic: no key has a Latin letter");
  assert.equal(pressed("я", "KeyZ", { ...control, shiftKey: true }), "redo");
});

test("digits of any layout", () => {
  for (const [key, code, number] of [["7", "Digit7", 7], ["é", "Digit2", 2], ["۶", "Digit6", 6], ["8", "Numpad8", 8], ["٣", "Numpad3", 3]])
    assert.equal(pressed(key, code), number);
  assert.equal(pressed("%", "Digit5", { shiftKey: true }), null);
  assert.equal(pressed("ArrowLeft", "Numpad4"), null, "the numpad as arrows");
});

test("other keys, and keys that go into a text, are left alone", () => {
  assert.equal(pressed("a", "KeyA"), null);
  assert.equal(pressed("c", "KeyC", control), null);
  assert.equal(pressed("7", "Digit7", { altKey: true }), null);
  assert.equal(pressed("7", "Digit7", { isComposing: true }), null);
  const field = { matches: (selector) => selector === ":read-write" };
  for (const [key, code, held] of [["7", "Digit7"], ["Backspace", "Backspace"], ["z", "KeyZ", control]])
    assert.equal(pressed(key, code, held, field), null);
});
