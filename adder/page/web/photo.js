// A picture of a digit on paper -> base64 of a JPEG that the server takes: turned upright and made smaller by the browser.
async function photoAsJpeg(file, { bytes }) {
  const SIDE = 1280;
  const LARGEST = 30_000_000; // bytes: no camera's picture is larger
  if (file.size > LARGEST) throw new Error("That file is too large for a photo.");
  const photo = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!photo) throw new Error("That is no picture that this browser can open.");
  const scale = Math.min(1, SIDE / Math.max(photo.width, photo.height));
  const canvas = new OffscreenCanvas(Math.max(1, photo.width * scale), Math.max(1, photo.height * scale));
  const ink = canvas.getContext("2d");
  ink.fillStyle = "white"; // beneath what is transparent
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.drawImage(photo, 0, 0, canvas.width, canvas.height);
  photo.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  if (blob.size > bytes) throw new Error("That photo is too large.");
  const read = new Uint8Array(await blob.arrayBuffer());
  return btoa(read.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}
