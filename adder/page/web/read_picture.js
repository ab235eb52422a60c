// Reads a picture: opens its file, lets the server find the digit, and puts that ink on the pad. Until then the pad keeps what it had.
// Only the newest picture counts, and any ink that you draw ends the search in it.
import { openPicture } from "./open_picture.js";
import { lookStarted, photoFound, pictureLeft } from "./page_state.js";
import { pictureFrames } from "./picture_frame.js";

export function pictureReader(root, store, drawing, largest, find, tell) {
  const frames = pictureFrames(root, (frame) => lookAt(picture, frame));
  let picture = null; // the newest, as the server takes it and as the page shows it

  function startLook() {
    store.apply(lookStarted);
    return store.state.looking;
  }

  async function read(file) {
    frames.close();
    const look = startLook();
    tell("Looking for the digit…");
    const opened = await openPicture(file, largest).catch((error) => look === store.state.looking && void tell(error.message));
    if (look !== store.state.looking || !opened) return;
    if (picture?.shown) URL.revokeObjectURL(picture.shown.address);
    picture = opened;
    await lookAt(picture);
  }

  // In the whole picture, or in a frame of it.
  async function lookAt({ picture, shown }, frame = null) {
    const look = startLook();
    if (shown) frames.open(shown);
    tell("Looking for the digit…");
    const found = await find({ picture, frame }).catch(() => null);
    if (look !== store.state.looking) return;
    if (found?.ink) {
      drawing.showPhoto(found.ink);
      if (!shown) return;
      store.apply(photoFound, { ...shown, frame: found.frame });
      return frames.found(found.frame);
    }
    if (found?.frames) frames.offer(found.frames);
    const advice = found?.kind && shown && found.kind !== "several" ? " Draw a frame round it." : "";
    tell(found ? found.error + advice : "No answer. Try again.");
  }

  function leave() {
    store.apply(pictureLeft);
    frames.close();
  }

  root.querySelector(".picture-small").addEventListener("click", () => {
    startLook();
    frames.open(picture.shown);
    tell("Draw a frame round the digit.");
  });
  return { read, leave };
}
