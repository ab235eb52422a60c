// Numbers from the server as arrays, and numbers as text, bars and curves.
export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
export const wordsOf = (text) => new Uint16Array(bytesOf(text).buffer);

export const evenly = (count) => Array(count).fill(1 / count);
export const rounded = (value, places) => (Math.abs(value) < 0.5 * 10 ** -places ? "0" : value.toFixed(places).replace("-", "−"));
export const signed = (value, places) => (value > 0 && rounded(value, places) !== "0" ? "+" : "") + rounded(value, places);

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
