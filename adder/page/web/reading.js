// What the network answered, put on the page. It draws what it is given and asks nobody.
function readingView(root) {
  const section = root.querySelector("#reading");
  const find = (selector) => section.querySelector(selector);
  const percent = (p) => (p > 0.99 ? "over 99 %" : `${Math.round(100 * p)} %`); // no network is ever 100 % sure

  function bars(list, count) {
    list.replaceChildren(
      ...Array.from({ length: count }, (_, value) => {
        const column = document.createElement("li");
        column.append(document.createElement("i"), document.createElement("span"));
        column.lastChild.textContent = value;
        return column;
      }),
    );
    return (probs) => {
      const top = probs ? probs.indexOf(Math.max(...probs)) : -1;
      [...list.children].forEach((column, value) => {
        column.style.setProperty("--p", probs ? probs[value] : 0);
        column.classList.toggle("top", value === top);
      });
    };
  }
  const digitBars = bars(find(".digits ol"), 10);
  const sumBars = bars(find(".sums ol"), 19);

  function pixels(image) {
    const canvas = root.querySelector(".seen");
    const ink = canvas.getContext("2d");
    ink.clearRect(0, 0, 28, 28);
    if (!image) return;
    const data = ink.createImageData(28, 28);
    image.forEach((grey, i) => (data.data[4 * i + 3] = grey)); // black; the dark theme inverts the canvas
    ink.putImageData(data, 0, 0);
  }

  function describe(row, name, probs) {
    const likely = probs?.map((p, value) => [p, value]).filter(([p]) => p >= 0.01).sort((a, b) => b[0] - a[0]).slice(0, 3);
    const text = likely?.map(([p, value]) => `${value} ${percent(p)}`).join(", ") || "nothing drawn yet";
    find(row).setAttribute("aria-label", `${name}: ${text}`);
  }

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
      describe(".digits", "Digit", reading.digit_probs);
      describe(".sums", "Sum", reading.sum_probs);
      pixels(reading.image);
    },
    say: (text) => (find(".words").textContent = text),
    announce: (text) => (find(".live").textContent = text),
    percent,
  };
}
