// The 28 x 28 pixels to be painted in and rubbed out: the network reads exactly these. A new drawing brings its own.
function paintingLesson(item) {
  const find = (selector) => item.querySelector(selector);
  const canvas = find("canvas");
  const cursor = find(".easel i");
  const rub = find(".rub");
  let original = null; // the drawing's image
  let pixels = Array(784).fill(0);
  let number = 0;
  let at = [14, 14]; // of the keyboard
  let last = null; // of the pointer, while it is down
  let again = () => {};

  function show(reading) {
    number = reading.number;
    if (reading.image === original) return;
    original = reading.image ?? null;
    bringBack();
  }

  function bringBack() {
    pixels = original ? [...original] : Array(784).fill(0);
    redraw();
  }

  const redraw = () => paintInk(canvas, pixels);

  function change(points, grey) {
    for (const [x, y] of points) if (x >= 0 && y >= 0 && x < 28 && y < 28) pixels[28 * y + x] = grey;
    redraw();
    again();
  }

  function take(told) {
    smallBars(find(".bars"), told.digit_probs ?? evenly(10));
    find(".answer").textContent =
      told.state === "digit"
        ? `${told.digit} + ${number} = ${told.sum}, ${percent(told.digit_probs[told.digit])} sure`
        : told.state === "refused" ? "That does not look like a digit." : "Paint something.";
  }

  const isRubbing = () => rub.getAttribute("aria-pressed") === "true";

  // All pixels on the way from one to the next.
  function between([x, y], [toX, toY]) {
    const steps = Math.max(Math.abs(toX - x), Math.abs(toY - y), 1);
    return Array.from({ length: steps + 1 }, (_, i) => [x + ((toX - x) * i) / steps, y + ((toY - y) * i) / steps].map(Math.round));
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = pixelAt(canvas, event);
    change([last], isRubbing() ? 0 : 255);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !event.isPrimary) return;
    const next = pixelAt(canvas, event);
    if (next.join() === last.join()) return;
    change(between(last, next), isRubbing() ? 0 : 255);
    last = next;
  });
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, () => (last = null));
  canvas.addEventListener("keydown", (event) => {
    const to = pixelBeside(at, event);
    const grey = { " ": isRubbing() ? 0 : 255, Backspace: 0 }[event.key];
    if (!to && grey === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // Backspace is not the pad's here
    if (to) at = to;
    else change([at], grey);
    point();
  });

  function point() {
    cursor.hidden = document.activeElement !== canvas;
    cursor.style.setProperty("--x", at[0]);
    cursor.style.setProperty("--y", at[1]);
  }

  canvas.addEventListener("focus", point);
  canvas.addEventListener("blur", point);
  rub.addEventListener("click", () => rub.setAttribute("aria-pressed", !isRubbing()));
  find(".again").addEventListener("click", () => {
    bringBack();
    again();
  });

  return { show, question: () => ({ lesson: "paint", pixels }), take, set again(ask) { again = ask; } };
}
