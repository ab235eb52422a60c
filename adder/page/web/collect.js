// 'Not what I drew?': with leave, a drawing goes to the server with what it was meant as. What was said can be changed, or
// taken back, until the drawing changes: by the random id that it was kept under.
function collecting(panel, pad, keep) {
  const leave = panel.querySelector("input");
  const line = panel.querySelector("[role=status]");
  const choices = [...Array(10).keys(), null];
  const name = (label) => (label === null ? "not a digit" : String(label));
  const buttons = choices.map((label) => button(name(label), () => send(label)));
  const takeBack = button("Take it back", () => send());
  let id = null; // of the drawing as it is now, once it was kept
  let said; // as what
  let sending = false;

  function button(text, press) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", press);
    return made;
  }

  const missing = () => {
    if (!leave.checked) return "Tick the box above first: nothing is kept without it.";
    if (pad.strokes.length === 0) return pad.isBlank ? "Draw a digit first." : "A photo is not kept, only what is drawn.";
    return "";
  };

  // Without a label, what was kept is taken back.
  async function send(label) {
    if (missing()) return void (line.textContent = missing());
    if (sending || label === said) return;
    const before = [id, said];
    const drawing = pad.strokes;
    id ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    [said, sending] = [label, true];
    refresh();
    const isBack = label === undefined;
    const answer = await keep(isBack ? { strokes: [], label: null, id } : { strokes: drawing, label, id }).catch(() => null);
    sending = false;
    if (drawing !== pad.strokes) return; // drawn on since: what was said is of another drawing
    const isKept = answer && !answer.error;
    if (!isKept) [id, said] = before;
    line.textContent = isKept ? told(label) : (answer?.error ?? "No answer. Try again.");
    refresh();
  }

  function told(label) {
    return label === undefined ? "Taken back: it will not be used." : `Thank you: kept as ${name(label)}.`;
  }

  function refresh() {
    buttons.forEach((each, index) => {
      each.setAttribute("aria-disabled", Boolean(missing()) || choices[index] === said);
      each.setAttribute("aria-pressed", choices[index] === said);
    });
    takeBack.hidden = said === undefined;
  }

  function changed() {
    [id, said] = [null, undefined];
    line.textContent = "";
    refresh();
  }

  panel.querySelector(".answers").append(...buttons, takeBack);
  leave.addEventListener("change", () => {
    line.textContent = "";
    refresh();
  });
  refresh();
  return { changed };
}
