// The lessons of 'How it works' in their order, each in a module of its own. What this server cannot show is left out.
import { addingLesson } from "./adding.js";
import { filtersLesson } from "./filters.js";
import { growingLesson } from "./growing.js";
import { lessonList } from "./list.js";
import { paintLesson } from "./paint.js";
import { otherWaysLesson, reliabilityLesson } from "./records.js";
import { refusingLesson } from "./refusing.js";
import { saliencyLesson } from "./saliency.js";
import { seeingLesson } from "./seeing.js";
import { similarLesson } from "./similar.js";
import { votesLesson } from "./votes.js";

export function openLessons(panel, { ask, drawing, corrections, photo, explain, threshold, has }) {
  const list = lessonList(panel, ask);
  const item = (name) => panel.querySelector(`.${name}`);
  const add = (name, make, ...given) => list.add(item(name), make(item(name), ...given));

  add("seeing", seeingLesson, drawing, photo);
  add("thinking", filtersLesson);
  add("voting", votesLesson);
  const paint = paintLesson(item("painting"));
  paint.askAgain = list.add(item("painting"), paint);
  add("mattering", saliencyLesson, explain);
  add("adding", addingLesson);
  add("growing", growingLesson);
  add("others-ways", otherWaysLesson);
  add("refusing", refusingLesson, drawing, threshold);
  add("trusting-it", reliabilityLesson);
  add("teaching", similarLesson, corrections);

  const needs = { thinking: has.think, voting: has.think, growing: has.grow, "others-ways": has.ways, "trusting-it": has.reliability, refusing: threshold > 0 };
  for (const [name, isThere] of Object.entries(needs)) item(name).hidden = !isThere;
  return { show: list.show };
}
