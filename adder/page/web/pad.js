// The drawing: strokes as vectors, so that undo, resizing and themes cost nothing; or the ink of a photo, rows of 0 to 255.
// It knows no network and no reading, and says what happened: "drawn", "lifted" (the pen), "erased" or "full".
function drawingPad(canvas, limits, changed) {
  const ink = canvas.getContext("2d");
  const nearest = limits.scale / 250; // points closer than this to the one before are dropped
  let strokes = [];
  let photo = null; // in the place of strokes
  let pen = null; // the pointer that draws; any other is ignored until it is lifted
  let frame = 0;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const unit = (offset, side) => Math.round(Math.min(Math.max(offset / side, 0), 1) * limits.scale);
    return [unit(event.clientX - box.left, box.width), unit(event.clientY - box.top, box.height)];
  }

  function extend(events) {
    const stroke = strokes.at(-1);
    const before = stroke.length;
    for (const point of events.map(place)) {
      const last = stroke.at(-1);
      if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= nearest) stroke.push(point);
    }
    if (stroke.length === before) return;
    thin();
    redraw();
    changed("drawn");
  }

  // A drawing of too many points loses every second one, ends kept: coarser, never refused.
  function thin() {
    if (strokes.reduce((sum, stroke) => sum + stroke.length, 0) <= limits.points) return;
    for (const stroke of strokes) {
      const last = stroke.length - 1;
      stroke.splice(0, stroke.length, ...stroke.filter((_, i) => i % 2 === 0 || i === last));
    }
  }

  function lift(event) {
    if (event.pointerId !== pen) return;
    pen = null;
    changed("lifted");
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
    const picture = new OffscreenCanvas(width, height);
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

  canvas.addEventListener("pointerdown", (event) => {
    if (pen !== null || event.button !== 0) return;
    event.preventDefault();
    if (photo) replace([]);
    if (strokes.length >= limits.strokes) return changed("full");
    pen = event.pointerId;
    canvas.setPointerCapture(pen);
    strokes.push([]);
    extend([event]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    extend(coalesced.length ? coalesced : [event]);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, lift);

  // Else a quick stroke counts as a fling, and the tap after it, on Clear perhaps, only as what ends the fling.
  canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });

  new ResizeObserver(() => {
    const side = Math.round(canvas.getBoundingClientRect().width * devicePixelRatio);
    if (side && side !== canvas.width) {
      canvas.width = canvas.height = side;
      redraw();
    }
  }).observe(canvas);

  function replace(next, ink = null) {
    pen = null;
    strokes = next;
    photo = ink;
    redraw();
    changed("erased");
  }

  return {
    get strokes() { return strokes; },
    get isDown() { return pen !== null; },
    get isBlank() { return strokes.length === 0 && !photo; },
    get content() { return photo ? { ink: photo } : { strokes }; }, // as the server takes it
    undo: () => (strokes.length || photo) && replace(strokes.slice(0, -1)),
    clear: () => (strokes.length || photo) && replace([]),
    show: (drawing) => replace(structuredClone(drawing)),
    showPhoto: (rows) => replace([], rows),
    paint,
  };
}
