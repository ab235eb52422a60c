// The lessons in their order, each a room of its own. What this server cannot show is left out.
function allLessons(panel, { pad, hand, photo, ask, explain, threshold, has }) {
  const list = lessonList(panel, ask);
  const item = (name) => panel.querySelector(`.${name}`);
  const room = (name, make, ...given) => list.follow(item(name), make(item(name), ...given));

  room("seeing", seeingLesson, pad, photo);
  room("thinking", thinkingLesson);
  room("voting", votingLesson);
  const painting = paintingLesson(item("painting"));
  painting.again = list.follow(item("painting"), painting);
  room("mattering", matteringLesson, explain);
  room("adding", addingLesson);
  room("growing", growingLesson);
  room("others-ways", waysLesson);
  room("refusing", refusingLesson, pad, threshold);
  room("trusting-it", trustingLesson);
  room("teaching", nearingLesson, hand);

  const needs = { thinking: has.think, voting: has.think, growing: has.grow, "others-ways": has.ways, "trusting-it": has.reliability, refusing: threshold > 0 };
  for (const [name, isThere] of Object.entries(needs)) item(name).hidden = !isThere;
  return { show: list.show };
}
