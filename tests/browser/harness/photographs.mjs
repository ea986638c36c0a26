// Photographs to send: those of the fixtures, and any number of others made of them.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../../fixtures/photos");

/** Absolute paths of real photographs. */
export const photos = (await readdir(folder)).filter((name) => /\.(jpe?g|png)$/.test(name)).sort().map((name) => path.join(folder, name));

/**
 * Makes distinct JPEG photographs in `directory`, by cutting, turning and lighting the real ones anew; the same ones in
 * each run. `variants(n)` gives the paths of the first n; `variants(n, edge)` of such whose longer side has `edge` pixels.
 */
export function photographer(browser, directory) {
  const made = new Map();
  return async function variants(count, edge = 800) {
    const paths = made.get(edge) ?? [];
    made.set(edge, paths);
    if (paths.length >= count) return paths.slice(0, count);
    const into = path.join(directory, `variants-${edge}`);
    await mkdir(into, { recursive: true });
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.evaluate(decode, await Promise.all(photos.map(async (each) => (await readFile(each)).toString("base64"))));
      while (paths.length < count) {
        const from = paths.length;
        const some = await page.evaluate(render, { from, to: Math.min(from + 50, count), edge });
        for (const [place, data] of some.entries()) {
          const file = path.join(into, `variant-${String(from + place).padStart(5, "0")}.jpg`);
          await writeFile(file, Buffer.from(data, "base64"));
          paths.push(file);
        }
      }
    } finally {
      await context.close();
    }
    return paths.slice(0, count);
  };
}

// These two run in the browser.
async function decode(files) {
  window.sources = await Promise.all(files.map(async (data) => {
    const blob = new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))]);
    const whole = await createImageBitmap(blob);
    const scale = Math.min(1, 1000 / Math.max(whole.width, whole.height));
    return createImageBitmap(whole, { resizeWidth: Math.round(whole.width * scale), resizeHeight: Math.round(whole.height * scale), resizeQuality: "medium" });
  }));
}

async function render({ from, to, edge }) {
  const results = [];
  for (let number = from; number < to; number += 1) {
    // A small generator of its own, sown with the number: the same photograph in every run.
    let seed = (number + 1) * 2654435761 >>> 0;
    const random = () => {
      seed = seed + 0x6d2b79f5 >>> 0;
      let mixed = Math.imul(seed ^ seed >>> 15, seed | 1);
      mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
      return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
    };
    const source = window.sources[number % window.sources.length];
    const share = 0.6 + 0.3 * random();
    const upright = random() < 0.3;
    const canvas = new OffscreenCanvas(upright ? Math.round(edge * 0.75) : edge, upright ? edge : Math.round(edge * 0.75));
    const drawing = canvas.getContext("2d");
    drawing.filter = `brightness(${0.75 + 0.5 * random()}) saturate(${0.7 + 0.6 * random()})`;
    drawing.translate(canvas.width / 2, canvas.height / 2);
    drawing.rotate((random() - 0.5) * 0.16);
    const scale = Math.max(canvas.width / source.width, canvas.height / source.height) * 1.15 / share;
    const slack = { x: source.width * scale - canvas.width * 1.15, y: source.height * scale - canvas.height * 1.15 };
    drawing.translate((random() - 0.5) * slack.x * 0.8, (random() - 0.5) * slack.y * 0.8);
    drawing.drawImage(source, -source.width * scale / 2, -source.height * scale / 2, source.width * scale, source.height * scale);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    results.push(btoa(text));
  }
  return results;
}
