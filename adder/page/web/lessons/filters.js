// The filters, and the map that each makes from the drawing. For one pixel of one map: the patch, the filter and the sum. Then the deeper maps.
import { newButton } from "../button.js";
import { coloursOf, onGrid, paintValues, pixelAt, pixelBeside } from "./canvas.js";
import { bytesOf, floatsOf, rounded, signed, wordsOf } from "./numbers.js";

export function filtersLesson(item) {
  const [MEAN, SPREAD] = [0.1307, 0.3081]; // of MNIST's pixels: the network sees how far a pixel is from the mean
  const find = (selector) => item.querySelector(selector);
  const map = find(".map");
  let answer = null; // decoded
  let chosen = 0; // filter
  let at = null; // [x, y]; null: where the chosen map is strongest

  function decode({ stem: { shape, data }, filters: text, pixels, middle, last }) {
    const [count] = shape;
    const filters = floatsOf(text);
    return { count, filters, pixels: wordsOf(pixels), stem: bytesOf(data), side: Math.sqrt(filters.length / count), middle, last };
  }

  const strength = (filter, x, y) => (answer.stem[784 * filter + 28 * y + x] - 128) / 127;
  const seen = (x, y) => (x < 0 || y < 0 || x > 27 || y > 27 ? 0 : (answer.pixels[28 * y + x] / 65535 - MEAN) / SPREAD);
  const weight = (filter, i) => answer.filters[filter * answer.side ** 2 + i];
  const largest = (filter) => Math.max(...Array.from({ length: answer.side ** 2 }, (_, i) => Math.abs(weight(filter, i))));

  function strongest() {
    const places = Array.from({ length: 784 }, (_, i) => [Math.abs(strength(chosen, i % 28, Math.floor(i / 28))), i]);
    const [, i] = places.reduce((one, other) => (other[0] > one[0] ? other : one));
    return [i % 28, Math.floor(i / 28)];
  }

  function take(sent) {
    item.classList.toggle("nothing", sent.state === "empty");
    if (sent.state === "empty") return void (answer = null);
    answer = decode(sent);
    const { plus, minus, plain } = coloursOf(item);
    const maps = find(".maps");
    while (maps.children.length < answer.count) maps.append(filterButton(maps.children.length));
    [...maps.children].forEach((button, filter) => {
      const [picture, small] = button.querySelectorAll("canvas");
      paintValues(picture, 28, 28, [[(x, y) => strength(filter, x, y), plus, minus]]);
      paintValues(small, answer.side, answer.side, [[(x, y) => weight(filter, y * answer.side + x) / largest(filter), plus, minus]]);
    });
    sheet(find(".middle"), answer.middle, 12, plain);
    sheet(find(".last"), answer.last, 22, plain);
    look();
  }

  // All maps of a stage side by side.
  function sheet(canvas, { shape: [count, side], data }, columns, colour) {
    const values = bytesOf(data);
    const step = side + 1;
    const valueAt = (x, y) => {
      const index = Math.floor(y / step) * columns + Math.floor(x / step);
      const [inX, inY] = [x % step, y % step];
      if (inX === side || inY === side || index >= count) return inX === side || inY === side ? 0.15 : 0;
      return values[index * side * side + inY * side + inX] / 255;
    };
    paintValues(canvas, columns * step - 1, Math.ceil(count / columns) * step - 1, [[valueAt, colour, colour]]);
  }

  function filterButton(filter) {
    const button = newButton("", () => {
      [chosen, at] = [filter, null];
      look();
    });
    button.setAttribute("aria-label", `Filter ${filter + 1}`);
    button.append(document.createElement("canvas"), document.createElement("canvas"));
    return button;
  }

  function look() {
    if (!answer) return;
    const { plus, minus } = coloursOf(item);
    [...find(".maps").children].forEach((button, filter) => button.setAttribute("aria-pressed", filter === chosen));
    const [x, y] = at ?? strongest();
    const { side } = answer;
    const half = (side - 1) / 2;
    paintValues(map, 28, 28, [[(column, row) => strength(chosen, column, row), plus, minus]]);
    const frame = find(".easel i").style;
    for (const [name, value] of [["--x", x - half], ["--y", y - half], ["--wide", side]]) frame.setProperty(name, value);
    const patch = Array.from({ length: side ** 2 }, (_, i) => seen(x + (i % side) - half, y + Math.floor(i / side) - half));
    const filter = patch.map((_, i) => weight(chosen, i));
    const products = patch.map((value, i) => value * filter[i]);
    grid(find(".patch"), patch, 2.83, "The patch of the drawing");
    grid(find(".filter"), filter, largest(chosen), "The filter");
    grid(find(".products"), products, Math.max(...products.map(Math.abs), 1e-6), "Patch times filter");
    const sum = products.reduce((one, other) => one + other, 0);
    item.dataset.sum = sum;
    Object.assign(item.dataset, { filter: chosen, x, y });
    find(".written").textContent = `Filter ${chosen + 1}, pixel ${x + 1} from the left, ${y + 1} from the top: the ${side ** 2} products add up to ${signed(sum, 2)}.`;
  }

  function grid(place, values, most, name) {
    place.style.setProperty("--side", answer.side);
    while (place.children.length < values.length) place.append(document.createElement("i"));
    values.forEach((value, i) => {
      place.children[i].textContent = rounded(value, 1).replace("0.", ".");
      place.children[i].style.setProperty("--v", `${Math.round((45 * Math.min(1, Math.abs(value) / most)))}%`);
      place.children[i].classList.toggle("below", value < 0);
    });
    place.setAttribute("aria-label", `${name}: ${values.map((value) => value.toFixed(1)).join(" ")}`);
  }

  function move(to) {
    at = to;
    look();
  }

  for (const type of ["pointermove", "pointerdown"]) map.addEventListener(type, (event) => move(onGrid(pixelAt(map, event))));
  map.addEventListener("keydown", (event) => {
    const to = answer && pixelBeside(at ?? strongest(), event);
    if (!to) return;
    event.preventDefault();
    move(to);
  });

  return { question: () => ({ lesson: "explanation" }), take };
}
