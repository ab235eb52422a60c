// Mouse, fingers and stylus on the canvas -> one stroke at a time, for `pen`. It knows no drawing.
// A stylus takes over from a palm that rests on the pad. Two fingers zoom and draw nothing. What hovers draws nothing.
export function followPointers(canvas, pen) {
  const ERASER = 5; // the button at a stylus's other end
  const touches = new Set(); // all that touch the canvas now
  let active = null; // {id, kind, erases}: what draws; it ignores any other until it is lifted
  let cancelled = null; // what drew until the browser took it away

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };

  function start(event) {
    const kind = event.pointerType;
    const erases = kind === "pen" && event.button === ERASER;
    if (event.button !== 0 && !erases) return;
    event.preventDefault();
    if (kind === "touch") touches.add(event.pointerId);
    if (active) {
      const isPinch = active.kind === "touch" && kind === "touch";
      const wasPalm = active.kind === "touch" && kind === "pen";
      if (!isPinch && !wasPalm) return;
      active = null;
      if (wasPalm || pen.isShort()) pen.takeBack();
      else pen.lift();
      if (isPinch) return;
    } else if (kind === "touch" && touches.size > 1) return;
    cancelled = null;
    active = { id: event.pointerId, kind, erases };
    capture(event.pointerId);
    pen.start(place(event), erases);
  }

  function move(event) {
    const isDown = event.pointerType === "touch" || event.buttons > 0;
    if (isDown && !active && event.pointerId === cancelled?.id && pen.resume()) {
      active = cancelled; // Safari on an iPad cancels after the first point, then goes on
      cancelled = null;
    }
    if (event.pointerId !== active?.id) return;
    if (!isDown) return lift(event); // it was lifted outside, without an event
    const coalesced = event.getCoalescedEvents?.() ?? [];
    pen.move((coalesced.length ? coalesced : [event]).map(place));
  }

  function lift(event) {
    if (event.type !== "pointermove") touches.delete(event.pointerId);
    if (event.pointerId !== active?.id) return;
    cancelled = event.type === "pointercancel" ? active : null;
    active = null;
    pen.lift();
  }

  function capture(id) {
    try {
      canvas.setPointerCapture(id);
    } catch {
      // the pointer is gone already
    }
  }

  canvas.addEventListener("pointerdown", start);
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, lift);
}
