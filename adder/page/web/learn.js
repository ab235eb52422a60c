// 'How it works', shown on the current drawing. It draws only while its panel is open, and asks only when told to.
function illustration(panel, pad, photo, explain, percent) {
  const find = (selector) => panel.querySelector(selector);
  const button = find(".why button");
  const line = find(".why p");
  const map = find(".why canvas");
  const PEN = 500; // of the pad's 10,000
  let reading = null; // the newest
  let drawn = null; // the one in the pictures

  function show(next) {
    reading = next;
    if (panel.open) illustrate();
  }

  function illustrate() {
    if (drawn === reading) return;
    drawn = reading;
    strokes(reading.state === "empty" ? [] : pad.strokes);
    panel.querySelectorAll("canvas").forEach((canvas) => paint(canvas, reading.image));
    find(".heads .number").textContent = reading.number;
    bars(find(".digits-small"), reading.digit_probs ?? Array(10).fill(0));
    bars(find(".sums-small"), reading.sum_probs ?? Array(19).fill(0));
    bars(find(".switches"), Array.from({ length: 10 }, (_, value) => Number(value === reading.number)));
    example(reading);
    button.setAttribute("aria-disabled", reading.state !== "digit");
    map.setAttribute("aria-label", "Your drawing as 28 by 28 pixels");
    line.textContent = reading.state === "refused" ? "No digit was read, so none can be explained." : "";
  }

  function strokes(drawing) {
    const path = drawing.map((stroke) => `M${stroke.map((point) => point.join(" ")).join("L")}${stroke.length > 1 ? "" : "h1"}`);
    panel.querySelectorAll("path").forEach((element) => element.setAttribute("d", path.join("")));
    const shown = photo();
    panel.querySelectorAll("image").forEach((element) => (shown ? element.setAttribute("href", shown.address) : element.removeAttribute("href")));
    find(".whose").textContent = shown ? "your picture" : "your drawing";
    const [left, top, right, bottom] = shown ? placed(shown) : drawing.length ? box(drawing.flat()) : [0, 0, 10_000, 10_000];
    find(".crop").setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
    const frame = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(frame)) find("rect").setAttribute(name, value);
    find("rect").style.visibility = shown || drawing.length ? "visible" : "hidden";
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

  // Ink as the panel's text colour; with a map, ink in pale and on it, in the accent, what spoke for the digit.
  function paint(canvas, image, saliency) {
    const ink = canvas.getContext("2d");
    const [plain, accent] = [panel, button].map((element) => getComputedStyle(element).color);
    ink.clearRect(0, 0, 28, 28);
    const layer = (greys, colour, share) =>
      greys.forEach((grey, i) => {
        ink.globalAlpha = (share * grey) / 255;
        ink.fillStyle = colour;
        ink.fillRect(i % 28, Math.floor(i / 28), 1, 1);
      });
    if (image) layer(image, plain, saliency ? 0.25 : 1);
    if (saliency) layer(saliency, accent, 1);
  }

  function bars(list, probs) {
    while (list.children.length < probs.length) list.append(document.createElement("li"));
    probs.forEach((p, value) => list.children[value].style.setProperty("--p", p));
  }

  function example({ digit_probs: digits, sum_probs: sums, number }) {
    const likely = digits ? digits.map((p, digit) => [p, digit]).sort((a, b) => b[0] - a[0]).slice(0, 3) : Array(3).fill([]);
    const rows = likely.map(([p, digit]) =>
      digit === undefined
        ? [`? + ${number} = ?`, "–", "–"]
        : [`${digit} + ${number} = ${digit + number}`, percent(p), percent(sums[digit + number])],
    );
    find("tbody").replaceChildren(
      ...rows.map((cells) => {
        const row = document.createElement("tr");
        cells.forEach((text) => (row.insertCell().textContent = text));
        return row;
      }),
    );
  }

  async function ask() {
    if (button.getAttribute("aria-disabled") === "true") return;
    const asked = reading;
    line.textContent = "Asking…";
    const answer = await explain().catch(() => null);
    if (asked !== reading) return; // drawn on since: the map would be of another drawing
    if (!answer?.saliency) return void (line.textContent = "No answer. Try again.");
    paint(map, answer.image, answer.saliency);
    line.textContent = `What made it a ${answer.digit}: the stronger the colour, the more that ink counted.`;
    map.setAttribute("aria-label", `Your drawing, coloured where the ink spoke for a ${answer.digit}`);
  }

  panel.addEventListener("toggle", () => panel.open && illustrate());
  button.addEventListener("click", ask);
  return { show };
}
