// Pictures that you pick, take with the camera, paste, or drop anywhere on the page. It never fetches an address.
export function listenForPictures(root, listen, read, tell) {
  const picker = root.querySelector("[type=file]");
  picker.addEventListener("change", () => {
    if (picker.files.length) read(picker.files[0]);
    picker.value = ""; // the same file may be picked again
  });
  root.querySelector(".camera").addEventListener("click", () => {
    picker.setAttribute("capture", "environment");
    picker.click();
    picker.removeAttribute("capture");
  });

  listen(document, "paste", (event) => {
    const [file] = event.clipboardData.files;
    if (!file || event.target.matches?.(":read-write")) return;
    event.preventDefault();
    read(file);
  });

  let inside = 0; // how many elements the dragged file has entered and not left
  const mark = (depth) => root.classList.toggle("dropping", (inside = depth) > 0);
  const isPicture = ({ dataTransfer }) => ["Files", "text/uri-list"].some((type) => dataTransfer.types.includes(type));
  listen(document, "dragenter", (event) => isPicture(event) && mark(inside + 1));
  listen(document, "dragleave", (event) => isPicture(event) && mark(Math.max(0, inside - 1)));
  listen(document, "dragover", (event) => isPicture(event) && event.preventDefault());
  listen(document, "drop", (event) => {
    if (!isPicture(event)) return;
    event.preventDefault(); // else the browser would open the file instead of this page
    mark(0);
    const [file] = event.dataTransfer.files;
    if (file) read(file);
    else tell("That was no picture file. Save the picture, and drop its file here.");
  });
}
