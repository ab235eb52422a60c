// Your corrections, the most similar first, and how much each counts for what is drawn now.
import { pixelsOf } from "../seen_image.js";
import { percent, yourLabel } from "../phrases.js";
import { paintImage } from "./canvas.js";

export function similarCorrectionsLesson(item, corrections) {
  const line = item.querySelector("[role=status]");

  function take({ state, near = [] }) {
    const { list } = corrections;
    const order = list.map((_, index) => index).filter((index) => near[index] !== undefined).sort((a, b) => near[b] - near[a]);
    item.querySelector("ul").replaceChildren(...order.slice(0, 6).map((index) => row(list[index], near[index])));
    line.textContent = list.length === 0
      ? "There are no corrections yet. To make one, open 'Not what I drew?' above."
      : state === "empty" ? "Draw something to see which correction it looks like." : "";
  }

  function row(correction, share) {
    const made = document.createElement("li");
    const canvas = document.createElement("canvas");
    const text = document.createElement("span");
    paintImage(canvas, pixelsOf(correction));
    made.style.setProperty("--p", share);
    text.textContent = `${yourLabel(correction[1])}, counts ${percent(share)}`;
    made.append(canvas, document.createElement("i"), text);
    return made;
  }

  return { question: () => ({ lesson: "similar_corrections", ...(corrections.list.length && { corrections: corrections.sent }) }), take };
}
