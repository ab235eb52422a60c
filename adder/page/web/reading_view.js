// Shows a reading on the page: the equation, the bars and the image.
import { barRow } from "./bars.js";
import { showImage } from "./seen_image.js";

export function readingView(root) {
  const section = root.querySelector("#reading");
  const find = (selector) => section.querySelector(selector);
  const digitBars = barRow(find(".digits"), 10);
  const sumBars = barRow(find(".sums"), 19);

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
      showImage(root.querySelector(".seen"), reading.image);
    },
    say(text) {
      find(".words").textContent = text;
      find(".words").classList.toggle("long", text.length > 44); // two small lines instead of one
    },
    announce: (text) => (find(".live").textContent = text),
  };
}
