// An image's 784 grey values on a canvas of 28 x 28, black: the dark theme inverts the canvas.
export function showImage(canvas, image) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, 28, 28);
  if (!image) return;
  const data = context.createImageData(28, 28);
  image.forEach((grey, i) => (data.data[4 * i + 3] = grey));
  context.putImageData(data, 0, 0);
}

// The 28 x 28 grey values of a correction's image, or null.
export function pixelsOf([, , , , image]) {
  try {
    const bytes = Array.from(atob(image), (character) => character.charCodeAt(0));
    return bytes.length === 784 ? bytes : null;
  } catch {
    return null;
  }
}
