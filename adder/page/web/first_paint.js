// The pad that is there before Gradio is. The page's own pad gets the drawing, once it is there and the pen is up.
import { drawingPad } from "./pad.js";

export function openFirstPad(settings) {
  let earlyPad = document.querySelector(".first");
  let pageDrawing = null; // of the page's own pad
  const { drawing } = drawingPad(earlyPad.querySelector("canvas"), settings, (event) => {
    earlyPad.classList.toggle("blank", drawing.isBlank);
    if (event === "lifted" && pageDrawing) handOver(pageDrawing);
  });

  function handOver(next) {
    pageDrawing = next;
    if (!earlyPad || drawing.isDown) return;
    earlyPad.remove();
    earlyPad = null;
    if (!drawing.isBlank) next.show(drawing.strokes);
  }

  window.handOverFirstPad = handOver; // for page.js
}
