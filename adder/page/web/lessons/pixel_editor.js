// Paint in the 28 x 28 pixels, or rub them out: the network reads exactly these. A new drawing brings its own.
import { percent } from "../phrases.js";
import { paintImage, pixelAt, pixelBeside } from "./canvas.js";
import { evenly, smallBars } from "./charts.js";

export function pixelEditorLesson(item) {
  const find = (selector) => item.querySelector(selector);
  const canvas = find("canvas");
  const cursor = find(".easel i");
  const rub = find(".rub");
  let original = null; // the drawing's image
  let pixels = Array(784).fill(0);
  let number = 0;
  let at = [14, 14]; // the pixel that the keyboard is at
  let last = null; // the pixel that the pointer was at, while it is down
  let askAgain = () => {};

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

  const redraw = () => paintImage(canvas, pixels);

  function change(points, grey) {
    for (const [x, y] of points) if (x >= 0 && y >= 0 && x < 28 && y < 28) pixels[28 * y + x] = grey;
    redraw();
    askAgain();
  }

  function take(answer) {
    smallBars(find(".bars"), answer.digit_probs ?? evenly(10));
    find(".answer").textContent =
      answer.state === "digit"
        ? `${answer.digit} + ${number} = ${answer.sum}, ${percent(answer.digit_probs[answer.digit])} sure`
        : answer.state === "refused" ? "That does not look like a digit." : "Paint something.";
  }

  const isRubbing = () => rub.getAttribute("aria-pressed") === "true";

  // All pixels on the line from one to the other.
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
    event.stopPropagation(); // here, Backspace is not for the pad
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
    askAgain();
  });

  return { show, question: () => ({ lesson: "pixel_editor", pixels }), take, set askAgain(ask) { askAgain = ask; } };
}
