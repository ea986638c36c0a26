import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

export const title = "the library: send, find, select, sort, fetch, delete";
export const limit = 300000;

export default async function ({ page, url, variants, work, assert, shot, api }) {
  const cells = page.getByRole("gridcell");
  const query = () => new URL(page.url()).hash.split("?")[1] ?? "";
  const send = async (label, files) => {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: label }).click()]);
    await chooser.setFiles(files);
  };
  const count = (text, options) => page.locator("dk-library [role=status]").filter({ hasText: text }).first().waitFor(options);
  const patience = { timeout: 90000 };

  // Nothing is there: the page says what to do.
  await page.goto(`${url}/#/library`);
  await page.getByRole("heading", { name: "Drop photographs or folders here" }).waitFor();
  await shot("empty");

  // A dozen, and one that is damaged.
  const photographs = await variants(12);
  const broken = path.join(work, "broken.jpg");
  await writeFile(broken, (await readFile(photographs[0])).subarray(0, 3000));
  await send("Choose files", [...photographs, broken]);
  await count("13 pictures", patience);
  await page.getByText("damaged. (corrupt_image)").waitFor(patience);
  await page.waitForFunction(() => document.querySelectorAll("dk-library img[src]").length === 12, null, patience);
  const { items } = await api("GET /images", { query: { limit: 100 } });
  assert.equal(items.length, 13);
  assert.deepEqual(await cells.locator("a").evaluateAll((links) => links.map((link) => link.hash.split("/").pop())),
    items.map(({ id }) => id).sort().reverse(), "newest first");
  await shot("gallery");

  // Found by name and state; the address keeps what was asked, and leads back to it.
  const { filename } = items.find(({ status }) => status === "DONE");
  await page.getByRole("searchbox").fill(filename.toUpperCase());
  await count("1 of 13");
  assert.equal(query(), `q=${encodeURIComponent(filename.toUpperCase())}`);
  await cells.first().getByRole("link").click();
  await page.locator("dk-picture").waitFor({ state: "attached" });
  await page.goBack();
  await count("1 of 13");
  assert.equal(await page.getByRole("searchbox").inputValue(), filename.toUpperCase());
  await page.getByRole("searchbox").fill("no such name");
  await page.getByRole("link", { name: "Clear filters" }).click();
  await count("13 pictures");
  await page.getByLabel("Any state").selectOption("failed");
  await count("1 of 13");

  // What failed can be tried again, and deleted.
  const failed = items.find(({ status }) => status === "ERROR");
  const again = page.waitForResponse((response) => response.url().endsWith("/redrive"));
  await page.getByRole("button", { name: "Try again" }).click();
  assert.equal((await again).status(), 202);
  await page.getByText("(corrupt_image)").waitFor(patience);
  await cells.first().locator(".check").click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("Nothing matches").waitFor();
  assert.ok(!(await api("GET /images", { query: { limit: 100 } })).items.some(({ id }) => id === failed.id));
  await page.getByLabel("Any state").selectOption("");
  await count("12 pictures");

  // By keys alone: a place is gone to, selected, a range, all, none, opened.
  await cells.first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.getByText("3 selected").waitFor();
  await page.keyboard.press("Control+a");
  await page.getByText("12 selected").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("[aria-selected=true]"));
  await page.keyboard.press("End");
  assert.ok(await cells.last().evaluate((cell) => cell === document.activeElement));
  const last = await cells.last().getByRole("link").getAttribute("href");
  await page.keyboard.press("Enter");
  await page.waitForFunction((hash) => location.hash === hash, last);
  await page.goBack();
  await count("12 pictures");

  // By mouse: a check, a range, and files come down as one archive, or one by one.
  await cells.nth(0).hover();
  await cells.nth(0).locator(".check").click();
  await cells.nth(3).click({ modifiers: ["Shift"] });
  await page.getByText("4 selected").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("[aria-selected=true]").length === 4);
  await shot("selection");
  const [archive] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  assert.equal(archive.suggestedFilename(), "darkroom.zip");
  const bytes = await readFile(await archive.path());
  assert.equal(bytes.subarray(0, 4).toString("hex"), "504b0304");
  assert.equal(bytes.readUInt16LE(bytes.length - 12), 4, "four files in the archive");

  // Into groups: a batch is made of them, and its view begins.
  await page.getByRole("button", { name: "Sort into groups" }).click();
  await page.waitForURL(/#\/batches\/[^?]+\?begin=1/);
  const [batch] = await api("GET /batches/");
  assert.equal(batch.image_count, 4);
  await page.goto(`${url}/#/library?sort=name`);
  await page.getByLabel("All batches").selectOption(batch.batch_name);
  await count("4 of 12");
  await page.getByLabel("All batches").selectOption("");
  await count("12 pictures");

  // By name; once one is selected, clicks select others.
  assert.deepEqual(await cells.locator("a").allInnerTexts(), (await cells.locator("a").allInnerTexts()).sort(), "by name");
  await cells.nth(0).locator(".check").click();
  await cells.nth(1).click();

  // Deleted are they that are chosen, once somebody says so.
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByText("2 selected").waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await count("10 pictures");
  assert.equal((await api("GET /images", { query: { limit: 100 } })).items.length, 10);
}
