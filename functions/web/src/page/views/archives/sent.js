// The archives that this page sent, by their jobs: what they hold can be shown as long as the page is open.
import { entries } from "../../core/zip.js";

/** Job id to `{ name, blob }`. */
export const sent = new Map();

/** The badges of states of a job. */
export const STATES = { done: "good", failed: "bad", running: "info" };

/** What is a picture in an archive. */
export const PICTURE = /\.(jpe?g|png|bmp|tiff?)$/i;

/** The pictures of an archive, as the service picks them: by extension, hidden ones and what macOS adds passed over. */
export async function picturesOf(blob) {
  const isPassedOver = (name) => name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
  return (await entries(blob)).filter(({ name }) => PICTURE.test(name) && !isPassedOver(name));
}

let queue = Promise.resolve();

/** Draws a picture small into a canvas, one after the other; what browsers cannot decode stays empty. */
export function drawSmall(canvas, picture, signal) {
  queue = queue.then(async () => {
    if (signal.aborted) return;
    const bitmap = await createImageBitmap(await picture.blob());
    canvas.height = 240 * bitmap.height / bitmap.width;
    canvas.getContext("2d").drawImage(bitmap, 0, 0, 240, canvas.height);
    bitmap.close();
  }).catch(() => canvas.classList.add("broken"));
}
