// The page: connects the pad, the number, the reading, the panels and the server. What it knows is in page_state.js.
import { comparePanel } from "./compare_panel.js";
import { correctionPanel } from "./correction_panel.js";
import { correctionStore } from "./corrections.js";
import { readLink } from "./drawing_link.js";
import { exampleButton } from "./examples.js";
import { lessonsPanel } from "./lessons_panel.js";
import { drawingPad } from "./pad.js";
import { inkChanged, initialState, isPale, lineOf, linkOpened, noticeGiven, numberPicked, questionChanged } from "./page_state.js";
import { listenForPictures } from "./picture_input.js";
import { pictureReader } from "./read_picture.js";
import { readingRequests } from "./reading_requests.js";
import { readingView } from "./reading_view.js";
import { withPatience } from "./request.js";
import { sharing } from "./sharing.js";
import { shortcutOf } from "./shortcuts.js";
import { tabStorage } from "./tab_storage.js";
import { aloud } from "./phrases.js";

// `element`, `props` and `server` as Gradio gives them: where the page is, what app.py says of it, and its server functions.
export function openPage(element, props, server) {
  const root = element.querySelector(".adder");
  const find = (selector) => root.querySelector(selector);
  const slider = find("#number-input");
  const store = {
    state: initialState(Number(slider.value)),
    apply(transition, ...details) { store.state = transition(store.state, ...details); },
  };
  const pad = drawingPad(find("#pad canvas"), props.pad, onInk);
  const { drawing } = pad;
  const content = () => ({ ...drawing.content, number: store.state.number });

  const view = readingView(root);
  const corrections = correctionStore(listen, onCorrections);
  const requests = readingRequests(store, drawing, corrections, server, { render, reconnected: () => compare.changed() });
  const pictures = pictureReader(root, store, drawing, props.picture, (picture) => withPatience(server.find_ink(picture)), tell);
  const share = sharing(root, pad, props.pad, tell);
  const storage = tabStorage(props.pad);
  const compare = comparePanel(find(".others"), drawing, () => withPatience(server.compare_pad(content())));
  const correct = correctionPanel(
    find(".teach"), drawing, corrections,
    (label) => withPatience(server.correct_pad({ ...content(), label })),
    (answer) => withPatience(server.store_pad(answer)),
  );
  const lessons = lessonsPanel(find(".how"), (question) => withPatience(server.lesson_pad({ ...content(), ...question })), {
    drawing, corrections,
    photo: () => store.state.photo,
    saliency: () => withPatience(server.saliency_pad(content())),
    threshold: props.threshold,
    has: props.lessons,
  });
  let shown = null; // the reading that is on the page
  let remembering = 0;
  let fading = 0;
  let speaking = 0;

  function onInk(event) {
    if (event === "lifted") {
      render();
      return compare.changed();
    }
    pictures.leave();
    store.apply(inkChanged, event, drawing.isBlank);
    if (event === "full") render();
    else ask();
    compare.changed();
    correct.drawingChanged();
  }

  function onCorrections() {
    correct.refresh();
    store.apply(questionChanged, drawing.isBlank);
    ask();
  }

  function ask() {
    root.classList.toggle("blank", drawing.isBlank);
    find(".link-field").hidden = true; // a link to what was there before
    remember();
    render();
    requests.start();
  }

  function pickNumber(value) {
    if (value === store.state.number) return;
    store.apply(numberPicked, value);
    showNumber();
    render();
    compare.changed();
  }

  function showNumber() {
    const { number } = store.state;
    slider.value = number;
    root.style.setProperty("--number", number);
    find("output").textContent = number;
    remember();
  }

  // Shows a text below the equation for some seconds, or, without `seconds`, until the next one.
  function tell(text, seconds) {
    store.apply(noticeGiven, text);
    clearTimeout(fading);
    if (seconds) fading = setTimeout(() => store.state.notice === text && tell(""), 1000 * seconds);
    render();
  }

  function remember() {
    clearTimeout(remembering);
    remembering = setTimeout(rememberNow, 200);
  }

  function rememberNow() {
    storage.keep({ ...content(), link: store.state.link });
  }

  // If a picture covers the pad, Clear closes the picture. Otherwise it clears the drawing.
  function clear() {
    if (store.state.looking === null) return drawing.clear();
    pictures.leave();
    tell("");
  }

  function openLink() {
    if (!location.hash) return;
    const linked = readLink(props.pad, location.hash);
    store.apply(linkOpened, location.hash);
    if (!linked) return tell("That link holds no drawing.");
    drawing.show(linked.strokes);
    pickNumber(linked.number);
  }

  function render() {
    const { state } = store;
    const isLost = state.server === "lost";
    root.classList.toggle("drawing", drawing.isDown);
    root.classList.toggle("lost", isLost);
    root.classList.toggle("outdated", isPale(state));
    for (const [name, possible] of [["undo", drawing.canUndo], ["redo", drawing.canRedo], ["clear", !drawing.isBlank || state.looking !== null]])
      find(`.${name}`).setAttribute("aria-disabled", !possible);
    if (shown !== state.reading) {
      shown = state.reading;
      view.show(shown);
      lessons.show(shown);
    }
    view.say(lineOf(state, drawing.isDown));
    clearTimeout(speaking); // a screen reader says the reading that stays, not each one on the way
    if (!drawing.isDown && (!state.asking || isLost)) speaking = setTimeout(announce, 400);
  }

  function announce() {
    const { server, notice, reading } = store.state;
    view.announce(server === "lost" ? "Reconnecting." : notice || aloud(reading));
  }

  // Gradio may replace this page with a new one; then this one stops listening.
  function listen(target, type, heard) {
    target.addEventListener(type, function hear(event) {
      if (element.isConnected) heard(event);
      else target.removeEventListener(type, hear);
    });
  }

  const commands = { undo: drawing.undo, redo: drawing.redo, clear };
  for (const name in commands) find(`.${name}`).addEventListener("click", commands[name]);
  listen(document, "keydown", (event) => {
    const shortcut = shortcutOf(event);
    if (shortcut === null) return;
    event.preventDefault();
    if (typeof shortcut === "number") pickNumber(shortcut);
    else commands[shortcut]();
  });
  slider.addEventListener("input", () => pickNumber(Number(slider.value)));
  listenForPictures(root, listen, pictures.read, tell);
  find(".copy").addEventListener("click", async () => {
    await share.link(store.state.number);
    store.apply(linkOpened, location.hash); // without a clipboard, the link is there now
    remember();
  });
  find(".save").addEventListener("click", () => share.picture(isPale(store.state) ? null : store.state.reading));
  const showExample = (strokes) => {
    drawing.show(strokes);
    if (root.getBoundingClientRect().top < 0) root.scrollIntoView(); // on a phone, the examples are far below the reading
  };
  find(".examples div").append(...props.examples.map((example) => exampleButton(example, showExample)));
  listen(window, "hashchange", openLink);
  listen(window, "pagehide", rememberNow);
  listen(document, "visibilitychange", () => document.hidden && rememberNow());
  root.classList.toggle("never-refuses", props.threshold === 0);
  find(".others").hidden = !props.compares;
  find(".collect").hidden = !props.collects;

  const kept = storage.recall();
  if (kept) {
    store.apply(numberPicked, kept.number);
    store.apply(linkOpened, kept.link);
    drawing.restore(kept);
  }
  showNumber();
  store.apply(questionChanged, drawing.isBlank);
  ask();
  const [{ type }] = performance.getEntriesByType("navigation");
  if (location.hash !== store.state.link || type === "navigate") openLink(); // after a reload this link is open already, and you may have drawn since
  store.apply(linkOpened, location.hash);
  window.handOverFirstPad?.(drawing); // what was drawn before this page was there
}
