// The points that each feature gives a digit: the longest bars for and against it, each with the part of the drawing that it comes from.
import { newButton } from "../button.js";
import { percent } from "../phrases.js";
import { coloursOf, paintValues } from "./canvas.js";
import { bytesOf, floatsOf, rounded, signed, wordsOf } from "./numbers.js";

export function votesLesson(item) {
  const SHOWN = 4; // for, and as many against
  const LEAST = 0.05; // points
  const find = (selector) => item.querySelector(selector);
  let answer = null;
  let chosen = null; // the digit that was chosen; null: the one that was read
  const buttons = Array.from({ length: 10 }, (_, digit) =>
    newButton(String(digit), () => {
      chosen = digit;
      show();
    }),
  );

  function take(sent, reading) {
    item.classList.toggle("nothing", sent.state === "empty");
    if (sent.state === "empty") return void (answer = chosen = null);
    if (answer && sent.digit !== answer.digit) chosen = null;
    const [count] = sent.last.shape;
    const [votes, maps, pixels] = [floatsOf(sent.votes), bytesOf(sent.last.data), wordsOf(sent.pixels)];
    answer = { ...sent, isCorrected: reading.digit !== sent.digit, count, votes, maps, pixels };
    show();
  }

  const pointsOf = (digit) => Array.from(answer.votes.subarray(digit * answer.count, (digit + 1) * answer.count));
  const scoreOf = (digit) => pointsOf(digit).reduce((one, other) => one + other, answer.rest[digit] + answer.start[digit]);

  function show() {
    if (!answer) return;
    const digit = chosen ?? answer.digit;
    buttons.forEach((button, value) => button.setAttribute("aria-pressed", value === digit));
    const points = pointsOf(digit);
    const order = points.map((_, feature) => feature).sort((one, other) => points[other] - points[one]);
    const shown = [...order.slice(0, SHOWN), ...order.slice(-SHOWN).reverse()].filter((feature, i) => (i < SHOWN ? 1 : -1) * points[feature] > LEAST);
    const longest = Math.max(...points.map(Math.abs));
    const colours = coloursOf(item);
    find(".votes").replaceChildren(...shown.map((feature) => row(feature, points[feature], longest, colours)));
    const scores = Array.from({ length: 10 }, (_, value) => scoreOf(value));
    const others = scores[digit] - answer.start[digit] - shown.reduce((sum, feature) => sum + points[feature], 0);
    const chance = 1 / scores.reduce((sum, score) => sum + Math.exp(score - scores[digit]), 0);
    item.dataset.score = scores[digit];
    find(".total").textContent = [
      `The other ${points.length - shown.length} features together: ${signed(others, 1)}.`,
      `To start with: ${signed(answer.start[digit], 1)}.`,
      `This makes ${rounded(scores[digit], 1)} points for the ${digit}.`,
      `Compared with the other digits' points, that is a chance of ${percent(chance)}.`,
      ...(answer.isCorrected ? ["Your corrections do not count here."] : []),
    ].join(" ");
  }

  function row(feature, points, longest, { plain, plus, minus }) {
    const made = document.createElement("li");
    const canvas = document.createElement("canvas");
    const bar = document.createElement("i");
    const text = document.createElement("span");
    const place = (x, y) => answer.maps[49 * feature + 7 * Math.floor(y / 4) + Math.floor(x / 4)] / 255;
    const strongest = Math.max(...answer.maps.subarray(49 * feature, 49 * feature + 49)) / 255 || 1;
    const colour = points < 0 ? minus : plus;
    paintValues(canvas, 28, 28, [
      [(x, y) => (0.6 * place(x, y)) / strongest, colour, colour],
      [(x, y) => (0.7 * answer.pixels[28 * y + x]) / 65535, plain, plain],
    ]);
    made.classList.toggle("minus", points < 0);
    made.style.setProperty("--p", Math.abs(points) / longest);
    made.dataset.points = points;
    text.textContent = signed(points, 1);
    text.setAttribute("aria-label", `Feature ${feature + 1}: ${signed(points, 1)} points`);
    made.append(canvas, bar, text);
    return made;
  }

  find(".digit-choice").append(...buttons);
  return { question: () => ({ lesson: "explanation" }), take };
}
