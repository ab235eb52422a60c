// How this network and five others learned to read and to add: a curve of right answers for each.
import { polyline } from "./charts.js";

export function otherNetworksLesson(item) {
  const place = item.querySelector(".ways");

  function take({ other_networks: networks }) {
    place.replaceChildren(...networks.map(asFigure));
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

  return { question: () => (place.children.length ? null : { lesson: "records" }), take };
}
