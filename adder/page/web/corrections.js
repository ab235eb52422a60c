// The corrections of this browser: drawings, and what they were meant as. They are in local storage, which all tabs share, as lists
// [weights, digit or null, scale, feature, image]. Where the browser stores nothing, they last as long as the page. Knows no server.
import { pixelsOf } from "./seen_image.js";

const MOST = 32;
const NOTHING_STORED = "This browser stores nothing: corrections last until you close the page.";

export function correctionStore(listen, changed) {
  // Many browsers hold corrections under this older name, in this form. With another, they would be lost.
  const KEY = `adder hand ${location.pathname}`;
  let list = [];
  let trouble = ""; // what is wrong with the storage, or with what was in it

  function recall() {
    let kept = null;
    list = [];
    trouble = "";
    try {
      kept = localStorage.getItem(KEY);
    } catch {
      return void (trouble = NOTHING_STORED);
    }
    try {
      list = parseCorrections(kept);
    } catch {
      trouble = "Your earlier corrections are damaged, and not used.";
    }
  }

  function put(next) {
    list = next;
    try {
      if (next.length) localStorage.setItem(KEY, JSON.stringify(next));
      else localStorage.removeItem(KEY);
      trouble = "";
    } catch {
      trouble = NOTHING_STORED;
    }
    changed();
  }

  recall();
  listen(window, "storage", ({ key }) => {
    if (key !== KEY && key !== null) return; // null: the whole storage was cleared
    recall(); // another tab added or removed corrections
    changed();
  });

  return {
    put,
    get list() { return list; },
    get sent() { return list.map((each) => each.slice(0, 4)); }, // as the server takes them: only other weights would need their images
    get trouble() { return trouble; },
    get isFull() { return list.length >= MOST; },
    // This server cannot use them. They stay stored until the next correction.
    setAside() {
      list = [];
      trouble = "Your corrections do not work here, and are not used.";
      changed();
    },
  };
}

// Parses the stored JSON, or null for none, into a list of corrections. Throws if this page cannot have stored it.
export function parseCorrections(text) {
  const list = text === null ? [] : JSON.parse(text);
  if (!Array.isArray(list) || list.length > MOST || !list.every(isCorrection)) throw new Error("damaged");
  return list;
}

function isCorrection(value) {
  if (!Array.isArray(value) || value.length !== 5 || pixelsOf(value) === null) return false;
  return value[1] === null || (Number.isInteger(value[1]) && value[1] >= 0 && value[1] <= 9);
}
