// Photographs are dropped and sorted; an archive in parts is paused, outlives a reload, and goes on.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { zip } from "../../../functions/web/src/page/core/zip.js";

export const title = "uploads: photographs dropped anywhere, and an archive that goes on after a reload";

/** Drops files on the page, as the mouse would. */
async function drop(page, paths) {
  const files = await Promise.all(paths.map(async (file) => ({ name: path.basename(file), content: (await readFile(file)).toString("base64") })));
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, content } of given) data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
    return data;
  }, files);
  await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
  await page.getByText("Drop to send").waitFor();
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}

async function photographs({ page, url, variants, work, assert, shot, api }) {
  const paths = await variants(18);
  const names = { again: "again.jpg", broken: "broken.jpg", strange: "<img onerror=alert(1) src=x>.jpg" };
  const made = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, path.join(work, name)]));
  await copyFile(paths[0], made.again);
  await writeFile(made.broken, "no picture at all ".repeat(100));
  await copyFile(paths[17], made.strange);
  const notes = path.join(work, "notes.txt");
  await writeFile(notes, "not for sending");

  await page.goto(`${url}/#/library`);
  const panel = page.getByRole("region", { name: "Uploads" });
  const row = (name) => panel.getByRole("listitem").filter({ hasText: name });
  await drop(page, [...paths.slice(0, 17), ...Object.values(made), notes]);
  await panel.waitFor();
  await panel.getByText("18 of 21 sent, 1 known already, 2 failed").waitFor();
  await row(names.again).getByText("known already").waitFor();
  assert.match(await row(names.broken).innerText(), /not an image.*\(unsupported_format\)/s);
  assert.match(await row("notes.txt").innerText(), /not accepted/);
  assert.equal(await row(names.strange).count(), 1, "a name is text");
  assert.equal(await panel.locator("img").count(), 0);
  await shot("uploads");

  await row("notes.txt").getByRole("button", { name: "Close: notes.txt" }).click();
  await row("notes.txt").waitFor({ state: "detached" });
  await panel.getByRole("button", { name: "Sort them into groups" }).click();
  await page.waitForURL(/#\/batches\/[0-9a-f-]+\?begin=1$/);
  const batch_id = /batches\/([0-9a-f-]+)/.exec(page.url())[1];
  const batch = await api("GET /batches/{batch_id}", { path: { batch_id } });
  assert.match(batch.batch_name, /^Photos of /);
  assert.equal(batch.image_count, 18);
  assert.equal(new Set(batch.image_associations.map(({ image }) => image.original_filename)).has(names.strange), true);
  await panel.waitFor({ state: "hidden" });
}

async function archive({ page, url, photos, work, assert, shot, api }) {
  const file = path.join(work, "holiday.zip");
  const entries = [photos[0], photos[1]].map(async (photo) => ({ name: path.basename(photo), blob: new Blob([await readFile(photo)]) }));
  entries.push({ name: "padding.bin", blob: new Blob([randomBytes(60 * 1024 ** 2)]) });
  await writeFile(file, Buffer.from(await (await zip(await Promise.all(entries))).arrayBuffer()));

  const sent = []; // The numbers of the parts that went, and of those that arrived.
  const received = new Set();
  let uploadId;
  const number = (address) => Number(new URL(address).searchParams.get("partNumber"));
  page.on("request", (request) => request.method() === "PUT" && sent.push(number(request.url())));
  page.on("response", async (response) => {
    if (response.request().method() === "PUT" && response.ok()) received.add(number(response.url()));
    if (/\/uploads\?method=multipart/.test(response.url())) uploadId = (await response.json()).upload_id;
  });
  // A line that is slow enough to be interrupted.
  const session = await page.context().newCDPSession(page);
  const line = (uploadThroughput) => session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await session.send("Network.enable");
  await line(12 * 1024 ** 2);

  await page.goto(`${url}/#/archives`);
  const panel = page.getByRole("region", { name: "Uploads" });
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a zip" }).click();
  await (await choosing).setFiles(file);
  while (received.size < 4) await page.waitForEvent("response", (response) => response.request().method() === "PUT");
  await panel.getByRole("button", { name: "Pause" }).click();
  await panel.getByRole("button", { name: "Go on" }).waitFor();
  const before = new Set(received);
  await shot("uploads-paused");

  await page.reload();
  await panel.getByText(/\d+% sent: choose the file again to go on/).waitFor();
  await shot("uploads-again");
  sent.length = 0;
  await line(-1);
  const choosingAgain = page.waitForEvent("filechooser");
  await panel.getByRole("button", { name: "Choose the file: holiday.zip" }).click();
  await (await choosingAgain).setFiles(file);
  await panel.getByText("1 of 1 sent").waitFor();

  const upload = await api("GET /uploads/{upload_id}", { path: { upload_id: uploadId } });
  assert.equal(upload.state, "accepted");
  assert.ok(upload.job_id);
  assert.ok(before.size >= 4 && sent.length > 0);
  assert.deepEqual(sent.filter((part) => before.has(part)), [], "nothing that has arrived is sent again");
  assert.equal(new Set([...before, ...sent]).size, before.size + sent.length);
  await page.reload();
  assert.equal(await panel.count(), 0, "nothing is left to go on with");
}

export default async function (context) {
  await photographs(context);
  await archive(context);
}
