// How the network read the drawing before its training, after some steps and at the end, and how often it was right then.
import { coloursOf, paintValues } from "./canvas.js";
import { evenly, polyline, smallBars } from "./charts.js";

export function trainingStepsLesson(item) {
  const find = (selector) => item.querySelector(selector);
  const slider = find("input");
  let snapshots = null;
  let readings = null; // of the drawing, one for each snapshot

  function take(answer) {
    if (!answer.snapshots.length) {
      find(".well").textContent = "This server cannot load the networks of that time.";
      return find(".picture").replaceChildren(find(".well"));
    }
    const isFirst = !snapshots;
    ({ snapshots, readings = null } = answer);
    slider.max = snapshots.length - 1;
    if (isFirst) slider.value = slider.max;
    show();
  }

  function show() {
    if (!snapshots) return;
    const now = snapshots[slider.value];
    slider.style.setProperty("--number", (9 * slider.value) / (slider.max || 1)); // like the track of the number's slider
    const [digits, sums] = readings?.[slider.value] ?? [evenly(10), Array(19).fill(0)];
    smallBars(find(".digits-then"), digits);
    smallBars(find(".sums-then"), sums);
    const [steps, times] = [now.step.toLocaleString("en"), Math.round(now.epoch)];
    const seen = now.epoch < 1 ? "" : `, when it had seen everything ${times === 1 ? "once" : `${times} times`}`;
    find(".when").textContent = now.step === 0 ? "Before the first step" : `After ${steps} steps${seen}`;
    slider.setAttribute("aria-valuetext", find(".when").textContent);
    const outOf = (share) => (100 * share).toFixed(share > 0.99 ? 1 : 0);
    find(".well").textContent = `Of 100 new images, it read ${outOf(now.digit_accuracy)} digits and ${outOf(now.sum_accuracy)} sums right.`;
    showCurve(now);
    showTable(now.table);
  }

  function showCurve(now) {
    const line = (of, kind) => polyline(snapshots.map((each) => each[of]), kind);
    const mark = (100 * snapshots.indexOf(now)) / Math.max(1, snapshots.length - 1);
    find(".curve").innerHTML = `<line x1="${mark}" x2="${mark}" y1="0" y2="60" />${line("digit_accuracy", "plus")}${line("sum_accuracy", "minus")}`;
    find(".curve").setAttribute("aria-label", `Right answers over time; now digit ${Math.round(100 * now.digit_accuracy)} %, sum ${Math.round(100 * now.sum_accuracy)} %`);
  }

  function showTable(rows) {
    const canvas = find(".table");
    const { plus } = coloursOf(item);
    paintValues(canvas, 10, 10, [[(x, y) => rows[y][x], plus, plus]]);
    const sure = rows.filter((row, number) => row[number] > 0.5).length;
    canvas.setAttribute("aria-label", `What each number adds: ${sure} of 10 are right`);
  }

  slider.addEventListener("input", show);
  return { question: () => ({ lesson: "training_steps" }), take };
}
