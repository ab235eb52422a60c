// A row of bars, one for each value, always in the same order. A bar shows its share when you point at it, tap it or, once the row
// has the focus, choose it with the arrow keys.
import { percent } from "./phrases.js";

export function barRow(row, count) {
  const columns = Array.from({ length: count }, (_, value) => {
    const column = document.createElement("li");
    column.append(document.createElement("i"), document.createElement("span"));
    column.lastChild.textContent = value;
    return column;
  });
  let top = -1;
  let chosen = -1;

  const choose = (value) => {
    chosen = value;
    columns.forEach((column, index) => column.classList.toggle("chosen", index === value));
  };

  function show(probs) {
    top = probs ? probs.indexOf(Math.max(...probs)) : -1;
    columns.forEach((column, value) => {
      column.style.setProperty("--p", probs ? probs[value] : 0);
      column.classList.toggle("top", value === top);
      column.firstChild.dataset.share = probs ? percent(probs[value]) : "";
    });
    const likely = probs?.map((p, value) => [p, value]).filter(([p]) => p >= 0.01).sort((a, b) => b[0] - a[0]).slice(0, 3);
    const text = likely?.map(([p, value]) => `${value} ${percent(p)}`).join(", ") || "nothing drawn yet";
    row.setAttribute("aria-label", `${row.dataset.name}: ${text}`);
  }

  row.querySelector("ol").append(...columns);
  row.addEventListener("focus", () => choose(top));
  row.addEventListener("click", (event) => choose(columns.indexOf(event.target.closest("li"))));
  row.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(Math.min(Math.max(chosen + step, 0), count - 1));
  });
  return show;
}
