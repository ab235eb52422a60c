// Pixels on a canvas, in the panel's colours, and a pointer or an arrow key on them.
function newCanvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

// Any CSS colour as [red, green, blue].
function rgbOf(colour) {
  const context = newCanvas(1, 1).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// The panel's colours as they are now, light or dark: of text, of what is for something, and of what is against it.
export function coloursOf(panel) {
  const style = getComputedStyle(panel);
  const colour = (name) => rgbOf(style.getPropertyValue(name).trim());
  return { plain: rgbOf(style.color), plus: colour("--accent"), minus: colour("--against") };
}

// Values from -1 to 1 as pixels; `layers` [[valueAt(x, y), colour above 0, colour below 0], ...], each over the one before.
export function paintValues(canvas, width, height, layers) {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  for (const [valueAt, plus, minus] of layers) {
    const layer = newCanvas(width, height);
    const data = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      const value = valueAt(i % width, Math.floor(i / width));
      data.data.set([...(value < 0 ? minus : plus), 255 * Math.min(1, Math.abs(value))], 4 * i);
    }
    layer.getContext("2d").putImageData(data, 0, 0);
    context.drawImage(layer, 0, 0);
  }
}

// An image's 784 grey values in the text colour; with `over`, that in the accent colour, and the image pale below it.
export function paintImage(canvas, image, over = null) {
  const { plain, plus, minus } = coloursOf(canvas);
  const layer = (greys, colour, share) => [(x, y) => (share * greys[28 * y + x]) / 255, colour, minus];
  paintValues(canvas, 28, 28, [...(image ? [layer(image, plain, over ? 0.25 : 1)] : []), ...(over ? [layer(over, plus, 1)] : [])]);
}

// Which of a canvas's 28 x 28 pixels a pointer is at. It may be outside them.
export function pixelAt(canvas, event) {
  const { left, top, width } = canvas.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top].map((distance) => Math.floor((28 * distance) / width));
}

// Where an arrow key leads from a pixel, or null for another key.
export function pixelBeside(at, { key }) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  return step ? onGrid(at.map((place, axis) => place + step[axis])) : null;
}

export const onGrid = (at) => at.map((place) => Math.min(Math.max(place, 0), 27));
