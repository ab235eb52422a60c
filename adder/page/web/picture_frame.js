// Your picture, over the pad: tap a piece that looks like a digit, or draw a frame round the digit.
// Once it is read, it is small, beside what the network sees, with a frame round the digit. Tap it to choose another place.
export function pictureFrames(root, look) {
  const SMALLEST = 0.02; // of the picture: a smaller frame is a tap that missed
  const MARGIN = 0.1; // of a piece's longer side
  const large = root.querySelector(".picture-large");
  const small = root.querySelector(".picture-small");
  const stage = large.querySelector(".stage");
  const drawn = large.querySelector(".drawn");
  let start = null; // the first corner of the frame that is being drawn

  function open({ address, aspect }) {
    for (const view of [large, small]) {
      view.querySelector("img").src = address;
      view.querySelector(".stage").style.setProperty("--aspect", aspect);
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
      place(button, frame);
      button.addEventListener("click", () => look(withMargin(frame)));
      return button;
    });
    stage.append(...buttons);
  }

  function found(frame) {
    large.hidden = true;
    place(small.querySelector(".drawn"), frame);
    small.hidden = false;
  }

  function close() {
    large.hidden = small.hidden = true;
    start = null;
  }

  function place(element, frame) {
    for (const [i, side] of ["left", "top", "width", "height"].entries()) element.style[side] = `${100 * frame[i]}%`;
    element.hidden = false;
  }

  function withMargin([left, top, width, height]) {
    const extra = MARGIN * Math.max(width, height);
    return between([left - extra, top - extra], [left + width + extra, top + height + extra]);
  }

  // The frame between two corners, inside the picture.
  function between(...corners) {
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => Math.min(Math.max(corner[axis], 0), 1)));
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
  }

  function shareAt(event) {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  large.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button") || !event.isPrimary) return;
    start = shareAt(event);
    large.setPointerCapture(event.pointerId);
  });
  large.addEventListener("pointermove", (event) => start && place(drawn, between(start, shareAt(event))));
  large.addEventListener("pointerup", (event) => {
    if (!start) return;
    const frame = between(start, shareAt(event));
    start = null;
    drawn.hidden = true;
    if (Math.min(frame[2], frame[3]) > SMALLEST) look(frame);
  });
  large.addEventListener("pointercancel", () => (drawn.hidden = !(start = null)));

  return { open, offer, found, close };
}
