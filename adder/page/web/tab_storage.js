// Drawing, number and the link that was opened, kept for this tab alone: a reload, Back or a sleeping tab loses nothing.
export function tabStorage(settings) {
  const KEY = `adder ${location.pathname}`;

  function keep(state) {
    try {
      sessionStorage.removeItem(KEY); // better nothing than what was there before
      sessionStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      // blocked, or full
    }
  }

  // What `keep` kept, or null.
  function recall() {
    try {
      return parseTab(sessionStorage.getItem(KEY), settings);
    } catch {
      return null;
    }
  }

  return { keep, recall };
}

// Parses the JSON that `keep` stored; null if `keep` cannot have stored it.
export function parseTab(text, { scale }) {
  const isWhole = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;
  const isStroke = (stroke) => stroke.length > 0 && stroke.every(([x, y]) => isWhole(x, scale) && isWhole(y, scale));
  const isRow = (row, _, rows) => row.length > 0 && row.length === rows[0].length && row.every((grey) => isWhole(grey, 255));
  try {
    const { strokes = [], ink = null, number, link } = JSON.parse(text);
    const isKept = strokes.every(isStroke) && (ink === null || (ink.length > 0 && ink.every(isRow))) && isWhole(number, 9);
    return isKept ? { strokes, ink, number, link } : null;
  } catch {
    return null;
  }
}
