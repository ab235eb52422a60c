// The points that each feature gives a digit: the longest bars for and against, each with the place where it comes from.
function votingLesson(item) {
  const SHOWN = 4; // for, and as many against
  const LEAST = 0.05; // points
  const find = (selector) => item.querySelector(selector);
  let answer = null;
  let whom = null; // digit that was chosen; null: the one that was read
  const buttons = Array.from({ length: 10 }, (_, digit) =>
    pressable(String(digit), () => {
      whom = digit;
      show();
    }),
  );

  function take(told, reading) {
    item.classList.toggle("nothing", told.state === "empty");
    if (told.state === "empty") return void (answer = whom = null);
    if (answer && told.digit !== answer.digit) whom = null;
    const [count] = told.last.shape;
    answer = { ...told, isTaught: reading.digit !== told.digit, count, votes: floatsOf(told.votes), maps: bytesOf(told.last.data), pixels: new Uint16Array(bytesOf(told.pixels).buffer) };
    show();
  }

  const pointsOf = (digit) => Array.from(answer.votes.subarray(digit * answer.count, (digit + 1) * answer.count));
  const scoreOf = (digit) => pointsOf(digit).reduce((one, other) => one + other, answer.rest[digit] + answer.start[digit]);

  function show() {
    if (!answer) return;
    const digit = whom ?? answer.digit;
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
    find(".together").textContent =
      `The other ${points.length - shown.length} features together ${signed(others, 1)}, and ${signed(answer.start[digit], 1)} to start with: ` +
      `${rounded(scores[digit], 1)} points for the ${digit}. Against the other digits' points that is a chance of ${percent(chance)}.${answer.isTaught ? " What you taught does not count here." : ""}`;
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

  find(".whom").append(...buttons);
  return { question: () => ({ lesson: "think" }), take };
}
