// Brings pad, number and reading together, and keeps one request on its way: the newest state goes next, whatever came between.
// `element`, `props` and `server` come from Gradio.
const PATIENCE = 8000; // ms until a silent server counts as lost
const root = element.querySelector(".adder");
const slider = root.querySelector("#number-input");
const view = readingView(root);
const pad = drawingPad(root.querySelector("#pad canvas"), props.limits, onInk);

const lesson = illustration(root.querySelector(".how"), pad, explain, view.percent);
const links = shareLink(props.limits);
const collected = collecting(root.querySelector(".collect"), pad, keep);
const others = comparison(root.querySelector(".others"), pad, compare, view.percent);

let number = Number(slider.value);
let reading = { state: "empty", number };
let shown = null;
let age = 0; // counts what makes an answer on its way useless: erased ink, another number
let asking = false;
let stale = false; // something changed since the last request left
let lost = false;
let busy = false;
let notice = "";
let speaking = 0;

function onInk(event) {
  notice = event === "full" ? "That is a lot of strokes. Clear to start again." : "";
  if (event === "erased") age += 1;
  if (event === "drawn" || event === "erased") update();
  else render();
  others.changed();
  collected.changed();
}

function setNumber(value) {
  if (value === number) return;
  number = value;
  slider.value = value;
  notice = "";
  age += 1;
  root.style.setProperty("--number", number);
  root.querySelector("output").textContent = number;
  update();
  others.changed();
}

function update() {
  const blank = pad.isBlank;
  root.classList.toggle("blank", blank);
  for (const button of root.querySelectorAll(".tools button")) button.setAttribute("aria-disabled", blank);
  root.querySelector(".by-hand").hidden = true; // a link to what was there before
  if (blank) reading = { state: "empty", number };
  stale = true;
  render();
  if (!asking) ask();
}

async function ask() {
  asking = true;
  for (let wait = 250; stale; ) {
    stale = false;
    if (pad.isBlank && !lost) break; // a blank pad needs no network
    const asked = { age, number };
    const answer = await withPatience(server.read_pad({ ...pad.content, number })).catch(() => null);
    if (lost && answer) others.changed();
    lost = !answer; // Gradio logs a failed request and goes on
    busy = Boolean(answer?.busy); // more people than the server can read at once
    if (lost || busy) {
      stale = true;
      render();
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(2 * wait, 2000);
      continue;
    }
    wait = 250;
    notice = answer.error ?? notice;
    if (asked.age === age && !answer.error) reading = { ...answer, number: asked.number };
    render();
  }
  busy = false;
  asking = false;
  render();
}

function compare() {
  return withPatience(server.compare_pad({ ...pad.content, number }));
}

function explain() {
  return withPatience(server.explain_pad({ ...pad.content, number }));
}

function keep(label) {
  return withPatience(server.keep_pad({ strokes: pad.strokes, label }));
}

function tell(text) {
  notice = text;
  render();
}

async function readPhoto(file) {
  tell("Looking for the digit…");
  try {
    const photo = await photoAsJpeg(file, props.photo);
    const answer = await withPatience(server.find_ink({ photo })).catch(() => null);
    if (!answer?.ink) return tell(answer?.error ?? "No answer. Try again.");
    pad.showPhoto(answer.ink);
  } catch (error) {
    tell(error.message);
  }
}

function openLink() {
  if (!location.hash) return;
  const drawing = links.read(location.hash);
  if (!drawing) return tell("That link holds no drawing.");
  pad.show(drawing.strokes);
  setNumber(drawing.number);
}

async function copyLink() {
  if (pad.strokes.length === 0) return tell(pad.isBlank ? "Draw a digit first." : "A photo does not fit in a link.");
  const link = new URL(links.write(pad.strokes, number), location.href);
  try {
    await navigator.clipboard.writeText(link);
    tell("Link copied. It holds the drawing itself.");
  } catch {
    history.replaceState(null, "", link); // without leave to copy, or without https
    if (window.parent === window) return tell("The link is in the address bar.");
    const field = root.querySelector(".by-hand"); // in a frame the address bar is another page's
    field.value = link;
    field.hidden = false;
    field.select();
    tell("Copy the link below.");
  }
}

async function savePicture() {
  if (reading.state !== "digit") return tell("There is no reading to save yet.");
  const link = document.createElement("a");
  link.download = `adder-${reading.digit}-plus-${reading.number}.png`;
  link.href = URL.createObjectURL(await pictureOf(root, pad, reading, view.percent));
  link.click();
  URL.revokeObjectURL(link.href);
}

function withPatience(request) {
  let timer;
  const silence = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("silence")), PATIENCE)));
  return Promise.race([request, silence]).finally(() => clearTimeout(timer));
}

function words() {
  if (lost) return "Reconnecting… your drawing is kept.";
  if (busy) return "Many people are drawing. One moment…";
  if (notice) return notice;
  if (reading.state === "refused") return pad.isDown ? "" : "Clear and try again, or go on drawing.";
  if (reading.state === "digit") {
    if (reading.unsure === null) return `${view.percent(reading.digit_probs[reading.digit])} sure`;
    return `or a ${reading.unsure}? ${view.percent(reading.digit_probs[reading.unsure])}`;
  }
  return !pad.isBlank && !pad.isDown && !asking ? "Only a dot so far." : "";
}

function spoken() {
  if (lost) return "Reconnecting.";
  if (notice) return notice;
  if (reading.state === "refused") return "That does not look like a digit.";
  if (reading.state !== "digit") return "";
  const doubt = reading.unsure === null ? "" : ` The digit could also be a ${reading.unsure}.`;
  return `${reading.digit} plus ${reading.number} is ${reading.sum}.${doubt}`;
}

function render() {
  root.classList.toggle("drawing", pad.isDown);
  root.classList.toggle("lost", lost);
  if (shown !== reading) {
    view.show((shown = reading));
    lesson.show(reading);
  }
  view.say(words());
  clearTimeout(speaking); // read out what stays, not every step on the way
  if (!pad.isDown && (!asking || lost)) speaking = setTimeout(() => view.announce(spoken()), 400);
}

function onKey(event) {
  if (!element.isConnected) return document.removeEventListener("keydown", onKey);
  const writes = event.target.closest?.("input:not([type=range]), textarea, select, [contenteditable=true]");
  if (writes || event.altKey) return;
  const command = event.ctrlKey || event.metaKey;
  if (command ? event.key === "z" && !event.shiftKey : event.key === "Backspace") pad.undo();
  else if (!command && event.key === "Escape") pad.clear();
  else if (!command && /^[0-9]$/.test(event.key)) setNumber(Number(event.key));
  else return;
  event.preventDefault();
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

root.querySelector(".undo").addEventListener("click", pad.undo);
root.querySelector(".clear").addEventListener("click", pad.clear);
root.querySelector(".examples div").append(...props.examples.map(thumbnail));
root.querySelector(".copy").addEventListener("click", copyLink);
root.querySelector(".save").addEventListener("click", savePicture);
const picker = root.querySelector("[type=file]");
picker.addEventListener("change", () => {
  if (picker.files.length) readPhoto(picker.files[0]);
  picker.value = ""; // the same file may be picked again
});
const sheet = root.querySelector("#pad");
sheet.addEventListener("dragover", (event) => event.preventDefault());
sheet.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) readPhoto(event.dataTransfer.files[0]);
});
addEventListener("hashchange", function opened() {
  if (element.isConnected) openLink();
  else removeEventListener("hashchange", opened);
});
slider.addEventListener("input", () => setNumber(Number(slider.value)));
document.addEventListener("keydown", onKey);
root.classList.toggle("trusting", !props.refuses);
root.querySelector(".others").hidden = !props.compares;
root.querySelector(".collect").hidden = !props.collects;
update();
openLink();
