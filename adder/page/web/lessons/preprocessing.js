// From the ink to the pixels: your strokes or picture, the part that is cut out, and the 28 x 28 pixels.
import { boxOf } from "../bounding_box.js";
import { paintImage } from "./canvas.js";

export function preprocessingLesson(item, drawing, photo) {
  const PEN = 500; // the pen's width, of the pad's 10,000
  const find = (selector) => item.querySelector(selector);

  function show(reading) {
    const strokes = reading.state === "empty" ? [] : drawing.strokes;
    const path = strokes.map((stroke) => `M${stroke.map((point) => point.join(" ")).join("L")}${stroke.length > 1 ? "" : "h1"}`);
    item.querySelectorAll("path").forEach((element) => element.setAttribute("d", path.join("")));
    const shown = photo();
    item.querySelectorAll("image").forEach((element) => (shown ? element.setAttribute("href", shown.address) : element.removeAttribute("href")));
    find(".source").textContent = shown ? "your picture" : "your drawing";
    const [left, top, right, bottom] = shown ? placed(shown) : strokes.length ? withPen(boxOf(strokes.flat())) : [0, 0, 10_000, 10_000];
    find(".crop").setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
    const frame = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(frame)) find("rect").setAttribute(name, value);
    find("rect").style.visibility = shown || strokes.length ? "visible" : "hidden";
    paintImage(find("canvas"), reading.image);
  }

  // The corners of a picture's frame, when the picture fits into the square.
  function placed({ aspect, frame: [left, top, width, height] }) {
    const [wide, high] = [Math.min(1, aspect), Math.min(1, 1 / aspect)];
    const corners = [[left, top], [left + width, top + height]];
    return corners.flatMap(([x, y]) => [10_000 * ((1 - wide) / 2 + x * wide), 10_000 * ((1 - high) / 2 + y * high)]);
  }

  const withPen = ([left, top, right, bottom]) => [left - PEN / 2, top - PEN / 2, right + PEN / 2, bottom + PEN / 2];

  return { show };
}
