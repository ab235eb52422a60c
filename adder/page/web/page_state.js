// What the page knows, as one object that nobody changes. A transition takes the state and returns the next one, and its name says
// what happened; the last functions derive what the page shows. No function knows the DOM, the clock or the server, so Node can test them all.
import { inWords } from "./phrases.js";

export const EMPTY = { state: "empty" }; // the answer to a blank pad

export function initialState(number) {
  return {
    number, // to add
    answer: EMPTY, // the server's newest
    reading: withNumber(EMPTY, number), // that answer with the number: what the page shows
    inkVersion: 0, // grows when ink is erased or replaced: an answer to an older version is dropped
    outdated: false, // the answer is about ink that is gone
    asking: false, // a request is on its way, or waits to be sent again
    unasked: false, // something changed since the last request was sent
    server: "ready", // or "slow", "busy" (too many people), "lost" (no answer)
    notice: "", // a text to show instead of the reading
    link: "", // the newest link that was opened
    pictures: 0, // counts the searches for a digit in a picture, or in a frame of it
    looking: null, // the count of the newest search while it runs or after it failed; else null
    photo: null, // where the ink on the pad comes from: {address, aspect, frame} of a picture that the browser can show
    refreshes: 0, // how often the server made the corrections again, with its own weights
  };
}

// --- the pad and the number ---

// `event` is "drawn", "erased" (this includes replaced) or "full". Any change of the ink ends a search in a picture.
export function inkChanged(state, event, isBlank) {
  const next = { ...pictureLeft(state), notice: event === "full" ? "That is a lot of strokes. Clear to start again." : "" };
  if (event === "full") return next;
  const erased = event === "erased" ? { inkVersion: state.inkVersion + 1, outdated: !isBlank } : {};
  return questionChanged({ ...next, ...erased }, isBlank);
}

// The ink or the corrections changed, so the server must read again. The answer to a blank pad is known.
export function questionChanged(state, isBlank) {
  return { ...(isBlank ? answerTaken(state, EMPTY) : state), unasked: true };
}

export function numberPicked(state, number) {
  const notice = state.looking === null ? "" : state.notice;
  return { ...state, number, reading: withNumber(state.answer, number), notice };
}

// --- the server ---

export const askingStarted = (state) => ({ ...state, asking: true });
export const requestSent = (state) => ({ ...state, unasked: false });
export const serverSlow = (state) => (state.server === "ready" ? { ...state, server: "slow" } : state);
export const serverBusy = (state) => ({ ...state, server: "busy", unasked: true });
export const serverLost = (state) => ({ ...state, server: "lost", unasked: true });
export const serverReady = (state) => ({ ...state, server: "ready" });
export const askingEnded = (state) => ({ ...serverReady(state), asking: false });

// `inkVersion` as it was when the request was sent.
export function answered(state, answer, inkVersion) {
  const ready = serverReady(state);
  if (answer.error) return { ...ready, notice: answer.error };
  return inkVersion === state.inkVersion ? answerTaken(ready, answer) : ready;
}

function answerTaken(state, answer) {
  return { ...state, answer, reading: withNumber(answer, state.number), outdated: false };
}

// The server has other weights than those that made the corrections.
export const correctionsRefreshed = (state) => ({ ...state, refreshes: state.refreshes + 1, unasked: true });

// --- pictures, links and notices ---

export const lookStarted = (state) => ({ ...state, pictures: state.pictures + 1, looking: state.pictures + 1 });
export const pictureLeft = (state) => ({ ...state, looking: null, photo: null });
export const photoFound = (state, photo) => ({ ...state, photo });
export const linkOpened = (state, link) => ({ ...state, link });
export const noticeGiven = (state, notice) => ({ ...state, notice });

// --- what follows from a state ---

// An answer with a number: the sums for all ten came with it, so that the slider needs no server.
export function withNumber(answer, number) {
  const sums = answer.sums?.[number];
  return { ...answer, number, ...(sums && { sum_probs: sums, sum: sums.indexOf(Math.max(...sums)) }) };
}

// The reading is about ink or a picture that is gone: the page shows it pale.
export const isPale = (state) => state.outdated || state.looking !== null;

// The line below the equation.
export function lineOf(state, isDown) {
  const { server, notice, reading, answer, asking } = state;
  if (server === "lost") return "Reconnecting… your drawing is kept.";
  if (server === "busy") return "Many people are drawing. One moment…";
  if (notice) return notice;
  if (server === "slow") return "Reading…";
  if (isPale(state) || (isDown && reading.state !== "digit")) return "";
  if (reading.state === "empty") return answer !== EMPTY && !asking ? "Only a dot so far." : "";
  return inWords(reading);
}
