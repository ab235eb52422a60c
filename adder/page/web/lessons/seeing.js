// What becomes of the ink: strokes or picture, what is cut out of it, the pixels.
function seeingLesson(item, pad, photo) {
  const PEN = 500; // of the pad's 10,000
  const find = (selector) => item.querySelector(selector);

  function show(reading) {
    const drawing = reading.state === "empty" ? [] : pad.strokes;
    const path = drawing.map((stroke) => `M${stroke.map((point) => point.join(" ")).join("L")}${stroke.length > 1 ? "" : "h1"}`);
    item.querySelectorAll("path").forEach((element) => element.setAttribute("d", path.join("")));
    const shown = photo();
    item.querySelectorAll("image").forEach((element) => (shown ? element.setAttribute("href", shown.address) : element.removeAttribute("href")));
    find(".whose").textContent = shown ? "your picture" : "your drawing";
    const [left, top, right, bottom] = shown ? placed(shown) : drawing.length ? box(drawing.flat()) : [0, 0, 10_000, 10_000];
    find(".crop").setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
    const frame = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(frame)) find("rect").setAttribute(name, value);
    find("rect").style.visibility = shown || drawing.length ? "visible" : "hidden";
    paintInk(find("canvas"), reading.image);
  }

  // Where the frame of a picture lies that fits into the square.
  function placed({ aspect, frame: [left, top, width, height] }) {
    const [wide, high] = [Math.min(1, aspect), Math.min(1, 1 / aspect)];
    const corners = [[left, top], [left + width, top + height]];
    return corners.flatMap(([x, y]) => [10_000 * ((1 - wide) / 2 + x * wide), 10_000 * ((1 - high) / 2 + y * high)]);
  }

  function box(points) {
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    return [...[xs, ys].map((all) => Math.min(...all) - PEN / 2), ...[xs, ys].map((all) => Math.max(...all) + PEN / 2)];
  }

  return { show };
}

// An image's 784 grey values in the panel's text colour; with `over`, pale, and that in the accent.
function paintInk(canvas, image, over = null) {
  const { plain, plus, minus } = coloursOf(canvas);
  const layer = (greys, colour, share) => [(x, y) => (share * greys[28 * y + x]) / 255, colour, minus];
  paintValues(canvas, 28, 28, [...(image ? [layer(image, plain, over ? 0.25 : 1)] : []), ...(over ? [layer(over, plus, 1)] : [])]);
}
