// A reading in words, for the page and for a screen reader.
export const percent = (p) => (p > 0.99 ? "over 99 %" : p < 0.01 ? "under 1 %" : `${Math.round(100 * p)} %`); // no network is ever 100 % sure

// A label as a name: a digit, or null for no digit.
export const labelName = (label) => (label === null ? "no digit" : String(label));
export const yourLabel = (label) => (label === null ? "no digit" : `your ${label}`);

// The line below the equation.
export function inWords({ state, digit, unsure, digit_probs: probs }) {
  if (state === "refused") return `Not a digit. The closest would be ${digit}.`;
  if (unsure === null) return `${percent(probs[digit])} sure`;
  return `${digit} (${percent(probs[digit])}) or ${unsure} (${percent(probs[unsure])})?`;
}

// What a screen reader says.
export function aloud({ state, digit, number, sum, unsure }) {
  if (state === "refused") return "That does not look like a digit.";
  if (state !== "digit") return "";
  return `${digit} plus ${number} is ${sum}.${unsure === null ? "" : ` The digit could also be a ${unsure}.`}`;
}
