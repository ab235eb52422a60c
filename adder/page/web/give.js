// The reading, given away: a link and a picture, by the phone's own sheet where there is one, else to clipboard and disk.
// `tell` puts words on the page, for good or for some seconds.
function giving(root, pad, links, tell) {
  const SECONDS = 3;
  const hasSheet = Boolean(navigator.share) && matchMedia("(pointer: coarse)").matches;

  // By the sheet; false where it cannot take this.
  async function shared(content) {
    if (!hasSheet || !navigator.canShare?.(content)) return false;
    try {
      await navigator.share(content);
    } catch (error) {
      return error.name === "AbortError"; // closed without a choice: that is one
    }
    return true;
  }

  async function link(number) {
    if (pad.strokes.length === 0) return tell(pad.isBlank ? "Draw a digit first." : "A photo does not fit in a link.");
    const url = new URL(links.write(pad.strokes, number), location.href).href;
    if (await shared({ title: document.title, url })) return;
    try {
      await navigator.clipboard.writeText(url);
      tell("Link copied. It holds the drawing itself.", SECONDS);
    } catch {
      byHand(url); // without leave to copy, or without https
    }
  }

  function byHand(url) {
    history.replaceState(null, "", url);
    if (window.parent === window) return tell("The link is in the address bar.");
    const field = root.querySelector(".by-hand"); // in a frame the address bar is another page's
    field.value = url;
    field.hidden = false;
    field.select();
    tell("Copy the link below.");
  }

  async function picture(reading) {
    if (reading?.state !== "digit") return tell("There is no reading to save yet.");
    const name = `adder-${reading.digit}-plus-${reading.number}.png`;
    const file = new File([await pictureOf(root, pad, reading, percent)], name, { type: "image/png" });
    if (await shared({ files: [file] })) return;
    const anchor = document.createElement("a");
    anchor.download = name;
    anchor.href = URL.createObjectURL(file);
    anchor.click();
    URL.revokeObjectURL(anchor.href);
    tell("Picture saved.", SECONDS);
  }

  if (hasSheet) {
    root.querySelector(".copy").textContent = "Share link";
    root.querySelector(".save").textContent = "Share picture";
  }
  return { link, picture };
}
