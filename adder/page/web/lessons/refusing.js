// How much the drawing is like a digit, and the limit below which the page refuses it; and drawings to try that are no digits.
import { newButton } from "../button.js";
import { percent } from "../phrases.js";

export function refusingLesson(item, drawing, threshold) {
  const NO_DIGITS = {
    "A heart": [[[5000, 8500], [2300, 5600], [1800, 4000], [2500, 2700], [3800, 2600], [5000, 3800], [6200, 2600], [7500, 2700], [8200, 4000], [7700, 5600], [5000, 8500]]],
    "A house": [[[2500, 8500], [2500, 4700], [5000, 2000], [7500, 4700], [7500, 8500], [2500, 8500]], [[2500, 4700], [7500, 4700]]],
    "An A": [[[2500, 8500], [5000, 1700], [7500, 8500]], [[3500, 6000], [6500, 6000]]],
    "A star": [[[5000, 1500], [7100, 8300], [1600, 4100], [8400, 4100], [2900, 8300], [5000, 1500]]],
  };
  const gauge = item.querySelector(".gauge");

  function show({ state, digit_score: score }) {
    gauge.style.setProperty("--least", threshold);
    gauge.style.setProperty("--score", score ?? 0);
    gauge.classList.toggle("nothing", state === "empty");
    const text = state === "empty" ? "Nothing drawn yet" : `Your drawing: ${percent(score)} like a digit`;
    gauge.setAttribute("aria-label", `${text}. The limit is at ${percent(threshold)}`);
  }

  item.querySelector(".try").append(...Object.entries(NO_DIGITS).map(([name, strokes]) => newButton(name, () => drawing.show(strokes))));
  return { show };
}
