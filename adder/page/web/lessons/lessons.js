// The lessons of 'How it works' in their order, each in a module of its own. What this server cannot show is left out.
import { addingLesson } from "./adding.js";
import { filtersLesson } from "./filters.js";
import { lessonList } from "./lesson_list.js";
import { otherNetworksLesson } from "./other_networks.js";
import { pixelEditorLesson } from "./pixel_editor.js";
import { preprocessingLesson } from "./preprocessing.js";
import { refusingLesson } from "./refusing.js";
import { reliabilityLesson } from "./reliability.js";
import { saliencyLesson } from "./saliency.js";
import { similarCorrectionsLesson } from "./similar_corrections.js";
import { trainingStepsLesson } from "./training_steps.js";
import { votesLesson } from "./votes.js";

export function openLessons(panel, { ask, drawing, corrections, photo, saliency, threshold, has }) {
  const list = lessonList(panel, ask);
  const item = (name) => panel.querySelector(`[data-lesson=${name}]`);
  const add = (name, make, ...given) => list.add(item(name), make(item(name), ...given));

  add("preprocessing", preprocessingLesson, drawing, photo);
  add("filters", filtersLesson);
  add("votes", votesLesson);
  const editor = pixelEditorLesson(item("pixel_editor"));
  editor.askAgain = list.add(item("pixel_editor"), editor);
  add("saliency", saliencyLesson, saliency);
  add("adding", addingLesson);
  add("training_steps", trainingStepsLesson);
  add("other_networks", otherNetworksLesson);
  add("refusing", refusingLesson, drawing, threshold);
  add("reliability", reliabilityLesson);
  add("similar_corrections", similarCorrectionsLesson, corrections);

  const { explanation, training_steps, other_networks, reliability } = has;
  const needs = { filters: explanation, votes: explanation, training_steps, other_networks, reliability, refusing: threshold > 0 };
  for (const [name, isThere] of Object.entries(needs)) item(name).hidden = !isThere;
  return { show: list.show };
}
