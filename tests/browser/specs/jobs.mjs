// A damaged picture fails: its job says why, and is tried anew, alone and with all of its kind.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const title = "a failed job says why, and is tried anew";

export default async function ({ page, photos, work, assert, shot, api }) {
  const whole = await readFile(photos.find((path) => path.endsWith("coffee.png")));
  const cut = join(work, `cut-${Date.now()}.png`);
  await writeFile(cut, whole.subarray(0, 100000 + (Date.now() % 100000)));
  await page.getByRole("link", { name: "Library" }).click();
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose files" }).first().click();
  await (await chooser).setFiles(cut);
  await page.getByText("corrupt_image").first().waitFor();
  await page.getByRole("link", { name: "Jobs", exact: true }).click();
  await page.getByText("Database: OK").waitFor();

  const states = page.getByRole("navigation", { name: "State" });
  await states.getByRole("link", { name: /^failed [1-9]/ }).click();
  await page.waitForURL(/state=failed/);
  const row = page.getByRole("row").filter({ hasText: "corrupt_image" }).first();
  await row.getByText("The image is truncated or damaged.").waitFor();
  await row.getByText("Thumbnails").waitFor();
  await shot("jobs-failed");

  const { failed } = await api("GET /jobs/stats");
  // Others may have failed before, or since: it is this row's picture that counts.
  const [image] = (await row.getByRole("link", { name: "picture" }).getAttribute("href")).split("/").slice(-1);
  const job = async () => (await api("GET /jobs", { query: { image_id: image, kind: "thumbnail" } })).items[0];
  const before = await job();
  assert.equal(before.error.code, "corrupt_image");
  await row.getByRole("button", { name: "Try again" }).click();
  const moment = () => new Promise((resolve) => { setTimeout(resolve, 100); });
  let after = before;
  while (after?.state !== "failed" || after.finished_at === before.finished_at) [after] = [await job(), await moment()];
  assert.equal(after.error.code, "corrupt_image");

  const group = page.locator(".panel").filter({ hasText: "corrupt_image" });
  await group.getByRole("button", { name: /Try \d+ again/ }).click();
  await page.locator("dk-jobs .panel [aria-busy]").waitFor({ state: "detached" });
  while ((await api("GET /jobs/stats")).failed < failed) await moment();
  await page.reload();

  // What is over may go off the list.
  await row.waitFor();
  const rows = await page.getByRole("row").count();
  await row.getByRole("button", { name: "Delete" }).click();
  await page.waitForFunction((count) => document.querySelectorAll("dk-jobs tr").length < count, rows);
  await shot("jobs-deleted");
}
