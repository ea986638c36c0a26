// A server that asks who is there: the page asks people, keeps what they say in memory, and works all the same.
export const title = "A bearer token";
export const token = "a-long-walk-in-the-rain";
export const serve = ["--token", `anna=${token}`];
export const at = null;

export default async function ({ page, url, photos, assert, shot, api, expectConsole }) {
  expectConsole(/status of 401/);
  const astray = [];
  page.on("request", (request) => {
    const origin = new URL(request.url()).origin;
    const carries = request.url().includes(token) || (origin !== new URL(url).origin && request.headers().authorization?.includes(token));
    if (carries) astray.push(request.url());
  });
  await page.goto(url);
  const dialog = page.getByRole("dialog");
  const enter = async (text) => {
    await dialog.getByLabel("Token").fill(text);
    await dialog.getByRole("button", { name: "OK" }).click();
  };

  // One that nobody has is asked for once more.
  await dialog.waitFor();
  await shot("asked");
  const isRefused = (response) => response.status() === 401 && response.request().headers().authorization === "Bearer none-of-ours";
  await Promise.all([page.waitForResponse(isRefused), enter("none-of-ours")]);
  await dialog.getByLabel("Token").waitFor();
  await enter(token);
  await dialog.waitFor({ state: "detached" });

  await page.getByRole("heading", { name: "Drop photographs" }).waitFor();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Choose files" }).first().click()]);
  await chooser.setFiles(photos.slice(0, 2));
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll("dk-library [role=gridcell] img")];
    return shown.length === 2 && shown.every((image) => image.complete && image.naturalWidth > 0);
  }, undefined, { timeout: 60000 });
  await shot("library");
  const { items } = await api("GET /images");
  assert.equal(items.length, 2);

  await page.getByRole("gridcell").first().click({ position: { x: 60, y: 60 } });
  await page.waitForURL(/#\/picture\//);
  await page.waitForFunction(() => {
    const image = document.querySelector("dk-stage img");
    return image?.complete && image.naturalWidth > 0;
  });
  await shot("picture");

  const kept = await page.evaluate(async () => JSON.stringify({
    local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie, address: location.href, state: history.state,
    databases: await indexedDB.databases(), caches: await caches.keys(),
  }));
  assert.ok(!kept.includes(token), kept);
  assert.deepEqual((await page.context().cookies()), []);
  assert.deepEqual(astray, [], "the token goes to the API alone");

  await page.reload();
  await dialog.getByLabel("Token").waitFor();
  assert.equal(await dialog.getByLabel("Token").inputValue(), "");
  await enter(token);
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction(() => document.querySelector("dk-stage img")?.naturalWidth > 0);
}
