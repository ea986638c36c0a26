// Pictures in the page: thumbnails by direct links, originals and what is made of them through memory.
import { make } from "./element.js";
import { file, thumbnailLink } from "./client.js";

/** An `img` of a finished thumbnail: "100x100", "300x300", "1200x1200" (central squares) or "266x150" (the whole, fitted). */
export function thumbnail(imageId, preset, alt = "", attributes = {}) {
  const image = make("img", { alt, decoding: "async", draggable: "false", class: "thumbnail", ...attributes });
  let again = true;
  const load = () => thumbnailLink(imageId, preset).then((url) => { image.src = url; }, () => image.classList.add("broken"));
  image.addEventListener("error", () => {
    if (again) load(); // The link may have run out while the picture waited to be shown.
    else image.classList.add("broken");
    again = false;
  });
  load();
  return image;
}

/** Shows in `image` the file that an operation leads to; resolves to its blob. The address is given back when another takes its place. */
export async function showFile(image, operation, options) {
  const blob = await file(operation, options);
  showBlob(image, blob);
  return blob;
}

/** Shows a blob in `image`, and gives the address of the one before back. */
export function showBlob(image, blob) {
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
}

/** Formats that browsers show as they are. */
export const isShown = (format) => ["jpeg", "png", "webp", "gif", "bmp"].includes(String(format).toLowerCase());
