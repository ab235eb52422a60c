// Strokes -> the image that the network sees, by the rule of adder/drawing/: specks far away are left out, the strokes become
// curves, a round pen draws them in a box of 20 px at 16 times the image's resolution, and their mass goes to the middle.
// `settings` are those of network.bin.
import { boxOf, extentOf } from "../bounding_box.js";
import { curve } from "../curve.js";
import { drawThickLine, roundToEven } from "./thick_lines.js";

const OVERSAMPLE = 2; // of the ink, at `fine` times the image's resolution

/**
 * @param {number[][][]} strokes points [x, y] in any unit, x right, y down, finite
 * @returns {Float32Array | null} 28 x 28 rows of 0 paper to 1 ink; null for a blank drawing and for one of size 0
 */
export function strokesImage(strokes, settings) {
  const drawn = strokes.filter((stroke) => stroke.length > 0);
  if (!drawn.length || extentOf(drawn.flat()) === 0) return null;
  return centred(inkOf(withoutFarSpecks(drawn, settings.specks), settings), settings.image);
}

// The strokes without accidental taps; without_far_specks in strokes.py says which stay.
function withoutFarSpecks(strokes, { size: smallest, distance, upright }) {
  const sizes = strokes.map(extentOf);
  const largest = Math.max(...sizes);
  const isSpeck = sizes.map((size) => size <= smallest * largest);
  if (strokes.length < 2 || !isSpeck.includes(true) || !isSpeck.includes(false)) return strokes;
  const [left, top, right, bottom] = boxOf(strokes.filter((_, i) => !isSpeck[i]).flat());
  const [width, height] = [right - left, bottom - top];
  const size = Math.max(width, height);
  if (size < extentOf(strokes.flat()) / 4) return strokes;
  const outside = (x, low, high) => x - Math.min(Math.max(x, low), high);
  return strokes.filter((stroke, i) => {
    if (!isSpeck[i]) return true;
    const [l, t, r, b] = boxOf(stroke);
    const [x, y] = [outside((l + r) / 2, left, right), outside((t + b) / 2, top, bottom)];
    const isBelow = y > 0 && y <= height && Math.abs(x) <= upright * height;
    return Math.hypot(x, y) <= distance * size || (isBelow && width <= upright * height);
  });
}

// Points on the curves, at most a piece apart, where the curve bends.
function alongCurves(strokes, { curve: shape, pieces: { gap, most, straight } }) {
  const lengthsOf = (stroke) => stroke.slice(1).map(([x, y], i) => Math.hypot(x - stroke[i][0], y - stroke[i][1]));
  const lengths = strokes.map(lengthsOf);
  const total = lengths.flat().reduce((sum, length) => sum + length, 0);
  const piece = Math.max(gap * extentOf(strokes.flat()), total / most);
  return strokes.map((stroke, index) => {
    const beziers = curve(stroke, shape);
    return stroke.flatMap(([x, y], i) => {
      const length = lengths[index][i] ?? 0;
      if (length <= piece) return [[x, y]];
      const [x1, y1, x2, y2, x3, y3] = beziers[i];
      const [dx, dy] = [x3 - x, y3 - y];
      // the sine between the chord and the curve at either end, as a Bézier's inner points are a third of the chord away
      const sine = (u, v) => Math.abs((dx * v - dy * u) / length / (length / 3));
      if (Math.max(sine(x1 - x, y1 - y), sine(x3 - x2, y3 - y2)) <= straight) return [[x, y]];
      const count = Math.ceil(length / piece);
      return Array.from({ length: count }, (_, k) => {
        const [t, s] = [k / count, 1 - k / count];
        const at = (a, b, c, d) => s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
        return [at(x, x1, x2, x3), at(y, y1, y2, y3)];
      });
    });
  });
}

// Ink at `fine` times the image's resolution, anti-aliased.
function inkOf(strokes, settings) {
  const { side, box, pen, fine } = settings.image;
  const lines = alongCurves(strokes, settings);
  const [left, top, right, bottom] = boxOf(lines.flat());
  const span = Math.max(right - left, bottom - top);
  const scale = span > 0 ? Math.max(box * fine - pen * fine, 0) / span : 0;
  const size = side * fine;
  const canvas = { side: size * OVERSAMPLE, values: new Uint8Array((size * OVERSAMPLE) ** 2) };
  const middle = [(left + right) / 2, (top + bottom) / 2];
  const toCanvas = (x, axis) => roundToEven((((x - middle[axis]) * scale + size / 2) * OVERSAMPLE - 0.5) * settings.subpixels);
  const wide = 2 * roundToEven((pen * fine * OVERSAMPLE - 1) / 2); // OpenCV draws an even pen one px wider
  for (const line of lines) drawThickLine(canvas, line.map((point) => point.map(toCanvas)), wide, settings.subpixels);
  return shrunk(canvas, OVERSAMPLE, (mean) => Math.floor(mean + 0.5));
}

// Each `factor` x `factor` pixels become their rounded mean. OpenCV rounds halves up where it takes the mean of four, else to even.
function shrunk({ side, values }, factor, round) {
  const small = side / factor;
  const result = new Uint8Array(small * small);
  for (let y = 0; y < small; y++) {
    for (let x = 0; x < small; x++) {
      let sum = 0;
      for (let dy = 0; dy < factor; dy++) {
        const row = (y * factor + dy) * side + x * factor;
        for (let dx = 0; dx < factor; dx++) sum += values[row + dx];
      }
      result[y * small + x] = round(sum / (factor * factor));
    }
  }
  return { side: small, values: result };
}

// The image with the ink's mass in the middle. The middle of the ink's box moves by at most the margin around the box.
function centred(ink, { side, box, fine }) {
  const { side: size, values } = ink;
  let [left, top, right, bottom, mass, massX, massY] = [size, size, -1, -1, 0, 0, 0];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const value = values[y * size + x];
      if (value === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      mass += value;
      massX += value * x;
      massY += value * y;
    }
  }
  const margin = Math.floor((side - box) / 2) * fine;
  const start = (length, middle) => {
    const free = size - length;
    const half = Math.floor(free / 2);
    const wanted = roundToEven(size / 2 - middle - 0.5);
    return Math.min(Math.max(wanted, Math.max(0, half - margin)), Math.min(free, half + margin));
  };
  const x = start(right - left + 1, massX / mass - left);
  const y = start(bottom - top + 1, massY / mass - top);
  const canvas = { side: size, values: new Uint8Array(size * size) };
  for (let row = top; row <= bottom; row++)
    canvas.values.set(values.subarray(row * size + left, row * size + right + 1), (y + row - top) * size + x);
  return Float32Array.from(shrunk(canvas, fine, roundToEven).values, (grey) => grey / 255);
}
