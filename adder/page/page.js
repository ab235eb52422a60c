// Brings pad, number and reading together, and keeps one request on its way: the newest state goes next, whatever came between.
// `element`, `props` and `server` come from Gradio.
const PATIENCE = 8000; // ms until a silent server counts as lost
const root = element.querySelector(".adder");
const slider = root.querySelector("#number-input");
const view = readingView(root);
const pad = drawingPad(root.querySelector("#pad canvas"), props.limits, onInk);

const lesson = illustration(root.querySelector(".how"), pad, explain, view.percent);
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
}

function setNumber(value) {
  if (value === number) return;
  number = value;
  slider.value = value;
  age += 1;
  root.style.setProperty("--number", number);
  root.querySelector("output").textContent = number;
  update();
  others.changed();
}

function update() {
  const blank = pad.strokes.length === 0;
  root.classList.toggle("blank", blank);
  for (const button of root.querySelectorAll(".tools button")) button.setAttribute("aria-disabled", blank);
  if (blank) reading = { state: "empty", number };
  stale = true;
  render();
  if (!asking) ask();
}

async function ask() {
  asking = true;
  for (let wait = 250; stale; ) {
    stale = false;
    if (pad.strokes.length === 0 && !lost) break; // a blank pad needs no network
    const asked = { age, number };
    const answer = await withPatience(server.read_pad({ strokes: pad.strokes, number })).catch(() => null);
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
  return withPatience(server.compare_pad({ strokes: pad.strokes, number }));
}

function explain() {
  return withPatience(server.explain_pad({ strokes: pad.strokes, number }));
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
  return pad.strokes.length && !pad.isDown && !asking ? "Only a dot so far." : "";
}

function spoken() {
  if (lost) return "Reconnecting.";
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
slider.addEventListener("input", () => setNumber(Number(slider.value)));
document.addEventListener("keydown", onKey);
root.classList.toggle("trusting", !props.refuses);
root.querySelector(".others").hidden = !props.compares;
update();
