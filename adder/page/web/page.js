// Brings pad, number and reading together, and keeps one request on its way: the newest state goes next, whatever came between.
// `element`, `props` and `server` come from Gradio.
const PATIENCE = 8000; // ms until a silent server counts as lost
const SLOW = 1000; // ms until waiting is said
const EMPTY = { state: "empty" };
const root = element.querySelector(".adder");
const slider = root.querySelector("#number-input");
const view = readingView(root);
const pad = drawingPad(root.querySelector("#pad canvas"), props.limits, onInk);

const links = shareLink(props.limits);
const gifts = giving(root, pad, links, tell);
const memory = tabMemory(props.limits);
const hand = lessonStore(listen, onLessons);
const taught = teaching(root.querySelector(".teach"), pad, hand, (label) => request(server.correct_pad, { ...pad.content, number, label }), keep);
const frames = pictureFrames(root, (frame) => lookAt(picture, frame));
const lessons = unfolding(
  root.querySelector(".how"),
  (content) => request(server.lesson_pad, { ...pad.content, number, ...content }),
  { pad, hand, threshold: props.threshold, has: props.lessons, photo: () => shownPhoto, explain: () => request(server.explain_pad) },
);
const others = comparison(root.querySelector(".others"), pad, () => request(server.compare_pad), percent);

let number = Number(slider.value);
let answer = EMPTY; // the server's newest
let reading = withNumber(answer, number);
let shown = null;
let age = 0; // counts what makes an answer on its way useless: ink that was erased or replaced
let outdated = false; // the answer is of ink that is gone
let asking = false;
let stale = false; // something changed since the last request left
let lost = false;
let busy = false;
let slow = false;
let notice = "";
let link = ""; // that was opened
let looking = null; // a picture that is read, or could not be
let shownPhoto = null; // of which the ink on the pad was taken: its address, aspect and frame
let picture = null; // the newest, as the server takes it and as the page shows it
let fading = 0;
let remembering = 0;
let speaking = 0;
let renewals = 0; // of the lessons, for weights that they were not made with

function onInk(event) {
  if (event !== "lifted") leavePicture();
  if (event !== "lifted") notice = event === "full" ? "That is a lot of strokes. Clear to start again." : "";
  if (event === "erased") {
    age += 1;
    outdated = !pad.isBlank;
  }
  if (event === "drawn" || event === "erased") update();
  else render();
  others.changed();
  if (event !== "lifted") taught.changed();
}

function setNumber(value) {
  if (value === number) return;
  number = value;
  if (!looking) notice = "";
  showNumber();
  render();
  others.changed();
}

function showNumber() {
  slider.value = number;
  root.style.setProperty("--number", number);
  root.querySelector("output").textContent = number;
  reading = withNumber(answer, number);
  remember();
}

function take(next) {
  answer = next;
  reading = withNumber(answer, number);
  outdated = false;
}

function update() {
  const blank = pad.isBlank;
  root.classList.toggle("blank", blank);
  root.querySelector(".by-hand").hidden = true; // a link to what was there before
  if (blank) take(EMPTY);
  stale = true;
  remember();
  render();
  if (!asking) ask();
}

async function ask() {
  asking = true;
  for (let wait = 250; stale; ) {
    stale = false;
    if (pad.isBlank && !lost) break; // a blank pad needs no network
    const asked = age;
    const waiting = setTimeout(() => render((slow = true)), SLOW);
    const told = await request(server.read_pad, { ...pad.content, number, ...(hand.lessons.length && { corrections: hand.sent }) }).catch(() => null);
    clearTimeout(waiting);
    slow = false;
    if (lost && told) others.changed();
    lost = !told; // Gradio logs a failed request and goes on
    busy = Boolean(told?.busy); // more people than the server can read at once
    if (lost || busy) {
      stale = true;
      render();
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(2 * wait, 2000);
      continue;
    }
    wait = 250;
    if (told.kind === "corrections") {
      await renewLessons();
      continue;
    }
    notice = told.error ?? notice;
    if (asked === age && !told.error) take(told);
    render();
  }
  busy = false;
  asking = false;
  render();
}

// What the pad shows, asked of one of the server's functions. A silent server counts as a failed one.
function request(ask, content = { ...pad.content, number }) {
  let timer;
  const silence = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("silence")), PATIENCE)));
  return Promise.race([ask(content), silence]).finally(() => clearTimeout(timer));
}

function onLessons() {
  taught.refresh();
  update();
}

// The weights are others than those that saw them: they are seen anew, or left out.
async function renewLessons() {
  renewals += 1;
  const renewed = renewals < 4 && (await request(server.refresh_corrections, hand.lessons).catch(() => null));
  if (renewed?.corrections) hand.put(renewed.corrections);
  else hand.setAside();
  stale = true;
}

function keep(drawing) {
  return request(server.store_pad, drawing);
}

function tell(text, seconds) {
  notice = text;
  clearTimeout(fading);
  if (seconds) fading = setTimeout(() => notice === text && tell(""), 1000 * seconds);
  render();
}

function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(rememberNow, 200);
}

function rememberNow() {
  memory.keep({ ...pad.content, number, link });
}

// What is on the pad stays there; its answer is pale beside what is said of the picture.
async function readPicture(file) {
  frames.close();
  const look = (looking = {}); // the newest picture; any ink ends the look
  tell("Looking for the digit…");
  const opened = await openPicture(file, props.photo).catch((error) => look === looking && void tell(error.message));
  if (look !== looking || !opened) return;
  if (picture?.shown) URL.revokeObjectURL(picture.shown.address);
  picture = opened;
  await lookAt(picture);
}

// In the whole picture, or in a frame of it.
async function lookAt(one, frame = null) {
  const look = (looking = {});
  if (one.shown) frames.open(one.shown);
  tell("Looking for the digit…");
  const found = await request(server.find_ink, { picture: one.picture, frame }).catch(() => null);
  if (look !== looking) return;
  if (found?.ink) {
    pad.showPhoto(found.ink);
    if (!one.shown) return;
    shownPhoto = { ...one.shown, frame: found.frame };
    frames.taken(found.frame);
    return;
  }
  if (found?.frames) frames.offer(found.frames);
  const advice = found?.kind && one.shown && found.kind !== "several" ? " Draw a frame round it." : "";
  tell(found ? found.error + advice : "No answer. Try again.");
}

function leavePicture() {
  looking = shownPhoto = null;
  frames.close();
}

// The picture first, where one lies over the pad; then the pad.
function clear() {
  if (!looking) return pad.clear();
  leavePicture();
  tell("");
}

function openLink() {
  if (!location.hash) return;
  const drawing = links.read(location.hash);
  link = location.hash;
  if (!drawing) return tell("That link holds no drawing.");
  pad.show(drawing.strokes);
  setNumber(drawing.number);
}

function words() {
  if (lost) return "Reconnecting… your drawing is kept.";
  if (busy) return "Many people are drawing. One moment…";
  if (notice) return notice;
  if (slow) return "Reading…";
  if (outdated || looking || (pad.isDown && reading.state !== "digit")) return "";
  if (reading.state === "empty") return answer !== EMPTY && !asking ? "Only a dot so far." : "";
  return inWords(reading);
}

function render() {
  root.classList.toggle("drawing", pad.isDown);
  root.classList.toggle("lost", lost);
  root.classList.toggle("outdated", outdated || looking !== null);
  for (const [name, possible] of [["undo", pad.canUndo], ["redo", pad.canRedo], ["clear", !pad.isBlank || looking]])
    root.querySelector(`.${name}`).setAttribute("aria-disabled", !possible);
  if (shown !== reading) {
    view.show((shown = reading));
    lessons.show(reading);
  }
  view.say(words());
  clearTimeout(speaking); // read out what stays, not every step on the way
  if (!pad.isDown && (!asking || lost))
    speaking = setTimeout(() => view.announce(lost ? "Reconnecting." : notice || aloud(reading)), 400);
}

function thumbnail({ digit, strokes }) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `Example: a drawn ${digit}`);
  const paths = strokes.map((stroke) => `<polyline points="${stroke.map((point) => point.join()).join(" ")}" />`);
  button.innerHTML = `<svg viewBox="1000 1000 8000 8000" aria-hidden="true">${paths.join("")}</svg>`;
  button.addEventListener("click", () => {
    pad.show(strokes);
    if (root.getBoundingClientRect().top < 0) root.scrollIntoView(); // on a phone the answer is further up
  });
  return button;
}

// Gradio may put a new page in the place of this one; then this one listens no more.
function listen(target, type, heard) {
  target.addEventListener(type, function once(event) {
    if (element.isConnected) heard(event);
    else target.removeEventListener(type, once);
  });
}

const wishes = { undo: pad.undo, redo: pad.redo, clear };
for (const name in wishes) root.querySelector(`.${name}`).addEventListener("click", wishes[name]);
root.querySelector(".examples div").append(...props.examples.map(thumbnail));
root.querySelector(".copy").addEventListener("click", async () => {
  await gifts.link(number);
  link = location.hash; // where there is no clipboard, it stands there
  remember();
});
root.querySelector(".save").addEventListener("click", () => gifts.picture(outdated || looking ? null : reading));
incoming(root, listen, readPicture, tell);
root.querySelector(".taken").addEventListener("click", () => {
  looking = {};
  frames.open(picture.shown);
  tell("Draw a frame round the digit.");
});
slider.addEventListener("input", () => setNumber(Number(slider.value)));
listen(document, "keydown", (event) => {
  const wish = wishOf(event);
  if (wish === null) return;
  event.preventDefault();
  if (typeof wish === "number") setNumber(wish);
  else wishes[wish]();
});
listen(window, "hashchange", openLink);
listen(window, "pagehide", rememberNow);
listen(document, "visibilitychange", () => document.hidden && rememberNow());
root.classList.toggle("trusting", props.threshold === 0);
root.querySelector(".others").hidden = !props.compares;
root.querySelector(".collect").hidden = !props.collects;

const kept = memory.recall();
if (kept) {
  ({ number, link } = kept);
  pad.restore(kept);
}
showNumber();
update();
const [{ type }] = performance.getEntriesByType("navigation");
if (location.hash !== link || type === "navigate") openLink(); // else it was opened before, and maybe drawn on since
link = location.hash;
if (typeof bequeath === "function") bequeath(pad); // what was drawn before this was there
