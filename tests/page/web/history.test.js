import assert from "node:assert/strict";
import { test } from "node:test";
import { undoHistory } from "../../../adder/page/web/history.js";

test("states come back in their order, and go again", () => {
  const history = undoHistory();
  for (const state of ["a", "b", "c"]) history.keep(state);
  assert.equal(history.undo("now"), "c");
  assert.equal(history.undo("c"), "b");
  assert.equal(history.redo("b"), "c");
  assert.equal(history.redo("c"), "now");
  assert.deepEqual([history.canUndo, history.canRedo], [true, false]);
});

test("a new state gives up what was undone", () => {
  const history = undoHistory();
  history.keep("a");
  history.undo("now");
  assert.ok(history.canRedo);
  history.keep("a");
  assert.deepEqual([history.canUndo, history.canRedo], [true, false]);
});

test("the newest state can be forgotten, to go on from it", () => {
  const history = undoHistory();
  history.keep("a");
  assert.equal(history.forget(), "a");
  assert.equal(history.canUndo, false);
});

test("it keeps the newest 200", () => {
  const history = undoHistory();
  for (let state = 0; state < 300; state++) history.keep(state);
  const undone = [];
  for (let now = 300; history.canUndo; now = undone.at(-1)) undone.push(history.undo(now));
  assert.deepEqual([undone.length, undone[0], undone.at(-1)], [200, 299, 100]);
});
