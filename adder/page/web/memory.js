// Drawing, number and the link that was opened, kept for this tab alone: a reload, Back or a tab put to sleep loses nothing.
function tabMemory(limits) {
  const KEY = `adder ${location.pathname}`;
  const isWhole = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;
  const isStroke = (stroke) => stroke.length > 0 && stroke.every(([x, y]) => isWhole(x, limits.scale) && isWhole(y, limits.scale));
  const isRow = (row, _, rows) => row.length > 0 && row.length === rows[0].length && row.every((grey) => isWhole(grey, 255));

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
      const { strokes = [], ink = null, number, link } = JSON.parse(sessionStorage.getItem(KEY));
      const isKept = strokes.every(isStroke) && (ink === null || (ink.length > 0 && ink.every(isRow))) && isWhole(number, 9);
      return isKept ? { strokes, ink, number, link } : null;
    } catch {
      return null;
    }
  }

  return { keep, recall };
}
