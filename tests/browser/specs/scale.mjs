// Five thousand pictures: the library is scrolled from top to bottom, and never keeps anybody waiting.
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { binary } from "../harness/server.mjs";

export const title = "Five thousand pictures";
export const serve = [];
export const at = null;
export const limit = 600000;

const PICTURES = 5000;
const LONGEST_TASK_MS = 100;

export default async function ({ page, url, work, assert, shot, api, note, signal }) {
  const folder = path.join(work, "pictures");
  await mkdir(folder);
  for (let number = 0; number < PICTURES; number += 1) await writeFile(path.join(folder, `picture-${String(number).padStart(4, "0")}.bmp`), picture(number));
  const began = performance.now();
  await promisify(execFile)(binary, ["push", folder, "--url", url, "--concurrency", "16"], { maxBuffer: 1 << 26, signal });
  for (let completed = 0; completed < PICTURES;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    // Counting them all takes the server's time: only when none waits any more.
    const { items: waiting } = await api("GET /jobs", { query: { state: "queued", limit: 1 } });
    if (waiting.length) continue;
    const jobs = await api("GET /jobs/stats");
    assert.equal(jobs.failed, 0);
    completed = jobs.completed;
  }
  note(`${PICTURES} pictures developed after ${((performance.now() - began) / 1000).toFixed(0)} s`);

  const all = [];
  for (let cursor; cursor !== null;) {
    const answer = await api("GET /images", { query: { limit: 100, ...(cursor && { cursor }) } });
    all.push(...answer.items);
    cursor = answer.next_cursor ?? null;
  }
  assert.ok(all.length >= PICTURES);

  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({ type: "longtask", buffered: true });
  });
  await page.goto(`${url}/#/library`);
  const isWhole = (count) => document.querySelector("main").innerText.includes(new Intl.NumberFormat("en").format(count));
  await page.waitForFunction(isWhole, all.length, { timeout: 60000 });
  const loading = await longest(page);
  await shot("top");
  await page.mouse.move(640, 500);
  let steps = 0;
  for (let isAtEnd = false; !isAtEnd; steps += 1) {
    await page.mouse.wheel(0, 900);
    isAtEnd = await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
      resolve(scrollY + innerHeight >= document.documentElement.scrollHeight - 2)))));
    assert.ok(steps < 3000, "the end is reached");
  }
  const scrolling = await longest(page);
  note(`longest task: ${loading.toFixed(0)} ms while loading, ${scrolling.toFixed(0)} ms in ${steps} turns of the wheel`);
  // All that is in the window at the end is there to be seen.
  await page.waitForFunction(() => {
    const inWindow = [...document.querySelectorAll("main img")].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    return inWindow.length >= 8 && inWindow.every((image) => image.complete && image.naturalWidth > 0);
  });
  await shot("bottom");
  await page.getByText(all.at(-1).filename, { exact: true }).waitFor();
  assert.ok(loading <= LONGEST_TASK_MS && scrolling <= LONGEST_TASK_MS, `a task took ${Math.max(loading, scrolling)} ms`);
}

/** The longest task since it was last asked. */
function longest(page) {
  return page.evaluate(() => Math.max(0, ...window.longTasks.splice(0).map(({ duration }) => duration)));
}

/** A BMP of 48 x 36 pixels, unlike all others: two colours that run into each other, and the number in its first pixels. */
function picture(number) {
  const [width, height, header] = [48, 36, 54];
  const file = Buffer.alloc(header + width * height * 3);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(header, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  const corner = (step) => [number * 47 + step * 90, number * 101 + step * 60, number * 13 + step * 120].map((value) => value % 256);
  const [from, to] = [corner(0), corner(1)];
  for (let place = 0; place < width * height; place += 1) {
    const share = (place % width + Math.floor(place / width)) / (width + height);
    for (let channel = 0; channel < 3; channel += 1) file[header + place * 3 + channel] = from[channel] + (to[channel] - from[channel]) * share;
  }
  file.writeUInt32LE(number, header);
  return file;
}
