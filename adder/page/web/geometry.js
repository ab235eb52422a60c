// Points [x, y], the lines between them, and strokes, in any unit.
const between = (a, b, share) => [0, 1].map((axis) => a[axis] + share * (b[axis] - a[axis]));

// The part of the line from a to b that lies in a square of this side, and whether it comes from outside; null for none.
export function insideSquare(side, a, b) {
  let [enter, leave] = [0, 1];
  for (const axis of [0, 1]) {
    const length = b[axis] - a[axis];
    if (length === 0 && (a[axis] < 0 || a[axis] > side)) return null;
    if (length === 0) continue;
    const [near, far] = [-a[axis] / length, (side - a[axis]) / length].sort((one, other) => one - other);
    [enter, leave] = [Math.max(enter, near), Math.min(leave, far)];
  }
  return enter < leave ? { from: between(a, b, enter), to: between(a, b, leave), enters: enter > 0 } : null;
}

// Whether the line from a to b comes nearer to the stroke than `reach`.
export function isTouched(stroke, a, b, reach) {
  const steps = Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / reach) || 1;
  const places = Array.from({ length: steps + 1 }, (_, i) => between(a, b, i / steps));
  return stroke.some((end, i) => places.some((place) => distance(place, stroke[Math.max(0, i - 1)], end) < reach));
}

function distance([x, y], a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const share = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy || 1);
  const [left, top] = between(a, b, Math.min(Math.max(share, 0), 1));
  return Math.hypot(left - x, top - y);
}
