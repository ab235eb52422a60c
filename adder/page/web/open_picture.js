// A picture's file -> {picture, shown}: base64 that the server takes, and how the page shows it. A picture that is too large is made
// smaller. A JPEG is re-encoded, which strips EXIF data such as GPS, unless the browser hides its pixels.
export async function openPicture(file, { bytes }) {
  const SIDE = 1280;
  const LARGEST = 30_000_000; // bytes: no camera's picture is larger
  if (file.size > LARGEST) throw new Error("That file is too large for a picture.");
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) {
    if (file.size > bytes) throw new Error("This browser cannot open that as a picture.");
    return { picture: await inBase64(file), shown: null }; // the server says what it is
  }
  const shown = { address: URL.createObjectURL(file), aspect: bitmap.width / bitmap.height };
  const isWhole = file.size <= bytes && /^image\/(png|webp|gif|bmp)$/.test(file.type);
  if (isWhole) return { picture: await inBase64(file), shown };
  if (arePixelsHidden()) {
    if (file.size > bytes) throw new Error("This browser hides pictures from pages. Try one below 1.4 MB.");
    return { picture: await inBase64(file), shown };
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const type of file.type === "image/jpeg" ? [file.type] : ["image/webp", "image/jpeg"]) { // WebP keeps a transparent background
    const blob = await new Promise((made) => canvas.toBlob(made, type, 0.9));
    if (blob?.size <= bytes) return { picture: await inBase64(blob), shown };
  }
  throw new Error("That picture is too large.");
}

async function inBase64(blob) {
  const read = new Uint8Array(await blob.arrayBuffer());
  return btoa(read.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

// Firefox with resistFingerprinting gives pages noise instead of a canvas's pixels.
function arePixelsHidden() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [16, 16];
  const ink = canvas.getContext("2d");
  ink.fillStyle = "rgb(10 20 30)";
  ink.fillRect(0, 0, 16, 16);
  const pixels = ink.getImageData(0, 0, 16, 16).data;
  return pixels.some((value, i) => value !== [10, 20, 30, 255][i % 4]);
}
