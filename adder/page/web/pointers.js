// Mouse, fingers and pen on the canvas -> one stroke at a time, told to `hand`. It knows no drawing.
// A pen takes over from a hand that rests; two fingers zoom and draw nothing; what hovers draws nothing.
function followPointers(canvas, hand) {
  const ERASER = 5; // the button of a pen's other end
  const touches = new Set(); // all that touch the canvas now
  let active = null; // {id, kind, erases}: what draws; any other is ignored until it is lifted
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
      if (wasPalm || hand.isShort()) hand.takeBack();
      else hand.lift();
      if (isPinch) return;
    } else if (kind === "touch" && touches.size > 1) return;
    cancelled = null;
    active = { id: event.pointerId, kind, erases };
    capture(event.pointerId);
    hand.start(place(event), erases);
  }

  function move(event) {
    const isDown = event.pointerType === "touch" || event.buttons > 0;
    if (isDown && !active && event.pointerId === cancelled?.id && hand.resume()) {
      active = cancelled; // Safari on an iPad cancels after the first point, and goes on
      cancelled = null;
    }
    if (event.pointerId !== active?.id) return;
    if (!isDown) return lift(event); // it was lifted where no event told
    const coalesced = event.getCoalescedEvents?.() ?? [];
    hand.move((coalesced.length ? coalesced : [event]).map(place));
  }

  function lift(event) {
    if (event.type !== "pointermove") touches.delete(event.pointerId);
    if (event.pointerId !== active?.id) return;
    cancelled = event.type === "pointercancel" ? active : null;
    active = null;
    hand.lift();
  }

  function capture(id) {
    try {
      canvas.setPointerCapture(id);
    } catch {
      // it is gone already
    }
  }

  canvas.addEventListener("pointerdown", start);
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, lift);
}
