// The drawing as data: strokes of whole points [x, y], so that undo, resizing and themes cost nothing; or the ink of a photo, rows
// of 0 to 255. It knows no canvas and no network. It reports each change: "drawn", "lifted" (the pen), "erased" (or replaced) or
// "full". Once the pen is up, a stroke never changes, so the history keeps it as it is.
import { extentOf } from "./bounding_box.js";
import { insideSquare, isTouched } from "./geometry.js";
import { undoHistory } from "./history.js";

export function newDrawing(settings, changed) {
  const nearest = settings.scale / 250; // points closer than this to the one before are dropped
  const REACH = 0.045 * settings.scale; // from the middle of the eraser to the middle of a line
  const SHORT = 0.1 * settings.scale; // a first finger moves less than this before the second one comes
  const history = undoHistory();
  let strokes = [];
  let photo = null; // instead of strokes
  let before = null; // while the pen is down: what was there
  let lifted = null; // what was there before the last stroke, which may still go on
  let last = null; // where the pen is, on the pad or outside it
  let erases = false;

  const now = () => ({ strokes, photo });
  const scaled = (point) => point.map((share) => share * settings.scale);

  // What a pointer does; points are shares of the pad's side.
  const pen = {
    start(point, isEraser) {
      if (!isEraser && isFull()) return changed("full");
      before = now();
      lifted = null;
      erases = isEraser;
      last = scaled(point);
      if (erases) return erase([last]);
      strokes = photo ? [] : [...strokes];
      photo = null;
      begin(last);
      if (before.photo) changed("erased");
      inked();
    },
    move(points) {
      if (before) (erases ? erase : extend)(points.map(scaled));
    },
    lift() {
      if (!before) return;
      lifted = commit();
      changed("lifted");
    },
    resume() {
      if (!lifted) return false;
      before = history.forget();
      lifted = null;
      return true;
    },
    takeBack() {
      if (before) put(before);
    },
    isShort: () => before && extentOf(strokes.slice(before.strokes.length).flat()) < SHORT,
  };

  function commit() {
    const was = before;
    before = null;
    if (!was || (was.strokes === strokes && was.photo === photo)) return null;
    history.keep(was);
    return was;
  }

  const isFull = () => 2 * strokes.length >= settings.points; // a thinned stroke keeps its two ends

  function begin(point) {
    strokes.push([]);
    add(point);
  }

  function add(point) {
    const stroke = strokes.at(-1);
    const [x, y] = point.map(Math.round);
    const [left, top] = stroke.at(-1) ?? [Infinity, Infinity];
    if (Math.hypot(x - left, y - top) < nearest) return false;
    return stroke.push([x, y]) > 0;
  }

  // Ink stays on the pad: outside its edge the pen leaves none, and where it comes back a new stroke begins.
  function extend(points) {
    let isNew = false;
    for (const point of points) {
      const line = insideSquare(settings.scale, last, point);
      last = point;
      if (!line) continue;
      if (line.enters && isFull()) return changed("full");
      if (line.enters) begin(line.from);
      isNew = add(line.to) || line.enters || isNew;
    }
    if (isNew) inked();
  }

  function inked() {
    thin();
    changed("drawn");
  }

  // With too many points, each stroke keeps every second point and its last one. The drawing gets coarser, but is never refused.
  function thin() {
    while (strokes.reduce((sum, stroke) => sum + stroke.length, 0) > settings.points)
      strokes = strokes.map((stroke) => stroke.filter((_, i) => i % 2 === 0 || i === stroke.length - 1));
  }

  function erase(points) {
    const kept = strokes.filter((stroke) => !points.some((point) => isTouched(stroke, last, point, REACH)));
    last = points.at(-1);
    if (kept.length === strokes.length) return;
    strokes = kept;
    changed("erased");
  }

  function put(next) {
    before = lifted = null;
    ({ strokes, photo } = next);
    changed("erased");
  }

  function replace(next) {
    commit();
    history.keep(now());
    put({ strokes: [], photo: null, ...next });
  }

  const isBlank = () => strokes.length === 0 && !photo;

  return {
    pen,
    get strokes() { return strokes; },
    get photo() { return photo; },
    get isDown() { return before !== null; },
    get isBlank() { return isBlank(); },
    get canUndo() { return before !== null || history.canUndo; },
    get canRedo() { return history.canRedo; },
    get content() { return photo ? { ink: photo } : { strokes }; }, // as the server takes it
    undo() {
      commit();
      if (history.canUndo) put(history.undo(now()));
    },
    redo() {
      commit();
      if (history.canRedo) put(history.redo(now()));
    },
    clear: () => isBlank() || replace({}),
    show: (strokes) => replace({ strokes }),
    showPhoto: (photo) => replace({ photo }),
    restore: ({ strokes = [], ink = null }) => put({ strokes, photo: ink }),
  };
}
