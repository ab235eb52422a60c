// Share the reading as a link or as a picture: with the phone's own menu where there is one, else as a copied link and a saved file.
// `tell` shows a text on the page, for some seconds or until the next one.
import { writeLink } from "./drawing_link.js";
import { resultPicture } from "./result_picture.js";

export function sharing(root, { drawing, paint }, settings, tell) {
  const SECONDS = 3;
  const hasMenu = Boolean(navigator.share) && matchMedia("(pointer: coarse)").matches;

  // Opens the phone's menu; false if there is none for this content.
  async function shared(content) {
    if (!hasMenu || !navigator.canShare?.(content)) return false;
    try {
      await navigator.share(content);
    } catch (error) {
      return error.name === "AbortError"; // you closed the menu: no other way is offered
    }
    return true;
  }

  async function link(number) {
    if (drawing.strokes.length === 0) return tell(drawing.isBlank ? "Draw a digit first." : "A photo does not fit in a link.");
    const url = new URL(writeLink(settings, drawing.strokes, number), location.href).href;
    if (await shared({ title: document.title, url })) return;
    try {
      await navigator.clipboard.writeText(url);
      tell("Link copied. It holds the drawing itself.", SECONDS);
    } catch {
      offerLink(url); // not allowed to copy, or without https
    }
  }

  function offerLink(url) {
    history.replaceState(null, "", url);
    if (window.parent === window) return tell("The link is in the address bar.");
    const field = root.querySelector(".link-field"); // in a frame, the address bar shows another page's address
    field.value = url;
    field.hidden = false;
    field.select();
    tell("Copy the link below.");
  }

  async function picture(reading) {
    if (reading?.state !== "digit") return tell("There is no reading to save yet.");
    const name = `adder-${reading.digit}-plus-${reading.number}.png`;
    const file = new File([await resultPicture(root, paint, reading)], name, { type: "image/png" });
    if (await shared({ files: [file] })) return;
    const anchor = document.createElement("a");
    anchor.download = name;
    anchor.href = URL.createObjectURL(file);
    anchor.click();
    URL.revokeObjectURL(anchor.href);
    tell("Picture saved.", SECONDS);
  }

  if (hasMenu) {
    root.querySelector(".copy").textContent = "Share link";
    root.querySelector(".save").textContent = "Share picture";
  }
  return { link, picture };
}
