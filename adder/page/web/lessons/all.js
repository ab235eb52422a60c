// The lessons in their order, each a room of its own. What this server cannot show is left out.
function allLessons(panel, { pad, hand, pixelsOf, photo, ask, explain, threshold, has, percent }) {
  const list = lessonList(panel, ask);
  const item = (name) => panel.querySelector(`.${name}`);
  const room = (name, make, ...given) => list.follow(item(name), make(item(name), ...given));

  room("seeing", seeingLesson, pad, photo);
  room("thinking", thinkingLesson);
  room("voting", votingLesson, percent);
  const painting = paintingLesson(item("painting"), percent);
  painting.again = list.follow(item("painting"), painting);
  room("mattering", matteringLesson, explain);
  room("adding", addingLesson, percent);
  room("growing", growingLesson);
  room("others-ways", waysLesson);
  room("refusing", refusingLesson, pad, threshold, percent);
  room("trusting-it", trustingLesson);
  room("teaching", nearingLesson, hand, pixelsOf, percent);

  const needs = { thinking: has.think, voting: has.think, growing: has.grow, "others-ways": has.ways, "trusting-it": has.reliability, refusing: threshold > 0 };
  for (const [name, isThere] of Object.entries(needs)) item(name).hidden = !isThere;
  return { show: list.show };
}
