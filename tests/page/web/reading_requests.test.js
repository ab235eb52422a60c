import assert from "node:assert/strict";
import { test } from "node:test";
import { initialState, inkChanged } from "../../../adder/page/web/page_state.js";
import { readingRequests } from "../../../adder/page/web/reading_requests.js";

const SEVEN = { state: "digit", digit: 7, unsure: null, digit_probs: Array(10).fill(0.1), sums: Array(10).fill(Array(19).fill(0)) };
const DRAWN = { strokes: [[[1, 2]]] };

// Requests to a server that gives these answers in turn, the last of them for ever; `null` for a server that fails.
function requests(answers, { list = [], refreshed = null } = {}) {
  const asked = [];
  const seen = [];
  const store = {
    state: initialState(5),
    apply(transition, ...details) { store.state = transition(store.state, ...details); },
  };
  const drawing = { content: DRAWN, isBlank: false };
  const corrections = {
    list,
    get sent() { return corrections.list.map((each) => each.slice(0, 4)); },
    put: (next) => (corrections.list = next),
    setAside: () => (corrections.list = []),
  };
  const server = {
    async read_pad(question) {
      asked.push(question);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === null) throw new Error("no server");
      return typeof answer === "function" ? answer(question) : answer;
    },
    refresh_corrections: async () => refreshed,
  };
  let reconnected = 0;
  const { start } = readingRequests(store, drawing, corrections, server, { render: () => seen.push(store.state.server), reconnected: () => reconnected++ });
  const draw = (event = "drawn") => store.apply(inkChanged, event, drawing.isBlank);
  return { asked, seen, store, drawing, corrections, start, draw, get reconnected() { return reconnected; } };
}

// Lets all timers run that wait now, and those that they start.
async function settle(timers, until) {
  for (let i = 0; i < 200 && !until(); i++) {
    await new Promise((resolve) => setImmediate(resolve));
    timers.tick(250);
  }
  assert.ok(until(), "it never ended");
}

test("a drawing is asked about once", async () => {
  const { asked, store, start, draw } = requests([SEVEN]);
  draw();
  await start();
  assert.deepEqual(asked, [{ ...DRAWN, number: 5 }]);
  assert.deepEqual([store.state.reading.digit, store.state.asking, store.state.server], [7, false, "ready"]);
});

test("one request is on its way at a time, and the newest state goes next", async () => {
  let release;
  const { asked, drawing, start, draw } = requests([() => new Promise((resolve) => (release = () => resolve(SEVEN))), SEVEN]);
  draw();
  const ended = start();
  for (const x of [1, 2, 3]) {
    drawing.content = { strokes: [[[x, x]]] };
    draw();
    assert.equal(start(), true, "it runs already");
  }
  assert.equal(asked.length, 1);
  release();
  await ended;
  assert.deepEqual(asked.map(({ strokes }) => strokes[0][0][0]), [1, 3]);
});

test("an answer to ink that was erased is dropped", async () => {
  let release;
  const { store, drawing, start, draw } = requests([() => new Promise((resolve) => (release = () => resolve(SEVEN)))]);
  draw();
  const ended = start();
  drawing.isBlank = true;
  draw("erased");
  release();
  await ended;
  assert.equal(store.state.reading.state, "empty");
});

test("a blank pad needs no server", async () => {
  const { asked, drawing, start, draw } = requests([SEVEN]);
  drawing.isBlank = true;
  draw("erased");
  await start();
  assert.equal(asked.length, 0);
});

test("a busy server is asked again, and a lost one until it is back", async ({ mock }) => {
  for (const [answer, name, comebacks] of [[{ busy: true }, "busy", 0], [null, "lost", 1]]) {
    mock.timers.enable({ apis: ["setTimeout"] });
    const made = requests([answer, answer, SEVEN]);
    made.draw();
    made.start();
    await settle(mock.timers, () => !made.store.state.asking);
    assert.equal(made.asked.length, 3);
    assert.deepEqual(made.seen, [name, name, "ready", "ready"]);
    assert.deepEqual([made.store.state.reading.digit, made.reconnected], [7, comebacks]);
    mock.timers.reset();
  }
});

test("a server that does not answer is said to be slow, then lost", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const made = requests([() => new Promise(() => {}), SEVEN]);
  made.draw();
  made.start();
  mock.timers.tick(999);
  assert.deepEqual(made.seen, []);
  mock.timers.tick(1);
  assert.deepEqual(made.seen, ["slow"]);
  mock.timers.tick(7000);
  await settle(mock.timers, () => !made.store.state.asking);
  assert.deepEqual(made.seen, ["slow", "lost", "ready", "ready"]);
});

test("corrections go along without their images", async () => {
  const { asked, start, draw } = requests([SEVEN], { list: [["w", 4, 1, "f", "image"]] });
  draw();
  await start();
  assert.deepEqual(asked[0].corrections, [["w", 4, 1, "f"]]);
});

test("corrections of other weights are made again, or left out", async () => {
  const refused = { error: "correction: made with other weights", kind: "corrections" };
  const again = requests([refused, SEVEN], { list: [["old", 4, 1, "f", "image"]], refreshed: { corrections: [["new", 4, 1, "g", "image"]] } });
  again.draw();
  await again.start();
  assert.deepEqual(again.asked.map(({ corrections }) => corrections[0][0]), ["old", "new"]);
  assert.equal(again.store.state.notice, "");
  for (const refreshed of [null, { error: "damaged" }]) {
    const out = requests([refused, SEVEN], { list: [["old", 4, 1, "f", "image"]], refreshed });
    out.draw();
    await out.start();
    assert.deepEqual([out.asked.length, out.asked[1].corrections, out.store.state.reading.digit], [2, undefined, 7]);
  }
});

test("a server that refuses all corrections is not asked for ever", async () => {
  const refused = { error: "correction: made with other weights", kind: "corrections" };
  const answer = ({ corrections }) => (corrections ? refused : SEVEN);
  const made = requests([answer], { list: [["old", 4, 1, "f", "image"]], refreshed: { corrections: [["new", 4, 1, "g", "image"]] } });
  made.draw();
  await made.start();
  assert.equal(made.asked.length, 5);
  assert.deepEqual([made.corrections.list, made.store.state.reading.digit], [[], 7]);
});
