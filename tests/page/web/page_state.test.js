import assert from "node:assert/strict";
import { test } from "node:test";
import * as page from "../../../adder/page/web/page_state.js";

// The state after some transitions: [name, ...details] each.
const after = (...steps) => steps.reduce((state, [name, ...details]) => Object.freeze(page[name](state, ...details)), Object.freeze(page.initialState(5)));
const PROBS = [0, 0.4, 0, 0, 0, 0, 0, 0.6, 0, 0];
const SEVEN = {
  state: "digit", digit: 7, sum: 12, unsure: null, digit_probs: PROBS,
  sums: Array.from({ length: 10 }, (_, number) => [...Array(number).fill(0), ...PROBS, ...Array(9 - number).fill(0)]),
};
const drawn = ["inkChanged", "drawn", false];
const erased = ["inkChanged", "erased", false];
const sent = [["askingStarted"], ["requestSent"]];
const read = [drawn, ...sent, ["answered", SEVEN, 0], ["askingEnded"]];
const line = (state, isDown = false) => page.lineOf(state, isDown);

test("a new page is empty, ready and silent", () => {
  const state = after();
  assert.deepEqual(state.reading, { state: "empty", number: 5 });
  assert.deepEqual([state.server, state.asking, state.unasked, line(state)], ["ready", false, false, ""]);
});

test("ink is asked about, and its answer is read with the number", () => {
  assert.deepEqual([after(drawn).unasked, after(drawn, ...sent).unasked, after(drawn, ...sent).asking], [true, false, true]);
  const state = after(...read);
  assert.deepEqual([state.reading.digit, state.reading.sum, state.asking], [7, 12, false]);
  assert.equal(line(state), "60 % sure");
});

test("the first answer holds the sums of all ten numbers", () => {
  for (let number = 0; number < 10; number++) {
    const state = after(...read, ["numberPicked", number]);
    assert.equal(state.reading.sum, 7 + number);
    assert.equal(state.reading.sum_probs.length, 19);
    assert.equal(state.unasked, false, "no server is needed");
  }
  const early = after(drawn, ...sent, ["numberPicked", 2], ["answered", SEVEN, 0]);
  assert.equal(early.reading.sum, 9, "a number picked while the answer is on its way");
});

test("an answer to ink that is gone is dropped; an answer to fewer strokes is not", () => {
  const gone = after(...read, erased, ...sent, erased, ["answered", { ...SEVEN, digit: 1 }, 1]);
  assert.deepEqual([gone.reading.digit, gone.inkVersion, page.isPale(gone), line(gone)], [7, 2, true, ""]);
  const more = after(drawn, ...sent, drawn, ["answered", SEVEN, 0]);
  assert.deepEqual([more.reading.digit, more.unasked, page.isPale(more)], [7, true, false]);
});

test("what replaces the ink makes the old reading pale until the new one comes", () => {
  assert.ok(page.isPale(after(...read, erased)));
  assert.ok(!page.isPale(after(...read, erased, ...sent, ["answered", SEVEN, 1])));
  const blank = after(...read, ["inkChanged", "erased", true]);
  assert.deepEqual([blank.reading, page.isPale(blank)], [{ state: "empty", number: 5 }, false]);
});

test("a dot is called a dot only once the server said so", () => {
  const dot = [drawn, ...sent, ["answered", { state: "empty" }, 0]];
  assert.equal(line(after(drawn)), "");
  assert.equal(line(after(...dot)), "", "still asking");
  assert.equal(line(after(...dot, ["askingEnded"])), "Only a dot so far.");
});

test("a full pad says so and keeps its reading", () => {
  const state = after(...read, ["inkChanged", "full", false]);
  assert.equal(line(state), "That is a lot of strokes. Clear to start again.");
  assert.deepEqual([state.reading.digit, state.unasked], [7, false]);
  assert.equal(line(after(...read, ["inkChanged", "full", false], drawn)), "60 % sure");
});

test("a slow, busy or lost server is said before anything else, and asked again", () => {
  assert.equal(line(after(drawn, ...sent, ["serverSlow"])), "Reading…");
  const busy = after(drawn, ...sent, ["serverBusy"]);
  assert.deepEqual([line(busy), busy.unasked], ["Many people are drawing. One moment…", true]);
  const lost = after(drawn, ...sent, ["noticeGiven", "Link copied."], ["serverLost"]);
  assert.deepEqual([line(lost), lost.unasked], ["Reconnecting… your drawing is kept.", true]);
  for (const before of [["serverBusy"], ["serverLost"]]) assert.equal(after(before, ["serverSlow"]).server, after(before).server);
  assert.equal(after(drawn, ...sent, ["serverLost"], ...sent, ["answered", SEVEN, 0]).server, "ready");
  assert.equal(after(["serverBusy"], ["askingEnded"]).server, "ready");
});

test("an error is said, and the reading stays", () => {
  const state = after(...read, drawn, ...sent, ["answered", { error: "Try again." }, 0]);
  assert.deepEqual([line(state), state.reading.digit], ["Try again.", 7]);
});

test("a notice goes with the next number or ink, but not what is said of a picture", () => {
  assert.equal(after(["noticeGiven", "Picture saved."], ["numberPicked", 3]).notice, "");
  assert.equal(after(["noticeGiven", "Picture saved."], drawn).notice, "");
  const looking = [["lookStarted"], ["noticeGiven", "No ink was found."]];
  assert.equal(after(...looking, ["numberPicked", 3]).notice, "No ink was found.");
  assert.equal(after(...looking, drawn).notice, "");
});

test("the newest picture counts, and any ink ends the look", () => {
  const first = after(...read, ["lookStarted"]);
  const second = page.lookStarted(first);
  assert.notEqual(second.looking, first.looking);
  assert.ok(page.isPale(second));
  const over = page.inkChanged(page.photoFound(second, { aspect: 1 }), "drawn", false);
  assert.deepEqual([over.looking, over.photo], [null, null]);
  assert.notEqual(page.lookStarted(over).looking, second.looking, "a late answer is not taken for the new one");
});

test("while the pen is down, only a digit is said", () => {
  const refused = after(drawn, ...sent, ["answered", { ...SEVEN, state: "refused" }, 0]);
  assert.deepEqual([line(refused, true), line(refused)], ["", "Not a digit. The closest would be 7."]);
  assert.equal(line(after(...read), true), "60 % sure");
});

test("corrections are another question about the same ink", () => {
  const state = after(...read, ["questionChanged", false]);
  assert.deepEqual([state.unasked, state.inkVersion, page.isPale(state)], [true, 0, false]);
  assert.deepEqual([after(["correctionsRefreshed"]).refreshes, after(["correctionsRefreshed"]).unasked], [1, true]);
});
