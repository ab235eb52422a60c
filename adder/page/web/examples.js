// Buttons with real drawings, for those who cannot draw.
import { newButton } from "./button.js";

export function exampleButton({ digit, strokes }, show) {
  const made = newButton("", () => show(strokes));
  made.setAttribute("aria-label", `Example: a drawn ${digit}`);
  const paths = strokes.map((stroke) => `<polyline points="${stroke.map((point) => point.join()).join(" ")}" />`);
  made.innerHTML = `<svg viewBox="1000 1000 8000 8000" aria-hidden="true">${paths.join("")}</svg>`;
  return made;
}
