// What the network answered, put on the page. It draws what it is given and asks nobody.
const percent = (p) => (p > 0.99 ? "over 99 %" : p < 0.01 ? "under 1 %" : `${Math.round(100 * p)} %`); // no network is ever 100 % sure

// An answer for a number: the sums for all ten came with it, so that a slider needs no server.
function withNumber(answer, number) {
  const sums = answer.sums?.[number];
  return { ...answer, number, ...(sums && { sum_probs: sums, sum: sums.indexOf(Math.max(...sums)) }) };
}

// The line below the equation, and what is read out of it.
function inWords({ state, digit, unsure, digit_probs: probs, digit_score: score }) {
  if (state === "refused") return `${percent(score)} like a digit; if so, a ${digit}.`;
  if (unsure === null) return `${percent(probs[digit])} sure`;
  return `${digit} (${percent(probs[digit])}) or ${unsure} (${percent(probs[unsure])})?`;
}

function aloud({ state, digit, number, sum, unsure }) {
  if (state === "refused") return "That does not look like a digit.";
  if (state !== "digit") return "";
  return `${digit} plus ${number} is ${sum}.${unsure === null ? "" : ` The digit could also be a ${unsure}.`}`;
}

// An image's 784 grey values in a canvas of 28 x 28, black: the dark theme inverts the canvas.
function greys(canvas, image) {
  const ink = canvas.getContext("2d");
  ink.clearRect(0, 0, 28, 28);
  if (!image) return;
  const data = ink.createImageData(28, 28);
  image.forEach((grey, i) => (data.data[4 * i + 3] = grey));
  ink.putImageData(data, 0, 0);
}

function readingView(root) {
  const section = root.querySelector("#reading");
  const find = (selector) => section.querySelector(selector);
  const digitBars = barRow(find(".digits"), 10, percent);
  const sumBars = barRow(find(".sums"), 19, percent);

  return {
    show(reading) {
      const isDigit = reading.state === "digit";
      section.dataset.state = reading.state;
      section.dataset.digit = isDigit ? reading.digit : "";
      section.dataset.sum = isDigit ? reading.sum : "";
      if (isDigit && reading.unsure !== null) section.dataset.unsure = reading.unsure;
      else delete section.dataset.unsure;
      find(".equation .digit").textContent = isDigit ? reading.digit : "?";
      find(".equation .sum").textContent = isDigit ? reading.sum : "?";
      section.querySelectorAll(".number").forEach((element) => (element.textContent = reading.number));
      section.style.setProperty("--shift", reading.number);
      section.dataset.shift = reading.number;
      section.style.setProperty("--sum", reading.sum ?? 0);
      digitBars(reading.digit_probs);
      sumBars(reading.sum_probs);
      greys(root.querySelector(".seen"), reading.image);
    },
    say(text) {
      find(".words").textContent = text;
      find(".words").classList.toggle("long", text.length > 44); // two small lines in the place of one
    },
    announce: (text) => (find(".live").textContent = text),
  };
}
