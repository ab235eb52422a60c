// 'How it works' comes from the server when it is first opened: folded, it costs nothing.
function unfolding(panel, ask, given) {
  const PAUSE = 1000; // ms until a server that was busy is asked again
  const tools = { percent, pixelsOf, pressable }; // of the page's rooms, that the lessons use too
  let lessons = null;
  let newest = null;
  let coming = false;

  async function come() {
    if (!panel.open || lessons || coming) return;
    coming = true;
    const rooms = await ask({ lesson: "rooms" }).catch(() => null);
    coming = false;
    if (!rooms?.script) return void setTimeout(come, PAUSE);
    panel.insertAdjacentHTML("beforeend", rooms.html);
    const made = new Function(...Object.keys(tools), "panel", "given", `${rooms.script}\nreturn allLessons(panel, given);`);
    lessons = made(...Object.values(tools), panel, { ask, ...given });
    lessons.show(newest);
  }

  panel.addEventListener("toggle", come);
  return {
    show(reading) {
      newest = reading;
      lessons?.show(reading);
    },
  };
}
