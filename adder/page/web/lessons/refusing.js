// How much the drawing is like a digit, beside the least that a digit needs; and drawings that are none, to try.
function refusingLesson(item, pad, threshold) {
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
    const told = state === "empty" ? "Nothing drawn yet" : `Your drawing: ${percent(score)} like a digit`;
    gauge.setAttribute("aria-label", `${told}. The line is at ${percent(threshold)}`);
  }

  item.querySelector(".try").append(...Object.entries(NO_DIGITS).map(([name, strokes]) => pressable(name, () => pad.show(strokes))));
  return { show };
}
