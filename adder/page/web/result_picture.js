// The result as a picture to save: drawing, equation and both rows of bars, in the page's own colours.
import { percent } from "./phrases.js";

export function resultPicture(root, paint, reading) {
  const [WIDTH, HEIGHT, EDGE] = [1200, 630, 60];
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d");
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = (size, weight = 400) => (context.font = `${weight} ${size}px ${style.fontFamily}`);
  const { digit, number, sum } = reading;
  const side = HEIGHT - 2 * EDGE;
  const left = side + 2 * EDGE;
  const column = (WIDTH - EDGE - left) / 19;

  context.fillStyle = colour("--paper");
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.strokeStyle = colour("--line");
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(EDGE, EDGE, side, side, 24);
  context.stroke();
  context.save();
  context.clip();
  context.translate(EDGE, EDGE);
  paint(context, side, style.color);
  context.restore();

  context.textBaseline = "top";
  context.textAlign = "left";
  font(88, 500);
  let x = left;
  for (const [text, accent] of [[`${digit} + ${number} = `, false], [String(sum), true]]) {
    context.fillStyle = accent ? colour("--accent") : style.color;
    context.fillText(text, x, EDGE);
    x += context.measureText(text).width;
  }
  font(26);
  context.fillStyle = colour("--quiet");
  context.fillText(`${percent(reading.digit_probs[digit])} sure`, left, EDGE + 112);

  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const [probs, shift, base, top] of [[reading.digit_probs, number, 385, digit], [reading.sum_probs, 0, 540, sum]]) {
    probs.forEach((p, value) => {
      const middle = left + (value + shift + 0.5) * column;
      context.fillStyle = colour("--accent");
      context.globalAlpha = value === top ? 1 : 0.4;
      context.fillRect(middle - 0.38 * column, base - 110 * p, 0.76 * column, 110 * p);
      context.globalAlpha = 1;
      context.fillStyle = colour("--line");
      context.fillRect(middle - 0.5 * column, base, column, 2);
      font(18, value === top ? 700 : 400);
      context.fillStyle = colour(value === top ? "--accent" : "--quiet");
      context.fillText(value, middle, base + 28);
    });
  }
  return canvas.convertToBlob({ type: "image/png" });
}
