import assert from "node:assert/strict";
import { test } from "node:test";
import { newDrawing } from "../../../adder/page/web/drawing.js";
import { followPointers } from "../../../adder/page/web/pointers.js";
import { settings } from "./settings.js";

// A canvas of 100 x 100 at (10, 20) with a drawing, and a function that sends it a pointer's event at x, y of its side.
function canvas() {
  const target = Object.assign(new EventTarget(), {
    getBoundingClientRect: () => ({ left: 10, top: 20, width: 100, height: 100 }),
    setPointerCapture() { throw new Error("that pointer is gone"); },
  });
  const drawing = newDrawing(settings, () => {});
  followPointers(target, drawing.pen);
  const send = (type, pointerType, x, y, more = {}) => {
    const at = { clientX: 10 + 100 * x, clientY: 20 + 100 * y };
    target.dispatchEvent(Object.assign(new Event(type), { pointerType, pointerId: 1, button: 0, buttons: 1, ...at, ...more }));
  };
  const stroke = (pointerType, points, more = {}) => {
    send("pointerdown", pointerType, ...points[0], more);
    for (const point of points.slice(1)) send("pointermove", pointerType, ...point, more);
    send("pointerup", pointerType, ...points.at(-1), { ...more, buttons: 0 });
  };
  return { drawing, send, stroke };
}

const LINE = [[0.2, 0.2], [0.5, 0.2], [0.8, 0.2]];
const ON_PAD = LINE.map((point) => point.map((share) => Math.round(share * settings.scale)));

test("mouse, finger and stylus draw the same stroke", () => {
  for (const kind of ["mouse", "touch", "pen"]) {
    const { drawing, stroke } = canvas();
    stroke(kind, LINE);
    assert.deepEqual(drawing.strokes, [ON_PAD], kind);
    assert.ok(!drawing.isDown);
  }
});

test("all points between two events are drawn", () => {
  const { drawing, send } = canvas();
  send("pointerdown", "mouse", 0.2, 0.2);
  const getCoalescedEvents = () => LINE.slice(1).map(([x, y]) => ({ clientX: 10 + 100 * x, clientY: 20 + 100 * y }));
  send("pointermove", "mouse", 0.8, 0.2, { getCoalescedEvents });
  assert.deepEqual(drawing.strokes, [ON_PAD]);
});

test("a stylus takes over from a resting palm, and no palm disturbs it", () => {
  const { drawing, send, stroke } = canvas();
  send("pointerdown", "touch", 0.9, 0.9, { pointerId: 7 });
  send("pointermove", "touch", 0.91, 0.91, { pointerId: 7 });
  stroke("pen", LINE, { pointerId: 8 });
  assert.deepEqual(drawing.strokes, [ON_PAD], "the palm's dot is gone");
  send("pointermove", "touch", 0.2, 0.9, { pointerId: 7 });
  send("pointerup", "touch", 0.2, 0.9, { pointerId: 7, buttons: 0 });
  assert.deepEqual(drawing.strokes, [ON_PAD]);
  send("pointerdown", "pen", 0.5, 0.5, { pointerId: 20 });
  send("pointerdown", "touch", 0.9, 0.9, { pointerId: 21 });
  send("pointermove", "touch", 0.8, 0.9, { pointerId: 21 });
  send("pointerup", "pen", 0.5, 0.5, { pointerId: 20, buttons: 0 });
  assert.deepEqual(drawing.strokes, [ON_PAD, [[5000, 5000]]]);
});

test("two fingers draw nothing; a long stroke before the second finger stays", () => {
  const { drawing, send } = canvas();
  send("pointerdown", "touch", 0.45, 0.5, { pointerId: 1 });
  send("pointerdown", "touch", 0.55, 0.5, { pointerId: 2 });
  for (const id of [1, 2]) send("pointermove", "touch", 0.2 * id, 0.8, { pointerId: id });
  for (const id of [1, 2]) send("pointerup", "touch", 0.2 * id, 0.8, { pointerId: id, buttons: 0 });
  assert.ok(drawing.isBlank && !drawing.canUndo);
  send("pointerdown", "touch", 0.2, 0.2, { pointerId: 3 });
  send("pointermove", "touch", 0.5, 0.2, { pointerId: 3 });
  send("pointerdown", "touch", 0.9, 0.9, { pointerId: 4 });
  send("pointermove", "touch", 0.8, 0.2, { pointerId: 3 });
  assert.deepEqual(drawing.strokes, [ON_PAD.slice(0, 2)]);
});

test("what hovers draws nothing, and a lift outside the window ends the stroke", () => {
  const { drawing, send } = canvas();
  for (const kind of ["mouse", "pen"]) {
    send("pointermove", kind, 0.2, 0.9, { buttons: 0 });
    send("pointerdown", kind, 0.2, 0.2);
    send("pointermove", kind, 0.5, 0.2);
    send("pointermove", kind, 0.8, 0.2, { buttons: 0 });
    send("pointermove", kind, 0.9, 0.2, { buttons: 0 });
  }
  assert.deepEqual(drawing.strokes, [ON_PAD.slice(0, 2), ON_PAD.slice(0, 2)]);
});

test("the other end of a stylus erases, other buttons do nothing", () => {
  const { drawing, stroke } = canvas();
  stroke("pen", LINE);
  stroke("mouse", [[0.5, 0.5], [0.6, 0.6]], { button: 2, buttons: 2 });
  stroke("mouse", [[0.5, 0.1], [0.5, 0.6]], { button: 5, buttons: 32 });
  assert.deepEqual(drawing.strokes, [ON_PAD]);
  stroke("pen", [[0.5, 0.1], [0.5, 0.6]], { button: 5, buttons: 32 });
  assert.ok(drawing.isBlank);
});

test("a cancelled pointer goes on when it still moves, as on an iPad", () => {
  for (const kind of ["touch", "pen"]) {
    const { drawing, send } = canvas();
    send("pointerdown", kind, ...LINE[0]);
    send("pointermove", kind, ...LINE[1]);
    send("pointercancel", kind, ...LINE[1], { buttons: 0 });
    send("pointermove", kind, ...LINE[2]);
    send("pointerup", kind, ...LINE[2], { buttons: 0 });
    assert.deepEqual(drawing.strokes, [ON_PAD]);
    drawing.undo();
    assert.ok(drawing.isBlank, "it is one stroke");
  }
});
