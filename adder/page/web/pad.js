// The drawing: strokes as vectors, so that undo, resizing and themes cost nothing; or the ink of a photo, rows of 0 to 255.
// It knows no network and no reading, and says what happened: "drawn", "lifted" (the pen), "erased" (or replaced) or "full".
// Strokes are never changed once the pen is lifted, so that what was before can be kept as it is.
function drawingPad(canvas, limits, changed) {
  const ink = canvas.getContext("2d");
  const nearest = limits.scale / 250; // points closer than this to the one before are dropped
  const REACH = 0.045 * limits.scale; // of the eraser, from its middle to that of a line
  const SHORT = 0.1 * limits.scale; // two fingers move less before they are two
  const history = timeline();
  let strokes = [];
  let photo = null; // in the place of strokes
  let before = null; // while the pen is down: what was there
  let lifted = null; // what was there before the last stroke, which may still go on
  let last = null; // where the pen is, maybe beyond the pad
  let erases = false;
  let frame = 0;

  const now = () => ({ strokes, photo });
  const scaled = (point) => point.map((share) => share * limits.scale);

  const hand = {
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

  const isFull = () => 2 * strokes.length >= limits.points; // thinned, each keeps its ends

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

  // Ink stays on the pad: a way beyond its edge leaves none, and where the pen comes back a new stroke begins.
  function extend(points) {
    let isNew = false;
    for (const point of points) {
      const way = within(limits.scale, last, point);
      last = point;
      if (!way) continue;
      if (way.enters && isFull()) return changed("full");
      if (way.enters) begin(way.from);
      isNew = add(way.to) || way.enters || isNew;
    }
    if (isNew) inked();
  }

  function inked() {
    thin();
    redraw();
    changed("drawn");
  }

  // A drawing of too many points loses every second one, ends kept: coarser, never refused.
  function thin() {
    while (strokes.reduce((sum, stroke) => sum + stroke.length, 0) > limits.points)
      strokes = strokes.map((stroke) => stroke.filter((_, i) => i % 2 === 0 || i === stroke.length - 1));
  }

  function erase(points) {
    const kept = strokes.filter((stroke) => !points.some((point) => isTouched(stroke, last, point, REACH)));
    last = points.at(-1);
    if (kept.length === strokes.length) return;
    strokes = kept;
    redraw();
    changed("erased");
  }

  function redraw() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      ink.clearRect(0, 0, canvas.width, canvas.height);
      paint(ink, canvas.width, "#1c1c1c"); // the dark theme inverts the canvas
    });
  }

  // The drawing on any canvas, in a square of this side at its origin.
  function paint(ink, side, colour) {
    if (photo) return paintPhoto(ink, side, colour);
    const unit = side / limits.scale;
    ink.lineWidth = side * 0.05;
    ink.lineCap = ink.lineJoin = "round";
    ink.strokeStyle = colour;
    for (const stroke of strokes) {
      const points = stroke.map(([x, y]) => [x * unit, y * unit]);
      const [x, y] = points.at(-1);
      ink.beginPath();
      ink.moveTo(...points[0]);
      for (const piece of curve(points)) ink.bezierCurveTo(...piece);
      ink.lineTo(x + 0.01, y); // a line of no length would draw no dot
      ink.stroke();
    }
  }

  function paintPhoto(ink, side, colour) {
    const [width, height] = [photo[0].length, photo.length];
    const picture = document.createElement("canvas");
    [picture.width, picture.height] = [width, height];
    const layer = picture.getContext("2d");
    const pixels = layer.createImageData(width, height);
    photo.flat().forEach((value, i) => (pixels.data[4 * i + 3] = value));
    layer.putImageData(pixels, 0, 0);
    layer.globalCompositeOperation = "source-in";
    layer.fillStyle = colour;
    layer.fillRect(0, 0, width, height);
    const unit = (0.7 * side) / Math.max(width, height);
    ink.drawImage(picture, (side - width * unit) / 2, (side - height * unit) / 2, width * unit, height * unit);
  }

  followPointers(canvas, hand);

  new ResizeObserver(() => {
    const side = Math.round(canvas.getBoundingClientRect().width * devicePixelRatio);
    if (side && side !== canvas.width) {
      canvas.width = canvas.height = side;
      redraw();
    }
  }).observe(canvas);

  function put(next) {
    before = lifted = null;
    ({ strokes, photo } = next);
    redraw();
    changed("erased");
  }

  function replace(next) {
    commit();
    history.keep(now());
    put({ strokes: [], photo: null, ...next });
  }

  const isBlank = () => strokes.length === 0 && !photo;

  return {
    get strokes() { return strokes; },
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
    paint,
  };
}
