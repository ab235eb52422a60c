// 'How it works': questions, of which one is open at a time. A lesson is shown the newest reading while it is open, and may ask the
// server then: one question on its way, the newest next. Closed, it costs nothing.
function lessonList(panel, ask) {
  const PAUSE = 1000; // ms until a server that was busy is asked again, twice as long each time
  const LONGEST = 8000;
  const following = [];

  // `show` what the page knows of a reading; `question` for the server, or null; `take` its answer.
  function follow(item, { show = () => {}, question = () => null, take }) {
    const details = item.querySelector("details");
    let drawn = null; // the reading that is shown
    let asked = null; // the one that was asked about last
    let asking = false;
    let pause = PAUSE;

    async function refresh() {
      if (!panel.open || !details.open || !reading) return;
      if (drawn !== reading) show((drawn = reading));
      if (asking || asked === reading) return;
      const of = (asked = reading);
      const content = question(of);
      if (!content) return;
      asking = true;
      const answer = await ask(content).catch(() => null);
      if (!answer || answer.busy) {
        asked = null;
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(2 * pause, LONGEST);
      } else {
        pause = PAUSE;
        if (!answer.error) take(answer, of);
      }
      asking = false;
      refresh();
    }

    details.addEventListener("toggle", refresh);
    panel.addEventListener("toggle", refresh);
    const again = () => {
      asked = null;
      refresh();
    };
    following.push(refresh);
    return again;
  }

  let reading = null;
  return {
    follow,
    show(next) {
      reading = next;
      following.forEach((refresh) => refresh());
    },
  };
}

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);

function blank(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

// Any CSS colour as [red, green, blue].
function rgbOf(colour) {
  const ink = blank(1, 1).getContext("2d");
  ink.fillStyle = colour;
  ink.fillRect(0, 0, 1, 1);
  return [...ink.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// The panel's colours as they are now, light or dark: of text, of what speaks for something, and of what speaks against.
function coloursOf(panel) {
  const style = getComputedStyle(panel);
  const colour = (name) => rgbOf(style.getPropertyValue(name).trim());
  return { plain: rgbOf(style.color), plus: colour("--accent"), minus: colour("--against") };
}

// Values from -1 to 1 as pixels, `layers` [[valueAt(x, y), colour above 0, colour below], ...] one over the other.
function paintValues(canvas, width, height, layers) {
  [canvas.width, canvas.height] = [width, height];
  const ink = canvas.getContext("2d");
  for (const [valueAt, plus, minus] of layers) {
    const layer = blank(width, height);
    const data = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      const value = valueAt(i % width, Math.floor(i / width));
      data.data.set([...(value < 0 ? minus : plus), 255 * Math.min(1, Math.abs(value))], 4 * i);
    }
    layer.getContext("2d").putImageData(data, 0, 0);
    ink.drawImage(layer, 0, 0);
  }
}

// Bars as list items, one a share.
function smallBars(list, probs) {
  while (list.children.length < probs.length) list.append(document.createElement("li"));
  probs.forEach((p, value) => list.children[value].style.setProperty("--p", p));
}

// A curve of shares in an SVG of 100 x 60.
function polyline(shares, kind) {
  const points = shares.map((share, i) => `${(100 * i) / Math.max(1, shares.length - 1)},${58 - 56 * share}`);
  return `<polyline class="${kind}" points="${points.join(" ")}" />`;
}

// Which of a canvas's 28 x 28 pixels a pointer is at, maybe beyond them; and where an arrow key leads from one, or null.
function pixelAt(canvas, event) {
  const { left, top, width } = canvas.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top].map((way) => Math.floor((28 * way) / width));
}

function pixelBeside(at, { key }) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  return step ? onGrid(at.map((place, axis) => place + step[axis])) : null;
}

const onGrid = (at) => at.map((place) => Math.min(Math.max(place, 0), 27));
const evenly = (count) => Array(count).fill(1 / count);
const rounded = (value, places) => (Math.abs(value) < 0.5 * 10 ** -places ? "0" : value.toFixed(places).replace("-", "−"));
const signed = (value, places) => (value > 0 && rounded(value, places) !== "0" ? "+" : "") + rounded(value, places);
