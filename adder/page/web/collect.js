// 'Not what I drew?': with leave, a drawing goes to the server with what it was meant as.
function collecting(panel, pad, keep) {
  const leave = panel.querySelector("input");
  const line = panel.querySelector("[role=status]");
  const buttons = [...Array(10).keys(), null].map(answer);
  let kept = false; // the drawing as it is now

  function answer(label) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label ?? "not a digit";
    button.addEventListener("click", () => send(label));
    return button;
  }

  async function send(label) {
    if (!isOpen()) return;
    kept = true;
    refresh();
    const answer = await keep(label).catch(() => null);
    if (!answer || answer.error) {
      kept = false;
      refresh();
      line.textContent = answer?.error ?? "No answer. Try again.";
    } else line.textContent = `Thank you: kept as ${label ?? "not a digit"}.`;
  }

  const isOpen = () => leave.checked && !kept && pad.strokes.length > 0;
  const refresh = () => buttons.forEach((button) => button.setAttribute("aria-disabled", !isOpen()));

  function changed() {
    kept = false;
    line.textContent = "";
    refresh();
  }

  panel.querySelector(".answers").append(...buttons);
  leave.addEventListener("change", changed);
  refresh();
  return { changed };
}
