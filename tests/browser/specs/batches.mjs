import { readFile } from "node:fs/promises";

export const title = "Photographs become a batch, its groups are found, sorted by hand, seen on the map, and their best are downloaded";
export const limit = 240000;

/** The group that stands under a label, as people see it. */
const groupOf = (page, label) => page.locator("section").filter({ has: page.getByRole("heading", { name: label, exact: true }) });

export default async function ({ page, url, variants, assert, shot, api }) {
  const photographs = await variants(30);

  // A new batch of chosen files: it waits and finds the groups by itself.
  await page.goto(`${url}/#/batches`);
  await page.getByRole("heading", { level: 1, name: "Batches" }).waitFor();
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "New batch" }).click();
  await (await choosing).setFiles(photographs);
  await groupOf(page, "Group 1").waitFor({ timeout: 60000 });
  await page.locator("dk-transfers").getByRole("button", { name: "Clear finished", exact: true }).click();
  const batch_id = page.url().match(/batches\/([^?]+)/)[1];
  const read = () => api("GET /batches/{batch_id}", { path: { batch_id } });
  const labelsOf = async () => new Map((await read()).image_associations.map((one) => [one.image.id, one.group_label]));
  assert.equal((await read()).status, "complete");
  assert.equal((await read()).image_count, photographs.length);
  assert.equal(await page.locator("li.best").count(), (await api("GET /batches/{batch_id}/groups", { path: { batch_id } })).groups.length, "the best of each is marked");
  await shot("groups");

  // Names: of the batch, and of a group.
  await page.locator(".head").getByRole("textbox").fill("Trip");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Trip" }).waitFor();
  await groupOf(page, "Group 1").getByRole("textbox").fill("Cats / dogs");
  await page.keyboard.press("Enter");
  await groupOf(page, "Cats / dogs").waitFor();
  await groupOf(page, "Group 1").waitFor({ state: "detached" });
  assert.equal((await read()).batch_name, "Trip");
  assert.ok([...(await labelsOf()).values()].includes("Cats / dogs"));

  // By keyboard: the space bar selects the second, which goes to a new group; and back.
  await groupOf(page, "Cats / dogs").locator("li a").first().focus();
  for (const key of ["Tab", "Tab", "Tab", " "]) await page.keyboard.press(key);
  await page.getByText("1 selected").waitFor();
  const [moved] = await page.locator("li > :checked").evaluateAll((boxes) => boxes.map(({ value }) => value));
  const moveTo = async (label) => {
    await page.getByLabel("Group, old or new").fill(label);
    await page.getByRole("button", { name: "Move", exact: true }).click();
  };
  await moveTo("New group");
  await groupOf(page, "New group").getByText("Best", { exact: false }).first().waitFor();
  assert.equal((await labelsOf()).get(moved), "New group");
  await page.getByText("moved from Cats / dogs").first().waitFor({ state: "attached" });
  await page.getByLabel("Only the 1 moved").check();
  await groupOf(page, "Cats / dogs").waitFor({ state: "detached" });
  await page.getByLabel("Only the 1 moved").uncheck();
  await groupOf(page, "New group").getByRole("checkbox").check();
  await moveTo("Cats / dogs");
  await groupOf(page, "New group").waitFor({ state: "detached" });
  assert.equal((await labelsOf()).get(moved), "Cats / dogs");

  // By mouse: from one group to another, both within sight.
  await page.setViewportSize({ width: 1280, height: 1400 });
  const target = groupOf(page, "Group 2");
  const before = await target.locator("li").count();
  await groupOf(page, "Cats / dogs").locator("li").nth(2).dragTo(target.locator("small"));
  await page.waitForFunction((n) => [...document.querySelectorAll("section")].find((one) => one.dataset.label === "Group 2").querySelectorAll("li").length === n, before + 1);
  await shot("moved");

  // Another measure.
  await page.getByLabel("Best by").selectOption("sharpness");
  await page.getByText("1. sharpness").first().waitFor({ state: "attached" });
  assert.ok((await read()).image_associations.some((one) => one.ranking_metric === "sharpness" && one.quality_rank === 1));

  // The best of each, in one archive.
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the best of each group" }).click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), "Trip.zip");
  const archive = (await readFile(await download.path())).toString("latin1");
  const { groups } = await api("GET /batches/{batch_id}/groups", { path: { batch_id } });
  assert.equal(archive.split("PK\x03\x04").length - 1, groups.length);
  assert.ok(archive.includes("Cats _ dogs - variant-"));

  // The map: a lasso round one group selects what lies within, and nothing else.
  await page.getByRole("tab", { name: "Map" }).click();
  await page.locator("dk-stage canvas").waitFor();
  await page.getByLabel("Lasso (Shift)").check();
  const box = await page.locator("dk-stage").boundingBox();
  const { points } = await api("GET /batches/{batch_id}/map", { path: { batch_id } });
  const scale = Math.min(box.width, box.height) / 1000;
  const seen = points.map(({ x, y, group_label }) => ({
    group_label, x: box.x + box.width / 2 + x * 460 * scale, y: box.y + box.height / 2 - y * 460 * scale,
  }));
  const group = seen.filter(({ group_label }) => group_label === "Group 3");
  const [xs, ys] = [group.map(({ x }) => x), group.map(({ y }) => y)];
  const [left, right, top, bottom] = [Math.min(...xs) - 14, Math.max(...xs) + 14, Math.min(...ys) - 14, Math.max(...ys) + 14];
  const within = seen.filter(({ x, y }) => x > left && x < right && y > top && y < bottom).length;
  assert.ok(group.length > 1 && within < points.length, "a group is not the whole map");
  await page.mouse.move(left, top);
  await page.mouse.down();
  for (const [x, y] of [[right, top], [right, bottom], [left, bottom], [left, top]]) await page.mouse.move(x, y, { steps: 5 });
  await page.mouse.up();
  await page.getByText(`${within} selected`, { exact: true }).waitFor();
  await shot("map");
  await page.getByRole("button", { name: "Cancel" }).last().click();

  // Duplicates: two are no duplicates.
  const pairsOf = async () => (await api("GET /batches/{batch_id}/duplicates", { path: { batch_id } })).pairs.length;
  const pairs = await pairsOf();
  await page.getByRole("tab", { name: "Duplicates" }).click();
  if (pairs) {
    const refusal = page.waitForResponse((answer) => answer.url().endsWith("/distinct"));
    await page.getByRole("button", { name: "Different" }).first().click();
    await refusal;
    assert.equal(await pairsOf(), pairs - 1);
  }
  await shot("duplicates");

  // Once more, with other settings.
  await page.getByRole("tab", { name: "Groups" }).click();
  await page.getByRole("button", { name: "Find groups" }).click();
  await page.getByLabel("Photographs in a group, at least").fill("4");
  await page.getByLabel("Keep what was sorted by hand").uncheck();
  const analysis = page.waitForResponse((answer) => answer.url().endsWith("/analyze"));
  await page.getByRole("dialog").getByRole("button", { name: "Find groups" }).click();
  await analysis;
  assert.equal((await read()).parameters.min_cluster_size, 4);

  // An analysis that was running when the batch is opened is watched until it is over.
  let isRunning = true;
  await page.route((address) => address.pathname === `/batches/${batch_id}`, async (route) => {
    const response = await route.fetch(), json = await response.json();
    if (isRunning) Object.assign(json, { status: "processing", progress: { done: 1, total: 2 } });
    await route.fulfill({ response, json });
  });
  await page.reload();
  const watching = page.getByRole("status").getByText("finding groups…");
  await watching.waitFor();
  isRunning = false;
  await watching.waitFor({ state: "detached" });
  await page.locator(".head").getByText("sorted", { exact: true }).waitFor();
  await page.unrouteAll({ behavior: "wait" });

  // Of a large group the first are shown, until all are asked for.
  const group_map = { Large: (await read()).image_associations.map(({ image }) => image.id) };
  await api("PUT /batches/{batch_id}/groups", { path: { batch_id }, body: { group_map } });
  await page.reload();
  await groupOf(page, "Large").waitFor();
  assert.equal(await page.locator("li").count(), 24);
  await page.getByRole("button", { name: "More: 6" }).click();
  assert.equal(await page.locator("li").count(), photographs.length);

  // Out of the batch; then the batch is deleted, its photographs are not.
  await page.locator("section li input").first().check();
  await page.getByRole("button", { name: "Take out" }).click();
  await page.locator(".head").getByText(`${photographs.length - 1} pictures`).waitFor();
  await page.goto(`${url}/#/batches`);
  const card = page.locator("article").filter({ has: page.locator(`a[href="#/batches/${batch_id}"]`) });
  await card.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await card.waitFor({ state: "detached" });
  assert.ok(!(await api("GET /batches/")).some(({ id }) => id === batch_id));
  await api("GET /images/{image_id}", { path: { image_id: moved } });
}
