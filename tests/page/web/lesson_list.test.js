import assert from "node:assert/strict";
import { test } from "node:test";
import { lessonList } from "../../../adder/page/web/lessons/lesson_list.js";

// An element that opens and closes.
const details = (open) => Object.assign(new EventTarget(), { open });
const toggle = (element, open) => {
  element.open = open;
  element.dispatchEvent(new Event("toggle"));
};
const rest = () => new Promise((resolve) => setImmediate(resolve));

// A list with one lesson, which asks about each reading; the server's answers in turn.
function lesson(answers) {
  const [panel, own] = [details(true), details(true)];
  const [asked, shown, taken] = [[], [], []];
  const list = lessonList(panel, async (content) => {
    asked.push(content.about);
    return answers.length ? answers.shift() : { of: content.about };
  });
  const askAgain = list.add({ querySelector: () => own }, {
    show: (reading) => shown.push(reading),
    question: (about) => ({ about }),
    take: (answer, about) => taken.push([answer, about]),
  });
  return { panel, own, list, asked, shown, taken, askAgain };
}

test("an open lesson shows the newest reading and asks about it once", async () => {
  const { list, asked, shown, taken } = lesson([]);
  list.show("one");
  await rest();
  list.show("one");
  await rest();
  assert.deepEqual([shown, asked, taken], [["one"], ["one"], [[{ of: "one" }, "one"]]]);
});

test("a closed lesson, or a closed panel, costs nothing until it is opened", async () => {
  for (const name of ["own", "panel"]) {
    const made = lesson([]);
    toggle(made[name], false);
    made.list.show("one");
    made.list.show("two");
    await rest();
    assert.deepEqual([made.shown, made.asked], [[], []]);
    toggle(made[name], true);
    await rest();
    assert.deepEqual([made.shown, made.asked], [["two"], ["two"]]);
  }
});

test("one question is on its way, the newest next", async () => {
  const { list, asked, taken } = lesson([]);
  for (const reading of ["one", "two", "three"]) list.show(reading);
  await rest();
  assert.deepEqual(asked, ["one", "three"]);
  assert.deepEqual(taken.map(([, about]) => about), ["one", "three"]);
});

test("a busy or silent server is asked again, later each time", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { list, asked, taken } = lesson([{ busy: true }, null, { error: "no" }]);
  list.show("one");
  await rest();
  for (const [pause, before] of [[1000, 1], [2000, 2]]) {
    mock.timers.tick(pause - 1);
    await rest();
    assert.equal(asked.length, before);
    mock.timers.tick(1);
    await rest();
    assert.equal(asked.length, before + 1);
  }
  assert.deepEqual(taken, [], "an error is not taken");
});

test("a lesson can ask again about the same reading", async () => {
  const { list, asked, askAgain } = lesson([]);
  list.show("one");
  await rest();
  askAgain();
  await rest();
  assert.deepEqual(asked, ["one", "one"]);
});
