// A pressed key -> "undo", "redo", "clear", a number 0 to 9, or null. On any keyboard layout, wherever the focus is.
export function shortcutOf(event) {
  const [target] = event.composedPath();
  if (event.isComposing || event.altKey || target.matches?.(":read-write")) return null; // somebody types a text
  if (event.ctrlKey || event.metaKey) {
    // The letter on the key counts; where it is not Latin, the key's place does.
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
