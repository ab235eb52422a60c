// Which ink spoke for the digit: asked for by a button.
function matteringLesson(item, explain) {
  const button = item.querySelector("button");
  const line = item.querySelector("[role=status]");
  const map = item.querySelector("canvas");
  let reading = null;

  function show(next) {
    reading = next;
    paintInk(map, reading.image);
    map.setAttribute("aria-label", "Your drawing as 28 by 28 pixels");
    button.setAttribute("aria-disabled", reading.state !== "digit");
    line.textContent = reading.state === "refused" ? "No digit was read, so none can be explained." : "";
  }

  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    const asked = reading;
    line.textContent = "Asking…";
    const answer = await explain().catch(() => null);
    if (asked !== reading) return; // drawn on since: the map would be of another drawing
    if (!answer?.saliency) return void (line.textContent = "No answer. Try again.");
    paintInk(map, answer.image, answer.saliency);
    line.textContent = `What made it a ${answer.digit}: the stronger the colour, the more that ink counted.`;
    map.setAttribute("aria-label", `Your drawing, coloured where the ink spoke for a ${answer.digit}`);
  });
  return { show };
}
