// Two lessons from the records in weights/: how five other networks learned to add, and how often the network is right when it is sure.
import { polyline } from "./values.js";

export function otherWaysLesson(item) {
  const place = item.querySelector(".ways");

  function take({ ways }) {
    place.replaceChildren(...ways.map(asFigure));
  }

  function asFigure({ name, adds_by, digit, sum }) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const last = (shares) => `${(100 * shares.at(-1)).toFixed(1)} %`;
    figure.innerHTML = `<svg viewBox="0 0 100 60" preserveAspectRatio="none" role="img">${polyline(digit, "plus")}${polyline(sum, "minus")}</svg>`;
    figure.firstChild.setAttribute("aria-label", `${name}: right answers over ${digit.length} rounds`);
    const [title, how] = ["strong", "span"].map((tag) => document.createElement(tag));
    title.textContent = name;
    how.textContent = `${adds_by}. Digit ${last(digit)}, sum ${last(sum)}`;
    caption.append(title, " ", how);
    figure.append(caption);
    return figure;
  }

  return once({ question: () => ({ lesson: "facts" }), take });
}

export function reliabilityLesson(item) {
  function take({ reliability: { of, bins } }) {
    const dots = bins.map(([count, sure, right]) => `<circle cx="${100 * sure}" cy="${100 - 100 * right}" r="${0.8 + Math.log10(count) / 2}" />`);
    const below = [50, 75, 100].map((at) => `<text x="${at}" y="69" text-anchor="middle">${at} %</text>`);
    const left = [50, 75, 100].map((at) => `<text x="32" y="${101 - at}" text-anchor="end">${at} %</text>`);
    const names = '<text x="35" y="-4">was right</text><text x="67" y="76" text-anchor="middle">said it was sure</text>';
    const svg = item.querySelector("svg");
    svg.innerHTML = `<line x1="35" y1="65" x2="100" y2="0" />${[...dots, ...below, ...left].join("")}${names}`;
    const groups = bins.map(([count, sure, right]) => `${Math.round(100 * sure)} % sure, ${Math.round(100 * right)} % right of ${count}`);
    svg.setAttribute("aria-label", groups.join("; "));
    item.querySelector(".of").textContent = `${of}, each read by a network that never saw other drawings of that person.`;
  }

  return once({ question: () => ({ lesson: "facts" }), take });
}

// The records stay as they are: one question is enough.
function once({ question, take }) {
  let isKnown = false;
  return {
    question: () => (isKnown ? null : question()),
    take(answer) {
      isKnown = true;
      take(answer);
    },
  };
}
