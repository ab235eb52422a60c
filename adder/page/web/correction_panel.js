// 'Not what I drew?': tap what the drawing is, and the page remembers it. If you allow it, the server's owner keeps the drawing too.
// You can change your answer until the drawing changes, and undo the newest one.
import { newButton } from "./button.js";
import { pixelsOf, showImage } from "./seen_image.js";
import { labelName, yourLabel } from "./phrases.js";

export function correctionPanel(panel, drawing, corrections, correct, store) {
  const consent = panel.querySelector("input");
  const line = panel.querySelector("[role=status]");
  const count = panel.querySelector(".count");
  const listed = panel.querySelector(".corrections");
  const labels = [...Array(10).keys(), null];
  const buttons = labels.map((label) => newButton(labelName(label), () => answer(label)));
  const undoButton = newButton("Undo this", () => undo());
  const removeAll = newButton("Remove all", () => remove(corrections.list, "Removed: all of them."));
  let version = 0; // counts the changes of the drawing
  let chosen; // the label that you chose for the drawing as it is now; undefined until you choose one
  let correction = null; // the correction made from that drawing and label
  let id = null; // under which the server keeps that drawing
  let undo = null; // undoes the newest change
  let shown = null; // the list of corrections that the panel shows
  let asking = false;

  async function answer(label) {
    if (drawing.isBlank) return void (line.textContent = "Draw a digit first.");
    if (asking || label === chosen) return;
    if (corrections.isFull && !corrections.list.includes(correction)) return void (line.textContent = "There is no room for more: remove a correction first.");
    const [asked, strokes] = [version, drawing.strokes];
    asking = true;
    line.textContent = "One moment…";
    const made = await correct(label).catch(() => null);
    asking = false;
    if (!made?.correction) return void (line.textContent = made?.state ? "Draw a digit first." : "No answer. Try again.");
    const before = corrections.list;
    const earlier = asked === version ? [chosen, correction] : []; // the earlier answer for the same drawing
    if (asked === version) [chosen, correction] = [label, made.correction];
    corrections.put([...before.filter((each) => each !== earlier[1]), made.correction]);
    undo = () => {
      [chosen, correction] = earlier;
      undo = null;
      corrections.put(before);
      line.textContent = "Undone.";
      if (chosen === undefined) withdraw();
      else if (id !== null) storeAs(chosen, strokes);
    };
    line.textContent = [`Remembered: ${yourLabel(label)}.`, corrections.trouble].filter(Boolean).join(" ");
    refresh();
    if (consent.checked && asked === version) await storeAs(label, strokes);
  }

  // For the server's owner. The line then says both.
  async function storeAs(label, strokes) {
    if (strokes.length === 0) return append("The server keeps drawings, but no photos.");
    id ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const stored = await store({ strokes, label, id }).catch(() => null);
    append(stored?.kept ? `Kept as ${labelName(label)}: thank you.` : (stored?.error ?? "It could not be kept: no answer."));
  }

  async function withdraw() {
    if (id === null) return;
    const stored = await store({ strokes: [], label: null, id }).catch(() => null);
    append(stored?.kept ? "The server will not use it." : (stored?.error ?? "The server still keeps it: no answer."));
  }

  const append = (text) => (line.textContent += ` ${text}`);

  function remove(some, text) {
    const before = corrections.list;
    corrections.put(before.filter((each) => !some.includes(each)));
    if (some.includes(correction)) [chosen, correction] = [undefined, null];
    undo = () => {
      undo = null;
      corrections.put(before);
      line.textContent = "They are back.";
    };
    line.textContent = text;
    refresh();
  }

  function refresh() {
    const { list, trouble } = corrections;
    buttons.forEach((each, index) => {
      each.setAttribute("aria-disabled", drawing.isBlank || labels[index] === chosen);
      each.setAttribute("aria-pressed", labels[index] === chosen);
    });
    undoButton.hidden = !undo;
    count.textContent = list.length ? `${list.length} correction${list.length === 1 ? "" : "s"}` : trouble ? "no corrections" : "";
    if (shown === list) return;
    shown = list;
    listed.hidden = list.length === 0;
    listed.querySelector("div").replaceChildren(...list.map(thumbnail), removeAll);
  }

  function thumbnail(each) {
    const [, label] = each;
    const made = newButton("", () => remove([each], `Removed: ${yourLabel(label)}.`));
    const canvas = document.createElement("canvas");
    const sign = document.createElement("span");
    [canvas.width, canvas.height] = [28, 28];
    showImage(canvas, pixelsOf(each));
    sign.textContent = label ?? "–";
    made.append(canvas, sign);
    made.setAttribute("aria-label", `Remove ${yourLabel(label)}`);
    return made;
  }

  function drawingChanged() {
    version += 1;
    [chosen, correction, id, undo] = [undefined, null, null, null];
    line.textContent = corrections.trouble;
    refresh();
  }

  panel.querySelector(".answers").append(...buttons, undoButton);
  consent.addEventListener("change", () => {
    if (consent.checked && chosen !== undefined) storeAs(chosen, drawing.strokes); // the answer came first
  });
  line.textContent = corrections.trouble;
  refresh();
  return { drawingChanged, refresh };
}
