// The drawing on a canvas: pointers draw on it, and it is painted again when it changes or its size does.
import { curve } from "./curve.js";
import { newDrawing } from "./drawing.js";
import { followPointers } from "./pointers.js";

export function drawingPad(canvas, settings, changed) {
  const context = canvas.getContext("2d");
  const drawing = newDrawing(settings, (event) => {
    repaint();
    changed(event);
  });
  let frame = 0;

  function repaint() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      context.clearRect(0, 0, canvas.width, canvas.height);
      paint(context, canvas.width, "#1c1c1c"); // the dark theme inverts the canvas
    });
  }

  // The drawing on any canvas, in a square of this side at its origin.
  function paint(context, side, colour) {
    if (drawing.photo) return paintPhoto(context, side, colour, drawing.photo);
    const unit = side / settings.scale;
    context.lineWidth = side * 0.05;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = colour;
    for (const stroke of drawing.strokes) {
      const points = stroke.map(([x, y]) => [x * unit, y * unit]);
      const [x, y] = points.at(-1);
      context.beginPath();
      context.moveTo(...points[0]);
      for (const piece of curve(points, settings.curve)) context.bezierCurveTo(...piece);
      context.lineTo(x + 0.01, y); // a line of no length would draw no dot
      context.stroke();
    }
  }

  followPointers(canvas, drawing.pen);

  new ResizeObserver(() => {
    const side = Math.round(canvas.getBoundingClientRect().width * devicePixelRatio);
    if (side && side !== canvas.width) {
      canvas.width = canvas.height = side;
      repaint();
    }
  }).observe(canvas);

  return { drawing, paint };
}

function paintPhoto(context, side, colour, photo) {
  const [width, height] = [photo[0].length, photo.length];
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [width, height];
  const layer = picture.getContext("2d");
  const pixels = layer.createImageData(width, height);
  photo.flat().forEach((value, i) => (pixels.data[4 * i + 3] = value));
  layer.putImageData(pixels, 0, 0);
  layer.globalCompositeOperation = "source-in";
  layer.fillStyle = colour;
  layer.fillRect(0, 0, width, height);
  const unit = (0.7 * side) / Math.max(width, height);
  context.drawImage(picture, (side - width * unit) / 2, (side - height * unit) / 2, width * unit, height * unit);
}
