// The lessons of this browser's hand: what was drawn, and what it was meant as. They lie in local storage, which all tabs share, as
// lists [weights, digit or null, scale, feature, image]; where nothing can be stored, in this page alone. It knows no server.
function lessonStore(listen, changed) {
  const KEY = `adder hand ${location.pathname}`;
  const MOST = 32;
  const NOTHING_STORED = "This browser stores nothing: lessons last until the page is closed.";
  let lessons = [];
  let trouble = ""; // what is wrong with the storage, or with what lay in it

  const isLesson = (value) =>
    Array.isArray(value) && value.length === 5 && (value[1] === null || (Number.isInteger(value[1]) && value[1] >= 0 && value[1] <= 9)) && pixelsOf(value) !== null;

  function recall() {
    let kept = null;
    lessons = [];
    trouble = "";
    try {
      kept = localStorage.getItem(KEY);
    } catch {
      return void (trouble = NOTHING_STORED);
    }
    try {
      const value = kept === null ? [] : JSON.parse(kept);
      if (!Array.isArray(value) || value.length > MOST || !value.every(isLesson)) throw new Error("damaged");
      lessons = value;
    } catch {
      trouble = "The lessons of before are damaged, and not used.";
    }
  }

  function put(next) {
    lessons = next;
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
    if (key !== KEY && key !== null) return; // null: all of it was cleared
    recall(); // another tab taught or forgot
    changed();
  });

  return {
    put,
    get lessons() { return lessons; },
    get sent() { return lessons.map((lesson) => lesson.slice(0, 4)); }, // without the image: enough for the weights that saw it
    get trouble() { return trouble; },
    get isFull() { return lessons.length >= MOST; },
    // This server cannot use them; what is stored stays until something new is learned.
    setAside() {
      lessons = [];
      trouble = "Your lessons cannot be used here, and are left out.";
      changed();
    },
  };
}

// The 28 x 28 grey values of a lesson's image, or null.
function pixelsOf([, , , , image]) {
  try {
    const bytes = Array.from(atob(image), (letter) => letter.charCodeAt(0));
    return bytes.length === 784 ? bytes : null;
  } catch {
    return null;
  }
}
