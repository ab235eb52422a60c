// 'How it works': a list of lessons, each a question, of which one is open at a time. An open lesson shows the newest reading and may
// ask the server about it: one question on its way, the newest next. A closed one costs nothing.
export function lessonList(panel, ask) {
  const PAUSE = 1000; // ms before a busy server is asked again, twice as long each time
  const LONGEST = 8000;
  const refreshers = [];
  let reading = null;

  // `show` what the page knows about a reading; `question` for the server, or null; `take` its answer.
  function add(item, { show = () => {}, question = () => null, take }) {
    const details = item.querySelector("details");
    let shown = null; // the newest reading that it showed
    let asked = null; // the newest reading that it asked about
    let asking = false;
    let pause = PAUSE;

    async function refresh() {
      if (!panel.open || !details.open || !reading) return;
      if (shown !== reading) show((shown = reading));
      if (asking || asked === reading) return;
      const about = (asked = reading);
      const content = question(about);
      if (!content) return;
      asking = true;
      const answer = await ask(content).catch(() => null);
      if (!answer || answer.busy) {
        asked = null;
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(2 * pause, LONGEST);
      } else {
        pause = PAUSE;
        if (!answer.error) take(answer, about);
      }
      asking = false;
      refresh();
    }

    details.addEventListener("toggle", refresh);
    panel.addEventListener("toggle", refresh);
    refreshers.push(refresh);
    return function askAgain() {
      asked = null;
      refresh();
    };
  }

  return {
    add,
    show(next) {
      reading = next;
      refreshers.forEach((refresh) => refresh());
    },
  };
}
