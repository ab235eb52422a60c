// 'Not what I drew?': a tap teaches the hand what the drawing was meant as and, with leave, keeps the drawing for the server's owner.
// What was said can be changed until the drawing changes; what was said last, taken back.
function teaching(panel, pad, hand, learn, keep) {
  const leave = panel.querySelector("input");
  const line = panel.querySelector("[role=status]");
  const known = panel.querySelector(".known");
  const shelf = panel.querySelector(".lessons");
  const choices = [...Array(10).keys(), null];
  const name = (label) => (label === null ? "no digit" : String(label));
  const yours = (label) => (label === null ? "no digit" : `your ${label}`);
  const buttons = choices.map((label) => pressable(name(label), () => say(label)));
  const back = pressable("Take it back", () => takeBack());
  const forgetAll = pressable("Forget all", () => forget(hand.lessons, "Forgotten: all of them."));
  let drawing = 0; // counts changes of what is drawn
  let said; // of the drawing as it is now: its label
  let lesson = null; // ... what was learned of it
  let id = null; // ... and by which name it is kept
  let takeBack = null; // undoes what was done last
  let shown = null; // the lessons on the shelf
  let asking = false;

  async function say(label) {
    if (pad.isBlank) return void (line.textContent = "Draw a digit first.");
    if (asking || label === said) return;
    if (hand.isFull && !hand.lessons.includes(lesson)) return void (line.textContent = "It knows as many lessons as it can: forget one first.");
    const [of, strokes] = [drawing, pad.strokes];
    asking = true;
    line.textContent = "Learning…";
    const answer = await learn(label).catch(() => null);
    asking = false;
    if (!answer?.correction) return void (line.textContent = answer?.state ? "Draw a digit first." : "No answer. Try again.");
    const before = hand.lessons;
    const told = [`Learned: ${yours(label)}.`];
    const earlier = of === drawing ? [said, lesson] : []; // of the same drawing: it was meant as something else
    if (of === drawing) [said, lesson] = [label, answer.correction];
    hand.put([...before.filter((each) => each !== earlier[1]), answer.correction]);
    takeBack = () => {
      [said, lesson] = earlier;
      takeBack = null;
      hand.put(before);
      line.textContent = "Taken back.";
      if (said === undefined) withdraw();
      else if (id !== null) keepAs(said, strokes);
    };
    if (hand.trouble) told.push(hand.trouble);
    line.textContent = told.join(" ");
    refresh();
    if (leave.checked && of === drawing) await keepAs(label, strokes);
  }

  // For the server's owner, below what was learned.
  async function keepAs(label, strokes) {
    if (strokes.length === 0) return add("A photo is not kept, only what is drawn.");
    id ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const answer = await keep({ strokes, label, id }).catch(() => null);
    add(answer?.kept ? `Kept as ${name(label)}: thank you.` : (answer?.error ?? "It could not be kept: no answer."));
  }

  async function withdraw() {
    if (id === null) return;
    const answer = await keep({ strokes: [], label: null, id }).catch(() => null);
    add(answer?.kept ? "It will not be used." : (answer?.error ?? "It is still kept: no answer."));
  }

  const add = (text) => (line.textContent += ` ${text}`);

  function forget(some, text) {
    const before = hand.lessons;
    hand.put(before.filter((each) => !some.includes(each)));
    if (some.includes(lesson)) [said, lesson] = [undefined, null];
    takeBack = () => {
      takeBack = null;
      hand.put(before);
      line.textContent = "They are back.";
    };
    line.textContent = text;
    refresh();
  }

  function refresh() {
    const { lessons } = hand;
    buttons.forEach((each, index) => {
      each.setAttribute("aria-disabled", pad.isBlank || choices[index] === said);
      each.setAttribute("aria-pressed", choices[index] === said);
    });
    back.hidden = !takeBack;
    known.textContent = lessons.length ? `${lessons.length} ${lessons.length === 1 ? "lesson" : "lessons"} learned` : hand.trouble ? "no lessons" : "";
    if (shown === lessons) return;
    shown = lessons;
    shelf.hidden = lessons.length === 0;
    shelf.querySelector("div").replaceChildren(...lessons.map(thumbnail), forgetAll);
  }

  function thumbnail(each) {
    const made = pressable("", () => forget([each], `Forgotten: ${yours(each[1])}.`));
    const canvas = document.createElement("canvas");
    const sign = document.createElement("span");
    [canvas.width, canvas.height] = [28, 28];
    greys(canvas, pixelsOf(each));
    sign.textContent = each[1] ?? "–";
    made.append(canvas, sign);
    made.setAttribute("aria-label", `Forget ${yours(each[1])}`);
    return made;
  }

  function changed() {
    drawing += 1;
    [said, lesson, id, takeBack] = [undefined, null, null, null];
    line.textContent = hand.trouble;
    refresh();
  }

  panel.querySelector(".answers").append(...buttons, back);
  leave.addEventListener("change", () => {
    if (leave.checked && said !== undefined) keepAs(said, pad.strokes); // the tap came first
  });
  if (hand.trouble) line.textContent = hand.trouble;
  refresh();
  return { changed, refresh };
}

function pressable(text, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}
