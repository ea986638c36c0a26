// A storekeeper issues a kit by a photograph and takes it back without the cup; a manager closes the manual check.
export const title = "a kit goes out and comes back";

export default async function ({ page, photos, assert, shot, api }) {
  const photo = (name) => photos.find((path) => path.endsWith(name));
  const mark = Date.now().toString(36);
  const person = `Olga ${mark}`;
  await page.getByRole("link", { name: "Tool crib" }).click();
  const places = page.getByRole("navigation", { name: "Tool crib" });

  // A person, a kit with one cup: added by hand.
  await places.getByRole("link", { name: "People" }).click();
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Name").fill(person);
  await page.getByLabel("Employee number").fill(`E-${mark}`);
  await page.getByLabel("Role").selectOption("manager");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: person }).waitFor();
  await places.getByRole("link", { name: "Tools" }).click();
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Name").fill(`Mug ${mark}`);
  await page.getByLabel("Serial number").fill(`MUG-${mark}`);
  await page.getByLabel("Category").fill("Table");
  await page.getByLabel(/Model labels/).fill("cup, mug");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: `Mug ${mark}` }).waitFor();
  await places.getByRole("link", { name: "Kits" }).click();
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Name").fill(`Coffee ${mark}`);
  await page.getByLabel(`Mug ${mark} · MUG-${mark}`).fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  const kitButton = page.getByRole("button", { name: `Coffee ${mark}` });
  await kitButton.waitFor();
  const { items: kits } = await api("GET /toolkits/", { query: { q: `Coffee ${mark}` } });
  const kit = await api("GET /toolkits/{toolkit_id}", { path: { toolkit_id: kits[0].id } });
  assert.deepEqual(kit.items.map(({ quantity, tool }) => [quantity, tool.name, tool.labels]), [[1, `Mug ${mark}`, ["cup", "mug"]]]);

  // Out it goes.
  await places.getByRole("link", { name: "Counter" }).click();
  await page.getByLabel("Person").selectOption(person);
  await kitButton.click();
  await page.getByLabel("Choose pictures").setInputFiles(photo("coffee.png"));
  const mug = page.getByRole("listitem").filter({ hasText: `Mug ${mark}` });
  await mug.getByText("found", { exact: true }).waitFor();
  assert.equal(await mug.getByLabel(`Mug ${mark}`).inputValue(), "1");
  await page.locator("dk-stage img[src^=blob]").waitFor();
  await shot("crib-issue");
  await page.getByRole("button", { name: "Issue" }).click();
  await page.waitForURL(/#\/crib\/history\/\d+/);
  await page.locator("summary").filter({ hasText: `Coffee ${mark}` }).first().getByText("OK").waitFor();
  const { items: [given] } = await api("GET /transactions", { query: { toolkit_id: kit.id } });
  assert.deepEqual([given.type, given.status, given.details[0].actual_qty], ["give", "ok", 1]);

  // Back it comes, without the mug.
  await places.getByRole("link", { name: "Counter" }).click();
  await kitButton.waitFor();
  assert.match(await kitButton.innerText(), new RegExp(`out.*${person}`, "s"));
  await kitButton.click();
  await page.getByLabel("Choose pictures").setInputFiles(photo("rocket.jpg"));
  await page.getByText("found: 0 · missing: 1").waitFor();
  const back = page.getByRole("button", { name: "Return", exact: true });
  await page.locator("dk-crib button.primary:enabled").waitFor();
  await shot("crib-return");
  await back.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(`Mug ${mark}: 1`).waitFor();
  await shot("crib-compare");
  await dialog.getByRole("button", { name: "Return" }).click();
  await page.locator("summary").filter({ hasText: `Coffee ${mark}` }).first().getByText("manual check").waitFor();

  // The manager finds it on the shelf.
  await places.getByRole("link", { name: "History" }).click();
  await page.getByLabel("Kit").selectOption(`Coffee ${mark}`);
  const listed = (count) => page.waitForFunction((wanted) => document.querySelectorAll("dk-crib form ~ div details").length === wanted, count);
  await listed(2);
  await page.locator("summary").filter({ hasText: mark }).filter({ hasText: "manual check" }).click();
  await page.getByLabel("Inspector").selectOption(person);
  await page.getByLabel("Report").fill("The mug was on the shelf.");
  await page.getByLabel(`Mug ${mark}`).fill("1");
  await shot("crib-check");
  await page.getByRole("button", { name: "Close the check" }).click();
  await page.getByText("The mug was on the shelf.").waitFor();
  const { items: [taken] } = await api("GET /transactions", { query: { toolkit_id: kit.id, type: "take" } });
  assert.deepEqual([taken.status, taken.details[0].actual_qty, taken.report.report_text], ["ok", 1, "The mug was on the shelf."]);

  // The books find it again.
  await page.getByLabel("Kind").selectOption("take");
  await listed(1);
  await shot("crib-history");
}
