// The hand's lessons, nearest first: how much each counts for what is drawn now.
function nearingLesson(item, hand) {
  const line = item.querySelector("[role=status]");

  function take(told) {
    const near = told.near ?? [];
    const { lessons } = hand;
    const order = lessons.map((_, index) => index).filter((index) => near[index] !== undefined).sort((a, b) => near[b] - near[a]);
    item.querySelector("ul").replaceChildren(...order.slice(0, 6).map((index) => row(lessons[index], near[index])));
    line.textContent = lessons.length === 0
      ? "Nothing was taught yet: 'Not what I drew?', above, teaches it."
      : told.state === "empty" ? "Draw something to see which lesson it is like." : "";
  }

  function row(lesson, share) {
    const made = document.createElement("li");
    const canvas = document.createElement("canvas");
    const text = document.createElement("span");
    paintInk(canvas, pixelsOf(lesson));
    made.style.setProperty("--p", share);
    text.textContent = `${lesson[1] === null ? "no digit" : `your ${lesson[1]}`}, counts ${percent(share)}`;
    made.append(canvas, document.createElement("i"), text);
    return made;
  }

  return { question: () => ({ lesson: "near", ...(hand.lessons.length && { corrections: hand.sent }) }), take };
}
