// The box around points [x, y]: [left, top, right, bottom].
export function boxOf(points) {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// The longer side of that box.
export function extentOf(points) {
  const [left, top, right, bottom] = boxOf(points);
  return Math.max(right - left, bottom - top);
}
