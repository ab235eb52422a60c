// A drawing and its number as the fragment of a link, which no server sees, and back: '#1.<number>.<bytes in base64url>'. For each
// stroke: how many points it has, then the steps from point to point, in 500ths of the pad. A small step takes one byte.
const GRID = 500;

export function writeLink({ scale }, strokes, number) {
  const unit = scale / GRID;
  const bytes = [];
  const put = (value) => {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128);
    bytes.push(rest);
  };
  let [x, y] = [0, 0];
  for (const stroke of strokes) {
    put(stroke.length);
    for (const point of stroke) {
      const [left, top] = point.map((value) => Math.round(value / unit));
      put(left - x);
      put(top - y);
      [x, y] = [left, top];
    }
  }
  const text = btoa(String.fromCharCode(...bytes));
  return `#1.${number}.${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

// {strokes, number}, or null for what `writeLink` never wrote.
export function readLink({ scale, points: most }, fragment) {
  const unit = scale / GRID;
  const longest = Math.ceil((6 * most * 4) / 3); // characters, 4 for 3 bytes; at most a count and two steps a point, 2 bytes each
  const [, number, text] = /^#1\.([0-9])\.([\w-]{3,})$/.exec(fragment) ?? [];
  if (!text || text.length > longest || text.length % 4 === 1) return null;
  const bytes = Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  let at = 0;
  const take = () => {
    let [value, shift] = [0, 0];
    do {
      if (at === bytes.length || shift > 14) return NaN;
      value |= (bytes[at] & 127) << shift;
      shift += 7;
    } while (bytes[at++] & 128);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  const strokes = [];
  let [x, y, points] = [0, 0, 0];
  while (at < bytes.length) {
    const count = take();
    points += count;
    if (!(count > 0 && points <= most)) return null;
    const stroke = [];
    while (stroke.length < count) {
      x += take();
      y += take();
      if (!(x >= 0 && x <= GRID && y >= 0 && y <= GRID)) return null; // false for NaN
      stroke.push([x * unit, y * unit]);
    }
    strokes.push(stroke);
  }
  return { strokes, number: Number(number) };
}
