// A zip goes in; every picture of it is watched, compared, and downloaded again.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { zip, entries } from "../../../functions/web/src/page/core/zip.js";

export const title = "archives: a zip of pictures comes back segmented";

async function archive(file, photos) {
  const pictures = await Promise.all(photos.map(async (photo) => ({ name: path.basename(photo), blob: new Blob([await readFile(photo)]) })));
  pictures.push({ name: "torn.jpg", blob: new Blob([(await readFile(photos.find((photo) => photo.endsWith(".jpg")))).subarray(0, 4000)]) });
  pictures.push({ name: ".hidden/sea.jpg", blob: new Blob(["nothing"]) });
  await writeFile(file, Buffer.from(await (await zip(pictures)).arrayBuffer()));
  return file;
}

export default async function ({ page, url, photos, work, assert, shot }) {
  const sent = await archive(path.join(work, "holiday.zip"), photos.slice(0, 3).concat(photos.filter((photo) => photo.endsWith(".jpg")).slice(0, 1)));
  const cat = path.basename(photos.find((photo) => photo.includes("chelsea")));
  const send = async (output) => {
    await page.goto(`${url}/#/archives`);
    await page.getByLabel("What comes back").selectOption({ label: output });
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a zip" }).click();
    await (await chooser).setFiles(sent);
    await page.waitForURL(/#\/archives\/.+/);
    await page.getByRole("button", { name: "Download the result" }).waitFor();
    await page.getByRole("button", { name: cat }).and(page.locator(":enabled")).waitFor();
  };

  await send("Painted pictures");
  await page.getByText(/kept for \d+:\d\d/).waitFor();
  const torn = page.getByRole("button", { name: "torn.jpg" });
  assert.match(await torn.textContent(), /\(corrupt_image\)/);
  assert.equal(await page.getByText("sea.jpg").count(), 0, "hidden files are passed over");
  assert.match(await page.getByRole("button", { name: cat }).textContent(), /cat \d/);
  await shot("archive");

  await page.getByRole("button", { name: cat }).click();
  const slider = page.getByRole("slider", { name: "Before and after" });
  await slider.waitFor();
  const widths = () => page.evaluate(() => [...document.querySelectorAll("dk-compare img")].map((image) => image.naturalWidth));
  await page.waitForFunction(() => [...document.querySelectorAll("dk-compare img")].every((image) => image.naturalWidth > 0));
  assert.deepEqual(new Set(await widths()).size, 1, "before and after are of one size");
  await slider.focus();
  await page.keyboard.press("End");
  assert.equal(await slider.inputValue(), "100");
  await shot("archive-compare");

  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the result" }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^result_[0-9a-f]{16}\.zip$/);
  const names = (await entries(new Blob([await readFile(await download.path())]))).map(({ name }) => name);
  assert.ok(names.includes("manifest.json") && names.includes("errors.json") && names.includes(cat), names.join());

  await send("Masks");
  await page.getByRole("button", { name: cat }).click();
  await slider.waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("dk-compare img")].every((image) => image.naturalWidth > 0));
  assert.equal(new Set(await widths()).size, 1, "a mask is as large as its picture");
  await page.getByRole("row", { name: /cat/ }).waitFor();

  await page.getByRole("link", { name: "Archives", exact: true }).first().click();
  await page.getByRole("link", { name: "holiday.zip" }).first().waitFor();
  assert.ok(await page.getByRole("listitem").filter({ hasText: "ready" }).count() >= 2);
}
