// Thick lines, pixel for pixel as OpenCV's polylines draws them without anti-aliasing (its ThickLine, FillConvexPoly, Line2 and
// Circle), so that the browser's ink is Python's. All of the ink must lie inside the canvas.
const BITS = 16; // coordinates here are whole 1 / 65536 px, as in OpenCV
const ONE = 2 ** BITS;
const HALF = ONE / 2;
const MAGIC = 1.5 * 2 ** 52; // beside it, a double holds no fraction

/** Rounds to a whole number, halves to the even one, as NumPy and OpenCV round. */
export const roundToEven = (x) => x + MAGIC - MAGIC;

const toPixel = (x) => (x + HALF) >> BITS;

/**
 * Draws the line through `points` with a round pen.
 * @param {{ side: number, values: Uint8Array }} canvas side x side pixels; the line's become 255
 * @param {number[][]} points whole numbers [x, y], in 1 / subpixels px
 * @param {number} pen its width, an even number of px
 */
export function drawThickLine(canvas, points, pen, subpixels) {
  const scaled = points.map((point) => point.map((x) => x * (ONE / subpixels)));
  scaled.forEach(([x, y], i) => {
    if (i) fillBar(canvas, scaled[i - 1], scaled[i], pen);
    fillDisc(canvas, toPixel(x), toPixel(y), pen / 2);
  });
}

// The rectangle around the line from one point to the next.
function fillBar(canvas, [x0, y0], [x1, y1], pen) {
  const [dx, dy] = [(x0 - x1) / ONE, (y1 - y0) / ONE];
  const length = Math.sqrt(dx * dx + dy * dy);
  if (length === 0) return;
  const reach = (pen * HALF) / length;
  const [right, down] = [roundToEven(dy * reach), roundToEven(dx * reach)];
  const corners = [[x0 + right, y0 + down], [x0 - right, y0 - down], [x1 - right, y1 - down], [x1 + right, y1 + down]];
  corners.forEach((corner, i) => drawEdge(canvas, corners.at(i - 1), corner));
  fillInside(canvas, corners);
}

// A line one pixel wide: a pixel in each column, or, where it is steep, in each row.
function drawEdge({ side, values }, start, end) {
  const isSteep = Math.abs(end[0] - start[0]) <= Math.abs(end[1] - start[1]);
  const [along, across] = isSteep ? [1, 0] : [0, 1];
  const [stepAlong, stepAcross] = isSteep ? [side, 1] : [1, side];
  const [from, to] = start[along] <= end[along] ? [start, end] : [end, start];
  const length = to[along] - from[along];
  const slope = Math.trunc(((to[across] - from[across]) * ONE) / (length | 1));
  values[toPixel(to[along]) * stepAlong + toPixel(to[across]) * stepAcross] = 255;
  let place = toPixel(from[along]) * stepAlong;
  let offset = from[across] + HALF;
  for (let left = length >> BITS; left >= 0; left--) {
    values[place + (offset >> BITS) * stepAcross] = 255;
    place += stepAlong;
    offset += slope;
  }
}

// Row by row between two sides, which start at the highest corner and go around it either way.
function fillInside({ side, values }, corners) {
  const rows = corners.map(([, y]) => toPixel(y));
  const top = corners.reduce((best, [, y], i) => (y < corners[best][1] ? i : best), 0);
  const bottom = Math.max(...rows);
  const sides = [1, 3].map((turn) => ({ turn, corner: top, end: rows[top], x: -ONE, slope: 0 }));
  let edges = 4;
  for (let y = rows[top]; y <= bottom; y++) {
    for (const each of sides) {
      if (y < each.end) continue;
      for (let from = each.corner; edges-- > 0; ) {
        const to = (from + each.turn) % 4;
        if (rows[to] > y) {
          const height = rows[to] - y;
          const [start, end] = [corners[from][0], corners[to][0]];
          Object.assign(each, { corner: to, end: rows[to], x: start, slope: Math.trunc(((end - start) * 2 + height) / (2 * height)) });
          break;
        }
        from = to;
      }
    }
    const [left, right] = sides[0].x > sides[1].x ? [sides[1].x, sides[0].x] : [sides[0].x, sides[1].x];
    if (right >= 0) values.fill(255, y * side + Math.max(toPixel(left), 0), y * side + toPixel(right) + 1); // else no row lies between
    for (const each of sides) each.x += each.slope;
  }
}

function fillDisc({ side, values }, x, y, radius) {
  const row = (offset, reach) => values.fill(255, (y + offset) * side + x - reach, (y + offset) * side + x + reach + 1);
  let [wide, narrow, error] = [radius, 0, 0];
  while (wide >= narrow) {
    for (const sign of [-1, 1]) {
      row(sign * narrow, wide);
      row(sign * wide, narrow);
    }
    narrow += 1;
    error += 2 * narrow - 1;
    if (error > 0) {
      error -= 2 * wide - 1;
      wide -= 1;
    }
  }
}
