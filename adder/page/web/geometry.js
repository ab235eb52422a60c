// Points, ways from one to the next, and strokes, in whatever unit. Points are [x, y].
const along = (a, b, share) => [0, 1].map((axis) => a[axis] + share * (b[axis] - a[axis]));

// The part of the way from a to b that lies in a square of this side, and whether it comes from outside; null for none.
function within(side, a, b) {
  let [enter, leave] = [0, 1];
  for (const axis of [0, 1]) {
    const length = b[axis] - a[axis];
    if (length === 0 && (a[axis] < 0 || a[axis] > side)) return null;
    if (length === 0) continue;
    const [near, far] = [-a[axis] / length, (side - a[axis]) / length].sort((one, other) => one - other);
    [enter, leave] = [Math.max(enter, near), Math.min(leave, far)];
  }
  return enter < leave ? { from: along(a, b, enter), to: along(a, b, leave), enters: enter > 0 } : null;
}

// The longer side of the box around the points.
function extentOf(points) {
  const sides = [0, 1].map((axis) => points.map((point) => point[axis]));
  return Math.max(...sides.map((all) => Math.max(...all) - Math.min(...all)));
}

// Whether what goes from a to b comes nearer to the stroke than `reach`.
function isTouched(stroke, a, b, reach) {
  const steps = Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / reach) || 1;
  const places = Array.from({ length: steps + 1 }, (_, i) => along(a, b, i / steps));
  return stroke.some((end, i) => places.some((place) => distance(place, stroke[Math.max(0, i - 1)], end) < reach));
}

function distance([x, y], a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const share = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy || 1);
  const [left, top] = along(a, b, Math.min(Math.max(share, 0), 1));
  return Math.hypot(left - x, top - y);
}
