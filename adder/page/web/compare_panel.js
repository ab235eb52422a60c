// The drawing as every network here reads it. It asks only while its panel is open, when something changed and the pen is up.
import { percent } from "./phrases.js";

export function comparePanel(panel, drawing, ask) {
  const PAUSE = 250; // ms without a change before it asks
  const table = panel.querySelector("table");
  const line = panel.querySelector("p");
  let outdated = true; // the rows are of something else than what is drawn now
  let asking = false;
  let timer;

  function changed() {
    outdated = true;
    if (!panel.open) return;
    table.setAttribute("aria-busy", true);
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  }

  async function refresh() {
    if (!panel.open || !outdated || asking || drawing.isDown) return;
    if (drawing.isBlank) return show({ state: "empty" });
    asking = true;
    outdated = false;
    line.textContent = "Asking…";
    const answer = await ask().catch(() => null);
    asking = false;
    if (outdated) return changed();
    if (answer && !answer.error) return show(answer);
    outdated = true; // the old rows stay
    line.textContent = "No answer yet. Change something to ask again.";
  }

  function show({ number, rows }) {
    outdated = false;
    line.textContent = "Draw a digit first.";
    table.tBodies[0].replaceChildren(...(rows ?? []).map((row, index) => asRow(row, number, index === 0)));
    table.hidden = !rows;
    table.setAttribute("aria-busy", false);
  }

  function asRow({ name, right: tested, is_digit, digit, sum, digit_probs, sum_probs }, number, isOwn) {
    const record = tested.map((share) => `${(100 * share).toFixed(1)} %`).join(", ");
    const network = cell("th", isOwn ? "this page" : name, record);
    network.scope = "row";
    const row = document.createElement("tr");
    if (is_digit) {
      const right = digit + number === sum;
      const verdict = cell("td", right ? `✓ ${digit} + ${number} = ${sum}` : `✗ ${digit} + ${number} is not ${sum}`);
      verdict.className = right ? "right" : "wrong";
      row.append(network, cell("td", digit, percent(digit_probs[digit])), cell("td", sum, percent(sum_probs[sum])), verdict);
    } else {
      const refused = cell("td", "not a digit");
      refused.colSpan = 3;
      row.append(network, refused);
    }
    return row;
  }

  function cell(tag, text, note = "") {
    const made = document.createElement(tag);
    const small = document.createElement("small");
    small.textContent = note;
    made.append(text, " ", small);
    return made;
  }

  panel.addEventListener("toggle", refresh);
  return { changed };
}
