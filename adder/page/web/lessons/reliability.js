// How often the network is right when it is as sure as it says.
export function reliabilityLesson(item) {
  const svg = item.querySelector("svg");

  function take({ reliability: { of, bins } }) {
    const dots = bins.map(([count, sure, right]) => `<circle cx="${100 * sure}" cy="${100 - 100 * right}" r="${0.8 + Math.log10(count) / 2}" />`);
    const below = [50, 75, 100].map((at) => `<text x="${at}" y="69" text-anchor="middle">${at} %</text>`);
    const left = [50, 75, 100].map((at) => `<text x="32" y="${101 - at}" text-anchor="end">${at} %</text>`);
    const names = '<text x="35" y="-4">was right</text><text x="67" y="76" text-anchor="middle">said it was sure</text>';
    svg.innerHTML = `<line x1="35" y1="65" x2="100" y2="0" />${[...dots, ...below, ...left].join("")}${names}`;
    const groups = bins.map(([count, sure, right]) => `${Math.round(100 * sure)} % sure, ${Math.round(100 * right)} % right of ${count}`);
    svg.setAttribute("aria-label", groups.join("; "));
    item.querySelector(".of").textContent = `${of}, each read by a network that never saw other drawings of that person.`;
  }

  return { question: () => (svg.children.length ? null : { lesson: "records" }), take };
}
