// A dataset is made, filled, measured on the bench, exported, imported, and deleted.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { entries } from "../../../functions/web/src/page/core/zip.js";

export const title = "analyses: a dataset and the bench of its pictures";

const LIST = "POST /api/v1/IO/dataset/get-images-list/{dataset_id}";
const MEANS = "GET /api/v1/analysis/manual/result/{image_id}";

export default async function ({ page, url, photos, work, assert, shot, api }) {
  const choose = async (name, files) => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name, exact: true }).click();
    await (await chooser).setFiles(files);
  };
  const downloaded = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), button(name).click()]);
    return readFile(await download.path());
  };
  const button = (name) => page.getByRole("button", { name, exact: true });
  const saved = () => page.locator("section").getByText("Saved", { exact: true }).waitFor();

  // A dataset, and pictures in it.
  await page.goto(`${url}/#/analyses`);
  await button("New dataset").click();
  await page.getByRole("textbox", { name: "Name" }).fill("Cats & coffee");
  await button("Save").click();
  await page.getByRole("heading", { level: 1, name: "Cats & coffee" }).waitFor();
  const dataset_id = page.url().split("/").pop();
  await page.getByText("Drop pictures here.").waitFor();
  const sent = photos.filter((photo) => /chelsea|coffee|astronaut/.test(photo));
  await choose("Add pictures", sent);
  await page.waitForFunction((count) => [...document.querySelectorAll("article img")].filter((image) => image.naturalWidth === 300).length === count, sent.length);
  assert.equal((await api(LIST, { path: { dataset_id }, body: { start: 0, end: 9 } })).total, sent.length);
  await shot("dataset");
  await button("Delete: astronaut.png").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("link", { name: "astronaut.png" }).waitFor({ state: "detached" });

  const number = (name) => page.getByRole("spinbutton", { name, exact: true });

  // Crop: by the pointer, by keys, by numbers; kept, and there again.
  await page.getByRole("link", { name: "chelsea.png" }).click();
  await page.getByRole("heading", { level: 1, name: "chelsea.png" }).waitFor();
  const image_id = page.url().split("/").pop();
  const { width, height } = await api("GET /images/{image_id}", { path: { image_id } });
  const frame = await page.locator("dk-stage svg").first().boundingBox();
  const drag = async (from, to) => {
    const place = ([x, y]) => [frame.x + frame.width * x, frame.y + frame.height * y];
    await page.mouse.move(...place(from));
    await page.mouse.down();
    await page.mouse.move(...place([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
    await page.mouse.move(...place(to));
    await page.mouse.up();
  };
  await drag([0.2, 0.25], [0.6, 0.75]);
  const about = (value, expected) => assert.ok(Math.abs(value - expected) <= 2, `${value} is not about ${expected}`);
  about(+await number("Left").inputValue(), width * 0.2);
  about(+await number("Bottom").inputValue(), height * 0.75);
  await drag([0.6, 0.5], [0.7, 0.5]);
  about(+await number("Right").inputValue(), width * 0.7);
  about(+await number("Bottom").inputValue(), height * 0.75);
  await number("Top").fill("7");
  await number("Top").press("Tab");
  await shot("crop");
  await button("Save").click();
  await saved();
  const { data: part } = await api("GET /api/v1/analysis/crop/get-crop/{image_id}", { path: { image_id } });
  assert.equal(part.top, 7);
  about(part.right, width * 0.7);

  // Grid: lines by number, by the pointer and by keys; the means are those of the API.
  await button("Grid").click();
  await number("Vertical lines").fill("2");
  await number("Vertical lines").press("Tab");
  await number("Horizontal lines").fill("1");
  await number("Horizontal lines").press("Tab");
  await page.waitForFunction(() => document.querySelectorAll("[data-layer=cells] rect").length === 6);
  await saved();
  await drag([1 / 3, 0.8], [0.15, 0.8]);
  await page.getByRole("slider", { name: "Horizontal lines" }).focus();
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction((y) => document.querySelector("[data-layer=cells] rect:last-of-type")?.getAttribute("y") === y, `${Math.round(height / 2) - 1}`);
  await saved();
  const { brightness_data, parameters } = await api(MEANS, { path: { image_id } });
  about(parameters.vertical_lines[1], width * 0.15);
  assert.equal(parameters.horizontal_lines[1], Math.round(height / 2) - 1);
  assert.equal(await page.locator("[data-layer=cells] text").first().textContent(), `${Math.round(brightness_data[0][0] * 10) / 10}`);
  await shot("grid");
  assert.match(`${await downloaded("Download: CSV")}`, new RegExp(`^,0,${parameters.vertical_lines[1]},`));

  // Categories: cells by the pointer and by keys.
  await drag([0.05, 0.1], [0.95, 0.1]);
  await page.getByRole("textbox", { name: "Name" }).nth(1).fill("shade");
  await page.getByRole("textbox", { name: "Name" }).nth(1).press("Tab");
  await page.getByRole("radio", { name: "shade" }).check();
  await page.getByRole("button", { name: /^2, 1/ }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await page.getByText(/\(1\)$/).waitFor();
  await saved();
  const { result } = await api("GET /api/v1/analysis/manual/categorized-mean/{image_id}/result", { path: { image_id } });
  assert.deepEqual(result.categoryResults.map(({ categoryName, cellCount }) => [categoryName, cellCount]), [["Category 1", 3], ["shade", 1]]);
  await shot("categories");

  // Blur: seen, and taken along.
  await button("Blur").click();
  await page.waitForFunction((wide) => document.querySelector("dk-compare .after")?.naturalWidth === wide, width);
  await page.getByLabel("Before and after").fill("20");
  assert.equal((await downloaded("Download")).subarray(1, 4).toString(), "PNG");
  await shot("blur");

  // What was found is there when the bench is opened again.
  await page.reload();
  assert.equal(await number("Top").inputValue(), "7");
  await button("Grid").click();
  await page.getByText(/\(3\)$/).waitFor();

  // Out and in again, under another name, and gone.
  await page.getByRole("link", { name: "Back" }).click();
  await page.getByRole("link", { name: "Datasets" }).click();
  const archive = path.join(work, "cats.zip");
  await writeFile(archive, await downloaded("Download"));
  const names = (await entries(new Blob([await readFile(archive)]))).map(({ name }) => name);
  assert.ok(names.includes("manifest.json") && names.length === sent.length, names.join());
  await choose("Import a zip", [archive]);
  await page.getByRole("link", { name: /^Cats & coffee \(Imported/ }).waitFor();
  const card = page.getByRole("article").filter({ hasText: "Imported" });
  await shot("datasets");
  await card.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Second <b>");
  await button("Save").click();
  await page.getByRole("link", { name: "Second <b>" }).waitFor();
  const second = page.getByRole("article").filter({ hasText: "Second" });
  await button("Delete: Second <b>").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await second.waitFor({ state: "detached" });
  assert.equal(await page.getByRole("article").count(), 1);
}
