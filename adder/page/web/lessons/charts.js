// Shares as small bars, and as curves.
export const evenly = (count) => Array(count).fill(1 / count);

// Bars as list items, one for each share.
export function smallBars(list, probs) {
  while (list.children.length < probs.length) list.append(document.createElement("li"));
  probs.forEach((p, value) => list.children[value].style.setProperty("--p", p));
}

// A curve of shares in an SVG of 100 x 60.
export function polyline(shares, kind) {
  const points = shares.map((share, i) => `${(100 * i) / Math.max(1, shares.length - 1)},${58 - 56 * share}`);
  return `<polyline class="${kind}" points="${points.join(" ")}" />`;
}
