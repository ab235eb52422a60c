// The reading as a picture to keep: drawing, equation and both distributions in the page's own colours.
function pictureOf(root, pad, reading, percent) {
  const [WIDTH, HEIGHT, EDGE] = [1200, 630, 60];
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const ink = canvas.getContext("2d");
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = (size, weight = 400) => (ink.font = `${weight} ${size}px ${style.fontFamily}`);
  const { digit, number, sum } = reading;
  const side = HEIGHT - 2 * EDGE;
  const left = side + 2 * EDGE;
  const column = (WIDTH - EDGE - left) / 19;

  ink.fillStyle = colour("--paper");
  ink.fillRect(0, 0, WIDTH, HEIGHT);
  ink.strokeStyle = colour("--line");
  ink.lineWidth = 2;
  ink.beginPath();
  ink.roundRect(EDGE, EDGE, side, side, 24);
  ink.stroke();
  ink.save();
  ink.clip();
  ink.translate(EDGE, EDGE);
  pad.paint(ink, side, style.color);
  ink.restore();

  ink.textBaseline = "top";
  ink.textAlign = "left";
  font(88, 500);
  let x = left;
  for (const [text, accent] of [[`${digit} + ${number} = `, false], [String(sum), true]]) {
    ink.fillStyle = accent ? colour("--accent") : style.color;
    ink.fillText(text, x, EDGE);
    x += ink.measureText(text).width;
  }
  font(26);
  ink.fillStyle = colour("--quiet");
  ink.fillText(`${percent(reading.digit_probs[digit])} sure`, left, EDGE + 112);

  ink.textAlign = "center";
  ink.textBaseline = "alphabetic";
  for (const [probs, shift, base, top] of [[reading.digit_probs, number, 385, digit], [reading.sum_probs, 0, 540, sum]]) {
    probs.forEach((p, value) => {
      const middle = left + (value + shift + 0.5) * column;
      ink.fillStyle = colour("--accent");
      ink.globalAlpha = value === top ? 1 : 0.4;
      ink.fillRect(middle - 0.38 * column, base - 110 * p, 0.76 * column, 110 * p);
      ink.globalAlpha = 1;
      ink.fillStyle = colour("--line");
      ink.fillRect(middle - 0.5 * column, base, column, 2);
      font(18, value === top ? 700 : 400);
      ink.fillStyle = colour(value === top ? "--accent" : "--quiet");
      ink.fillText(value, middle, base + 28);
    });
  }
  return canvas.convertToBlob({ type: "image/png" });
}
