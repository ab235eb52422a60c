// The curve through a stroke's points [x, y], as the network reads it (adder/drawing/curves.py, which holds the settings): for
// each chord the six numbers of a bezierCurveTo. Its directions follow the circle through three points; a sharp turn is a corner.
export function curve(points, { roundness, bends: [least, most], beside }) {
  const chords = points.slice(1).map(([x, y], i) => [x - points[i][0], y - points[i][1]]);
  const lengths = chords.map(([x, y]) => Math.hypot(x, y));
  const along = chords.map(([x, y], i) => [x / (lengths[i] || 1), y / (lengths[i] || 1)]);
  const dot = (u, v) => u[0] * v[0] + u[1] * v[1];
  const cross = (u, v) => u[0] * v[1] - u[1] * v[0];
  const cosines = along.slice(1).map((after, i) => dot(along[i], after));
  const sides = along.slice(1).map((after, i) => Math.sign(cross(along[i], after)));
  const bends = sides.map((side, i) => (cosines[i] > least && cosines[i] < most ? side : 0));
  const inner = along.slice(1).map((after, i) => {
    const before = along[i];
    const direction = [0, 1].map((axis) => before[axis] * lengths[i + 1] + after[axis] * lengths[i]);
    const isBeside = sides[i] === (bends[i - 1] ?? 0) || sides[i] === (bends[i + 1] ?? 0);
    const round = Math.min(Math.max(roundness * (cosines[i] + beside * isBeside), 0), 1);
    const scale = round / (Math.hypot(...direction) || 1);
    return [direction[0] * scale, direction[1] * scale];
  });
  const mirrored = (v, u) => [0, 1].map((axis) => 2 * dot(u, v) * u[axis] - v[axis]);
  const straight = [0, 0];
  const first = chords.length && mirrored(inner[0] ?? straight, along[0]);
  const last = chords.length && mirrored(inner.at(-1) ?? straight, along.at(-1));
  const directions = [first, ...inner, last];
  return chords.map((_, i) => {
    const [[x, y], [endX, endY]] = [points[i], points[i + 1]];
    const third = lengths[i] / 3;
    return [
      x + third * directions[i][0], y + third * directions[i][1],
      endX - third * directions[i + 1][0], endY - third * directions[i + 1][1],
      endX, endY,
    ];
  });
}
