// The pad that is there before Gradio is. The page's own pad gets the drawing, once it is there and the pen is up.
import { drawingPad } from "./pad.js";

export function openFirstPad(settings) {
  let sheet = document.querySelector(".first");
  let heir = null; // the page's own drawing
  const { drawing } = drawingPad(sheet.querySelector("canvas"), settings, (event) => {
    sheet.classList.toggle("blank", drawing.isBlank);
    if (event === "lifted" && heir) handOver(heir);
  });

  function handOver(next) {
    heir = next;
    if (!sheet || drawing.isDown) return;
    sheet.remove();
    sheet = null;
    if (!drawing.isBlank) next.show(drawing.strokes);
  }

  window.handOverFirstPad = handOver; // for page.js
}
