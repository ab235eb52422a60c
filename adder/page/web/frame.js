// The picture that a digit is looked for in, laid over the pad: what looks like a digit can be tapped, and a frame drawn round it.
// Once read, it stands small beside what the network sees, with a frame round what was taken; a tap brings it back.
function pictureFrames(root, look) {
  const SMALLEST = 0.02; // of the picture: a frame that is smaller is a tap beside all
  const MARGIN = 0.1; // of a piece's longer side
  const large = root.querySelector(".look");
  const small = root.querySelector(".taken");
  const stage = large.querySelector(".stage");
  const drawn = large.querySelector(".drawn");
  let start = null; // of the frame that is drawn now

  function open({ address, aspect }) {
    for (const place of [large, small]) {
      place.querySelector("img").src = address;
      place.querySelector(".stage").style.setProperty("--aspect", aspect);
    }
    offer([]);
    small.hidden = true;
    large.hidden = false;
  }

  function offer(frames) {
    drawn.hidden = true;
    stage.querySelectorAll("button").forEach((button) => button.remove());
    const buttons = frames.map((frame, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `Piece ${i + 1} of ${frames.length}, from the left`);
      lay(button, frame);
      button.addEventListener("click", () => look(withMargin(frame)));
      return button;
    });
    stage.append(...buttons);
  }

  function taken(frame) {
    large.hidden = true;
    lay(small.querySelector(".drawn"), frame);
    small.hidden = false;
  }

  function close() {
    large.hidden = small.hidden = true;
    start = null;
  }

  function lay(element, frame) {
    for (const [i, side] of ["left", "top", "width", "height"].entries()) element.style[side] = `${100 * frame[i]}%`;
    element.hidden = false;
  }

  function withMargin([left, top, width, height]) {
    const extra = MARGIN * Math.max(width, height);
    return between([left - extra, top - extra], [left + width + extra, top + height + extra]);
  }

  // The frame of two corners, within the picture.
  function between(...corners) {
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => Math.min(Math.max(corner[axis], 0), 1)));
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
  }

  function place(event) {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  large.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button") || !event.isPrimary) return;
    start = place(event);
    large.setPointerCapture(event.pointerId);
  });
  large.addEventListener("pointermove", (event) => start && lay(drawn, between(start, place(event))));
  large.addEventListener("pointerup", (event) => {
    if (!start) return;
    const frame = between(start, place(event));
    start = null;
    drawn.hidden = true;
    if (Math.min(frame[2], frame[3]) > SMALLEST) look(frame);
  });
  large.addEventListener("pointercancel", () => (drawn.hidden = !(start = null)));

  return { open, offer, taken, close };
}
