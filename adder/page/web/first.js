// The pad that stands there before Gradio is. What is drawn on it goes to the page's own, once that is there and the pen is up.
const first = { sheet: document.querySelector(".first"), heir: null };
first.pad = drawingPad(first.sheet.querySelector("canvas"), limits, (event) => {
  first.sheet.classList.toggle("blank", first.pad.isBlank);
  if (event === "lifted" && first.heir) bequeath(first.heir);
});

function bequeath(pad) {
  first.heir = pad;
  if (!first.sheet || first.pad.isDown) return;
  first.sheet.remove();
  first.sheet = null;
  if (!first.pad.isBlank) pad.show(first.pad.strokes);
}
