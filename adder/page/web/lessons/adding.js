// How the chances of the digits become the chances of the sums.
import { percent } from "../phrases.js";
import { paintImage } from "./canvas.js";
import { smallBars } from "./charts.js";

export function addingLesson(item) {
  const find = (selector) => item.querySelector(selector);

  function show(reading) {
    paintImage(find("canvas"), reading.image);
    find(".number").textContent = reading.number;
    smallBars(find(".digits-small"), reading.digit_probs ?? Array(10).fill(0));
    smallBars(find(".sums-small"), reading.sum_probs ?? Array(19).fill(0));
    smallBars(find(".switches"), Array.from({ length: 10 }, (_, value) => Number(value === reading.number)));
    example(reading);
  }

  function example({ digit_probs: digits, sum_probs: sums, number }) {
    const likely = digits ? digits.map((p, digit) => [p, digit]).sort((a, b) => b[0] - a[0]).slice(0, 3) : Array(3).fill([]);
    const rows = likely.map(([p, digit]) =>
      digit === undefined
        ? [`? + ${number} = ?`, "–", "–"]
        : [`${digit} + ${number} = ${digit + number}`, percent(p), percent(sums[digit + number])],
    );
    find("tbody").replaceChildren(
      ...rows.map((cells) => {
        const row = document.createElement("tr");
        cells.forEach((text) => (row.insertCell().textContent = text));
        return row;
      }),
    );
  }

  return { show };
}
