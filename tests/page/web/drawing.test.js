import assert from "node:assert/strict";
import { test } from "node:test";
import { newDrawing } from "../../../adder/page/web/drawing.js";
import { settings } from "./settings.js";

// A drawing, and what it reports.
function recorded(own = settings) {
  const events = [];
  const drawing = newDrawing(own, (event) => events.push(event));
  return { drawing, events };
}

// Points are shares of the pad's side.
function draw({ pen }, points, isEraser = false) {
  pen.start(points[0], isEraser);
  for (const point of points.slice(1)) pen.move([point]);
  pen.lift();
}

const LINE = [[0.2, 0.2], [0.5, 0.2], [0.8, 0.2]];
const DIAGONAL = [[0.1, 0.1], [0.9, 0.9]];
const PHOTO = [[0, 255], [255, 0]];

test("a stroke is drawn as whole points", () => {
  const { drawing, events } = recorded();
  draw(drawing, [[0.2, 0.2], [0.50001, 0.2], [0.80004, 0.2]]);
  assert.deepEqual(drawing.content, { strokes: [[[2000, 2000], [5000, 2000], [8000, 2000]]] });
  assert.deepEqual(events, ["drawn", "drawn", "drawn", "lifted"]);
});

test("points that are close to the one before are dropped", () => {
  const { drawing } = recorded();
  draw(drawing, [[0.2, 0.2], [0.2005, 0.2], [0.203, 0.2], [0.21, 0.2]]);
  assert.deepEqual(drawing.strokes, [[[2000, 2000], [2100, 2000]]]);
});

test("undo and redo keep the order of strokes", () => {
  const { drawing } = recorded();
  const states = [drawing.strokes];
  for (const points of [LINE, DIAGONAL]) {
    draw(drawing, points);
    states.push(drawing.strokes);
  }
  drawing.clear();
  states.push(drawing.strokes);
  draw(drawing, LINE);
  states.push(drawing.strokes);
  for (const before of states.slice(0, -1).reverse()) {
    drawing.undo();
    assert.deepEqual(drawing.strokes, before);
  }
  assert.deepEqual([drawing.canUndo, drawing.canRedo, drawing.isBlank], [false, true, true]);
  for (const after of states.slice(1)) {
    drawing.redo();
    assert.deepEqual(drawing.strokes, after);
  }
  assert.equal(drawing.canRedo, false);
  drawing.undo();
  draw(drawing, DIAGONAL);
  assert.equal(drawing.canRedo, false, "a new stroke gives up what was undone");
});

test("undo brings back what an example, a link or a photo replaced", () => {
  const { drawing } = recorded();
  draw(drawing, LINE);
  const drawn = drawing.strokes;
  for (const replace of [() => drawing.clear(), () => drawing.show([[[1, 1]]]), () => drawing.showPhoto(PHOTO)]) {
    replace();
    assert.notDeepEqual(drawing.content, { strokes: drawn });
    drawing.undo();
    assert.deepEqual(drawing.content, { strokes: drawn });
  }
});

test("drawing on a photo replaces it", () => {
  const { drawing, events } = recorded();
  drawing.showPhoto(PHOTO);
  assert.deepEqual(drawing.content, { ink: PHOTO });
  draw(drawing, LINE);
  assert.deepEqual(drawing.content, { strokes: [[[2000, 2000], [5000, 2000], [8000, 2000]]] });
  assert.deepEqual(events, ["erased", "erased", "drawn", "drawn", "drawn", "lifted"]);
  drawing.undo();
  assert.deepEqual(drawing.content, { ink: PHOTO });
});

test("to clear a blank pad, or to tap with the eraser beside the ink, is nothing to undo", () => {
  const { drawing, events } = recorded();
  drawing.clear();
  assert.deepEqual([drawing.canUndo, events], [false, []]);
  draw(drawing, LINE);
  draw(drawing, [[0.05, 0.6], [0.06, 0.6]], true);
  drawing.undo();
  assert.ok(drawing.isBlank);
});

test("a line outside the pad leaves no ink along its edge, and is one stroke to undo", () => {
  const { drawing } = recorded();
  draw(drawing, [[0.5, 0.2], [0.5, 0.1], [0.5, -0.05], [0.8, -0.05], [0.8, 0.1], [0.8, 0.3]]);
  assert.deepEqual(drawing.strokes, [
    [[5000, 2000], [5000, 1000], [5000, 0]],
    [[8000, 0], [8000, 1000], [8000, 3000]],
  ]);
  drawing.undo();
  assert.ok(drawing.isBlank);
});

test("the eraser takes the strokes that it touches, and undo brings them back", () => {
  const { drawing, events } = recorded();
  draw(drawing, LINE);
  draw(drawing, [[0.2, 0.5], [0.8, 0.5]]);
  const both = drawing.strokes;
  draw(drawing, [[0.5, 0.4], [0.5, 0.9]], true);
  assert.deepEqual(drawing.strokes, [both[0]]);
  assert.equal(events.filter((event) => event === "erased").length, 1);
  drawing.undo();
  assert.deepEqual(drawing.strokes, both);
});

test("a stroke that was cut off goes on, and is one stroke to undo", () => {
  const { drawing } = recorded();
  draw(drawing, LINE.slice(0, 2));
  assert.ok(drawing.pen.resume());
  drawing.pen.move([LINE[2]]);
  drawing.pen.lift();
  assert.deepEqual(drawing.strokes, [[[2000, 2000], [5000, 2000], [8000, 2000]]]);
  drawing.undo();
  assert.ok(drawing.isBlank);
  assert.ok(!drawing.pen.resume(), "an undone stroke does not go on");
});

test("a short stroke is known as short, and can be taken back", () => {
  const { drawing } = recorded();
  draw(drawing, LINE);
  drawing.pen.start([0.5, 0.5], false);
  drawing.pen.move([[0.55, 0.5]]);
  assert.ok(drawing.pen.isShort());
  drawing.pen.move([[0.65, 0.5]]);
  assert.ok(!drawing.pen.isShort());
  drawing.pen.takeBack();
  assert.equal(drawing.strokes.length, 1);
  assert.ok(!drawing.isDown);
});

test("undo while the pen is down ends the stroke and takes it away", () => {
  const { drawing } = recorded();
  drawing.pen.start([0.5, 0.5], false);
  assert.ok(drawing.isDown && drawing.canUndo);
  drawing.undo();
  assert.ok(drawing.isBlank && !drawing.isDown);
});

test("what was kept in the tab is restored, with nothing to undo", () => {
  const { drawing } = recorded();
  drawing.restore({ strokes: [[[1, 2]]], ink: null });
  assert.deepEqual([drawing.content, drawing.canUndo], [{ strokes: [[[1, 2]]] }, false]);
  drawing.restore({ ink: PHOTO });
  assert.deepEqual(drawing.content, { ink: PHOTO });
});

test("a long stroke gets coarser and keeps its ends", () => {
  const { drawing } = recorded({ ...settings, points: 100 });
  draw(drawing, Array.from({ length: 151 }, (_, i) => [0.1 + 0.005 * i, 0.5]));
  const [stroke] = drawing.strokes;
  assert.ok(stroke.length <= 100 && stroke.length > 50);
  assert.deepEqual([stroke[0], stroke.at(-1)], [[1000, 5000], [8500, 5000]]);
});

test("no drawing gets more points than the server reads, however many strokes", () => {
  const { drawing, events } = recorded();
  for (let i = 0; i < 2100; i++) draw(drawing, [[0.45, 0.1 + (0.8 * i) / 2100], [0.5, 0.1 + (0.8 * i) / 2100], [0.55, 0.1 + (0.8 * i) / 2100]]);
  assert.ok(drawing.strokes.flat().length <= settings.points);
  assert.equal(drawing.strokes.length, settings.points / 2);
  assert.equal(events.at(-1), "full");
  drawing.undo();
  draw(drawing, LINE);
  assert.equal(events.at(-1), "lifted", "there is room again");
});
