// Asks the server to read the pad. One request is on its way at a time; the newest state goes next, whatever came between.
import { answered, askingEnded, askingStarted, correctionsRefreshed, requestSent, serverBusy, serverLost, serverReady, serverSlow } from "./page_state.js";
import { withPatience } from "./request.js";

const SLOW = 1000; // ms before the page says that it waits
const SHORTEST = 250; // ms before a busy or lost server is asked again, twice as long each time
const LONGEST = 2000;
const REFRESHES = 3; // of the corrections, before the page goes on without them

export function readingRequests(store, drawing, corrections, server, { render, reconnected }) {
  async function run() {
    store.apply(askingStarted);
    for (let wait = SHORTEST; store.state.unasked; ) {
      store.apply(requestSent);
      if (drawing.isBlank && store.state.server !== "lost") break; // a blank pad needs no server
      const { inkVersion, number } = store.state;
      const slow = setTimeout(sayThatItIsSlow, SLOW);
      const question = { ...drawing.content, number, ...(corrections.list.length && { corrections: corrections.sent }) };
      const answer = await withPatience(server.read_pad(question)).catch(() => null); // Gradio logs a failed request
      clearTimeout(slow);
      if (answer && store.state.server === "lost") reconnected();
      if (!answer || answer.busy) {
        store.apply(answer ? serverBusy : serverLost);
        render();
        await new Promise((resolve) => setTimeout(resolve, wait));
        wait = Math.min(2 * wait, LONGEST);
        continue;
      }
      wait = SHORTEST;
      if (answer.kind === "corrections") {
        store.apply(serverReady);
        await refreshCorrections();
        continue;
      }
      store.apply(answered, answer, inkVersion);
      render();
    }
    store.apply(askingEnded);
    render();
  }

  function sayThatItIsSlow() {
    store.apply(serverSlow);
    render();
  }

  // Other weights made them: the server makes them again with its own, or the page leaves them out.
  async function refreshCorrections() {
    store.apply(correctionsRefreshed);
    const isOften = store.state.refreshes > REFRESHES;
    const refreshed = isOften ? null : await withPatience(server.refresh_corrections(corrections.list)).catch(() => null);
    if (refreshed?.corrections) corrections.put(refreshed.corrections);
    else corrections.setAside();
  }

  return { start: () => store.state.asking || run() };
}
