// 'How it works'. Its HTML and script come from the server when you open it for the first time: closed, it costs nothing.
export function lessonsPanel(panel, ask, page) {
  const PAUSE = 1000; // ms before a busy server is asked again
  let lessons = null;
  let newest = null;
  let loading = false;

  async function load() {
    if (!panel.open || lessons || loading) return;
    loading = true;
    const loaded = await ask({ lesson: "panel" }).catch(() => null);
    loading = false;
    if (!loaded?.script) return void setTimeout(load, PAUSE);
    panel.insertAdjacentHTML("beforeend", loaded.html);
    lessons = new Function("panel", "page", loaded.script)(panel, { ask, ...page }); // lessons/lessons.js
    lessons.show(newest);
  }

  panel.addEventListener("toggle", load);
  return {
    show(reading) {
      newest = reading;
      lessons?.show(reading);
    },
  };
}
