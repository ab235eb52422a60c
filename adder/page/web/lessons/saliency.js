// Which ink counted for the digit. A button asks the server.
import { paintImage } from "./canvas.js";

export function saliencyLesson(item, ask) {
  const button = item.querySelector("button");
  const line = item.querySelector("[role=status]");
  const map = item.querySelector("canvas");
  let reading = null;

  function show(next) {
    reading = next;
    paintImage(map, reading.image);
    map.setAttribute("aria-label", "Your drawing as 28 by 28 pixels");
    button.setAttribute("aria-disabled", reading.state !== "digit");
    line.textContent = reading.state === "refused" ? "The network saw no digit, so there is nothing to explain." : "";
  }

  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    const asked = reading;
    line.textContent = "Asking…";
    const answer = await ask().catch(() => null);
    if (asked !== reading) return; // somebody drew since: the map is of another drawing
    if (!answer?.saliency) return void (line.textContent = "No answer. Try again.");
    paintImage(map, answer.image, answer.saliency);
    line.textContent = `What made it a ${answer.digit}: the stronger the colour, the more that ink counted.`;
    map.setAttribute("aria-label", `Your drawing, coloured where the ink counted for a ${answer.digit}`);
  });
  return { show };
}
