// A key -> what is wished: "undo", "redo", "clear", a number 0 to 9, or null. Any layout, wherever the focus is.
function wishOf(event) {
  const [target] = event.composedPath();
  if (event.isComposing || event.altKey || target.matches?.(":read-write")) return null; // a text is being typed
  if (event.ctrlKey || event.metaKey) {
    // By the letter on the key; by its place where that letter is not Latin.
    const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace("Key", "").toLowerCase();
    if (letter === "z") return event.shiftKey ? "redo" : "undo";
    return letter === "y" && !event.metaKey ? "redo" : null;
  }
  if (event.key === "Backspace") return "undo";
  if (event.key === "Escape") return "clear";
  if (/^[0-9]$/.test(event.key)) return Number(event.key);
  const digit = event.key.length === 1 && !event.shiftKey && /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  return digit ? Number(digit[1]) : null;
}
