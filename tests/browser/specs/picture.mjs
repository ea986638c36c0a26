import { readFile } from "node:fs/promises";

export const title = "a picture: what is known of it, what is found in it, what was done with it";

export default async function ({ page, url, photos, assert, shot, api, send, screen, axe }) {
  const named = (name) => photos.find((file) => file.endsWith(name));
  const [cup, starfish] = await send([named("coffee.png"), named("gps_starfish.jpg")]);
  const panel = (name) => page.locator("dk-picture details").filter({ has: page.getByRole("heading", { name, exact: true }) });
  const open = async (name) => {
    if (!await panel(name).evaluate((details) => details.open)) await panel(name).locator("summary").click();
    return panel(name);
  };
  const saved = async (button) => {
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    return readFile(await download.path());
  };
  const show = async ({ id, filename }) => {
    await page.goto(`${url}/#/picture/${id}`);
    await page.getByRole("heading", { level: 1, name: filename }).waitFor();
    await page.waitForFunction(() => document.querySelector("dk-stage img").naturalWidth > 0);
  };

  // The library says what comes before and after.
  for (const isListed = ({ items }) => items.some(({ id }) => id === cup.id) && items.some(({ id }) => id === starfish.id); !isListed(await api("GET /images"));) continue;
  await page.goto(`${url}/#/library`);
  await page.reload();
  await page.waitForFunction((id) => document.querySelector(`dk-library a[href="#/picture/${id}"]`), cup.id);
  await show(cup);
  assert.match(await page.locator("dk-picture > p").innerText(), /600 × 400 · PNG · 456 kB · .* · ready/);
  const neighbour = page.locator("[rel=prev], [rel=next]").first();
  const [there, key] = [await neighbour.getAttribute("href"), await neighbour.getAttribute("rel") === "prev" ? "ArrowLeft" : "ArrowRight"];
  await page.keyboard.press(key);
  await page.waitForFunction((hash) => location.hash === hash, there);

  // What the file says; the place only when it is asked for.
  await show(starfish);
  const photograph = await open("Photograph");
  const { camera_model, latitude } = await api("GET /images/metadata/{image_id}", { path: { image_id: starfish.id } });
  await photograph.getByText(camera_model).waitFor();
  assert.equal(await photograph.getByText(String(latitude)).count(), 0);
  await photograph.getByRole("button", { name: "Where was it taken?" }).click();
  await photograph.getByText(String(latitude)).waitFor();

  // Six measures.
  await show(cup);
  const quality = await open("Quality");
  await page.waitForFunction(() => document.querySelectorAll(".gauge").length === 6);
  const { quality_score } = await api("GET /images/quality/{image_id}", { path: { image_id: cup.id }, query: { metric: "sharpness" } });
  assert.equal(await quality.locator("section").first().locator("strong").innerText(), quality_score.toFixed(2));
  await shot("quality");

  // Things: a row lights up its box, a box its row; what is unticked goes from the stage.
  const things = await open("Things");
  const [answer] = await Promise.all([page.waitForResponse(/\/predictions$/), things.getByRole("button", { name: "Find" }).click()]);
  const { detections } = await answer.json();
  const cupRow = things.locator("label", { hasText: "cup" });
  await cupRow.hover();
  const boxes = page.locator("[data-layer=things] > g");
  assert.deepEqual((await boxes.evaluateAll((all) => all.map((box) => box.textContent.replace(/ \d+%$/, "")))).sort(), detections.map(({ label }) => label).sort());
  const cupBox = boxes.filter({ hasText: "cup" });
  await page.waitForFunction(() => [...document.querySelectorAll("[data-layer=things] > .lit")].map((box) => box.textContent.split(" ")[0]).join() === "cup");
  await cupBox.locator("rect").hover();
  await things.locator("label.lit", { hasText: "cup" }).waitFor();
  await shot("things");
  await cupRow.getByRole("checkbox").press("Space");
  await page.waitForFunction(() => ![...document.querySelectorAll("[data-layer=things] > :not([hidden])")].some((box) => box.textContent.startsWith("cup")));
  await cupRow.getByRole("checkbox").press("Space");
  assert.deepEqual(JSON.parse(await saved(things.getByRole("button", { name: "json" }))).detections, detections);
  assert.equal((await saved(things.getByRole("button", { name: "jpg" }))).subarray(0, 2).toString("hex"), "ffd8");
  await axe();

  // Areas: outlines in place of boxes.
  const areas = await open("Areas");
  await cupBox.waitFor({ state: "hidden" });
  await areas.getByRole("button", { name: "Find" }).click();
  await areas.getByText(/\d found/).first().waitFor();
  const outlines = page.locator("[data-layer=areas] > path");
  assert.equal(await outlines.count(), await areas.locator(".rows label").count());
  await areas.getByLabel("Overlay").fill("0.2");
  assert.equal(await page.locator("[data-layer=areas]").evaluate((layer) => layer.style.fillOpacity), "0.2");
  assert.equal((await saved(areas.getByRole("button", { name: "png" }))).subarray(1, 4).toString(), "PNG");
  assert.equal(JSON.parse(await saved(areas.getByRole("button", { name: "json" }))).width, 600);
  await shot("areas");

  // Colours: as many as were asked for, and still there at the next visit.
  const colours = await open("Colours");
  await colours.getByLabel("Colours").fill("4");
  await colours.getByRole("button", { name: "Find" }).click();
  await colours.locator("button.primary:not([aria-busy])").waitFor();
  const path = { image_id: cup.id };
  const { result } = await api("GET /api/v1/analysis/kmeans/{image_id}/result", { path });
  const hexes = result.palette.map((colour) => `#${Buffer.from(colour).toString("hex")}`);
  assert.deepEqual(await colours.locator("code").allInnerTexts(), hexes);
  assert.equal(result.processed_pixels, 600 * 400, "of the whole picture");
  await shot("colours");
  await page.reload();
  await panel("Colours").getByText(hexes[3]).waitFor();
  await screen(390, 844, { dark: true });
  await shot("phone");
  await screen(1280, 800, { dark: true });
  await axe();
  await shot("dark");
  await screen(1280, 800, { dark: false });

  // History: all of it.
  const history = await open("History");
  for (const name of ["kmeans", "crop", "efficientnet_lite0"]) await history.getByRole("heading", { name: new RegExp(`^${name} ?ready`) }).first().waitFor();
  assert.ok(JSON.parse(await saved(history.getByRole("button", { name: "json" }))).analyses.length === 2);

  // In Russian it is the same picture.
  await page.getByRole("button", { name: "Русский" }).click();
  await page.getByRole("heading", { name: "История" }).waitFor();
  await page.getByRole("button", { name: "English" }).click();

  // The file itself, and its end.
  assert.deepEqual(await saved(page.getByRole("button", { name: "Download", exact: true })), await readFile(named("coffee.png")));
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.locator("dk-library").waitFor({ state: "attached" });
  await assert.rejects(api("GET /images/{image_id}", { path }), { status: 404 });
}
