// The frame: places, languages, colours, widths, keyboard, and what the server sends of the page.
import { violations } from "../harness/accessibility.mjs";

export const title = "The frame of the page";
export const limit = 240000;

const PLACES = {
  en: ["Library", "Batches", "Analyses", "Archives", "Tool crib", "Jobs"],
  ru: ["Снимки", "Подборки", "Анализ", "Архивы", "Инструменты", "Задачи"],
};
const MOST_BYTES = 163000;
const FIRST_PAINT_MS = 100;

export default async function (context) {
  const failures = [];
  // Each is told of, whatever became of those before it.
  for (const part of [whatIsSent, places, keyboard, choices, firstPaint, everyView]) {
    await part(context).catch((error) => failures.push(`${part.name}: ${error.stack}`));
  }
  if (failures.length) throw new Error(failures.join("\n"));
}

async function whatIsSent({ page, url, server, assert, note }) {
  const answer = await fetch(url, { headers: { accept: "text/html" } });
  const markup = await answer.text();
  const policy = Object.fromEntries(answer.headers.get("content-security-policy").split(";").map((directive) => {
    const [name, ...sources] = directive.trim().split(/\s+/);
    return [name, sources];
  }));
  assert.deepEqual(policy["default-src"], ["'none'"]);
  assert.deepEqual(policy["script-src"], ["'self'"]);
  assert.deepEqual(policy["style-src"], ["'self'"]);
  assert.deepEqual(policy["require-trusted-types-for"], ["'script'"]);
  for (const name of ["base-uri", "form-action", "frame-ancestors"]) assert.deepEqual(policy[name], ["'none'"], name);
  for (const source of Object.values(policy).flat()) assert.doesNotMatch(source, /unsafe|^\*|^https?:$/);

  const loaded = await page.evaluate(() => performance.getEntriesByType("resource")
    .filter(({ name }) => new URL(name).pathname.includes("/assets/")).map(({ name }) => name));
  const assets = [...new Set(loaded)];
  let bytes = markup.length;
  for (const asset of assets) {
    const file = await fetch(asset);
    assert.equal(file.status, 200, asset);
    bytes += (await file.arrayBuffer()).byteLength;
    if (server) assert.match(file.headers.get("cache-control"), /max-age=31536000.*immutable/, asset);
  }
  note(`${bytes} bytes in ${assets.length + 1} files`);
  if (server) assert.ok(bytes < MOST_BYTES, `the page has ${bytes} bytes`);

  const [, version] = markup.match(/src="assets\/([^/]+)\/main\.js"/);
  for (const path of ["nothing.js", "core/nothing.js", "..%2findex.html"]) {
    assert.equal((await fetch(`${url}/assets/${version}/${path}`)).status, 404, path);
  }
  if (!server) return;
  assert.match(version, /^[0-9a-f]{8,}$/, "the names of assets change with their content");
  assert.equal((await fetch(`${url}/assets/${"0".repeat(version.length)}/main.js`)).status, 404, "files of another state");
  const sources = Object.values(policy).flat().filter((source) => source.includes("://"));
  assert.deepEqual([...new Set(sources)], [new URL(server.storage).origin], "the only other origin is the bucket's");
  for (const asset of assets) assert.ok(asset.startsWith(`${url}/assets/${version}/`), `${asset} is of this state`);
  // Programs are told where to look, at the same address.
  assert.match((await fetch(url)).headers.get("content-type"), /json/);
}

/** Waits until the view has said what it has to say. */
async function settled(page) {
  await page.waitForFunction(() => {
    const main = document.querySelector("main");
    return main.querySelectorAll("h1").length === 1 && main.querySelector("h1").textContent.trim()
      && !/Loading…|Загрузка…/.test(main.innerText)
      && [...document.images].every((image) => image.complete || image.loading === "lazy");
  });
  // Pictures come by links that are asked for first; one that failed has none.
  await page.waitForFunction(() => [...document.querySelectorAll("main img")].every((image) =>
    image.currentSrc && image.complete || image.getBoundingClientRect().top > innerHeight), undefined, { timeout: 3000 }).catch(() => {});
}

async function places({ page, newPage, assert, shot }) {
  for (const [language, names] of Object.entries(PLACES)) {
    const opened = language === "en" ? page : await newPage({ locale: "ru-RU" });
    assert.equal(await opened.locator("html").getAttribute("lang"), language);
    const titles = new Set();
    for (const name of names) {
      const link = opened.getByRole("navigation").first().getByRole("link", { name, exact: true });
      await link.click();
      await opened.locator("nav a[aria-current=page]", { hasText: name }).waitFor();
      await settled(opened);
      assert.equal(await opened.locator("h1").count(), 1, `${name} has one h1`);
      titles.add(await opened.title());
      await shot(`empty-${language}-${names.indexOf(name) + 1}`, opened);
    }
    assert.equal(titles.size, names.length, `titles: ${[...titles].join(", ")}`);
    await opened.goBack();
    await opened.locator("nav a[aria-current=page]", { hasText: names.at(-2) }).waitFor();
    if (opened !== page) await opened.context().close();
  }
}

/** What has the focus: its name, and whether people see that it has it. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    return {
      id: element.id,
      tag: element.localName,
      name: (element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 60),
      isInBar: Boolean(element.closest(".bar")),
      isShown: element === document.body
        || width > 0 && height > 0 && right > 0 && bottom > 0 && left < innerWidth && top < innerHeight
          && (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none"),
    };
  });
}

async function keyboard({ url, newPage, assert }) {
  const page = await newPage();
  await settled(page);
  const seen = [];
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press("Tab");
    const focus = await focused(page);
    if (focus.tag === "body") break;
    assert.ok(focus.isShown, `the focus shows on ${focus.tag} "${focus.name}"`);
    seen.push(focus);
  }
  assert.equal(seen[0].id, "skip");
  assert.deepEqual(seen.slice(2, 8).map(({ name }) => name), PLACES.en, "the tab key goes through the places in their order");
  const afterBar = seen.findIndex(({ isInBar }, place) => place > 1 && !isInBar);
  assert.ok(afterBar > 8, "the tools come after the places, the content after the tools");
  assert.ok(seen.slice(afterBar).every(({ isInBar }) => !isInBar), "the content follows as a whole");

  await page.reload();
  await settled(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal((await focused(page)).id, "content", "the first stop leads past the bar");
  await page.getByRole("link", { name: "Jobs", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
  assert.equal((await focused(page)).id, "content", "the focus goes to the new view");
  assert.equal(new URL(page.url()).hash, "#/jobs");
  // Whatever stands in the address, there is a page.
  await page.goto(`${url}/#/nothing/of%20the%20kind`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.context().close();
}

async function choices({ newPage, assert }) {
  const page = await newPage();
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByRole("button", { name: "Dark colours" }).click();
  await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, light);
  await page.getByRole("button", { name: "Русский" }).click();
  await page.getByRole("heading", { level: 1, name: PLACES.ru[0] }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "ru");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: PLACES.ru[0] }).waitFor();
  assert.notEqual(await paper(), light, "the colours are remembered");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { level: 1, name: PLACES.en[0] }).waitFor();
  await page.context().close();
}

async function firstPaint({ url, newPage, server, assert, note }) {
  const page = await newPage();
  const times = [];
  for (let load = 0; load < 6; load += 1) {
    await page.goto("about:blank");
    await page.goto(url);
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length);
    times.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  }
  // The first one fills the cache.
  const warm = times.slice(1).sort((one, other) => one - other);
  note(`first paint: ${warm.map((time) => time.toFixed(0)).join(", ")} ms; median ${warm[2].toFixed(0)} ms (cold ${times[0].toFixed(0)} ms)`);
  if (server) assert.ok(warm[2] < FIRST_PAINT_MS, `first paint after ${warm[2]} ms`);
  await page.context().close();
}

/** Something of everything, so that no view is empty; gives the addresses of views. */
async function content({ api, send, photos, variants }) {
  const batch = await api("POST /batches/", { body: { name: "Iceland <b>2026</b>" } });
  const images = await send([...photos, ...await variants(12)], { batch_id: batch.id });
  const { dataset_id } = await api("POST /api/v1/IO/dataset/create-dataset", { body: { title: "Leaves", description: "Of the garden" } });
  const [leaf] = await send(photos.slice(0, 1), { purpose: "dataset_image", dataset_id });
  const suffix = Date.now().toString(36);
  const tool = await api("POST /tools/", { body: { name: "Long-nose pliers", serial_number: `P-${suffix}`, category: "Pliers" } });
  const kit = await api("POST /toolkits/", { body: { name: `Kit ${suffix}`, description: "For the hangar" } });
  await api("POST /toolkits/{toolkit_id}/items", { path: { toolkit_id: kit.id }, body: { tool_id: tool.id, quantity: 2 } });
  await api("POST /users/", { body: { name: "Anna Ivanova", employee_number: `E-${suffix}` } });
  return ["#/library", `#/picture/${images[0].id}`, "#/batches", `#/batches/${batch.id}`, "#/analyses", `#/analyses/${dataset_id}`,
    `#/analyses/picture/${leaf.id}`, "#/archives", "#/crib", "#/jobs", "#/jobs?state=failed"];
}

async function everyView(context) {
  const { newPage, assert, shot } = context;
  const addresses = await content(context);
  // What is wrong, and where.
  const found = new Map();
  const find = (what, where) => found.set(what, [...found.get(what) ?? [], where]);
  for (const locale of ["en-GB", "ru-RU"]) {
    for (const address of addresses) {
      const page = await newPage({ locale, at: `/${address}` });
      const place = `${address.replace(/[0-9a-f-]{36}/, "ID")} ${locale.slice(0, 2)}`;
      await settled(page).catch((error) => find(error.message, place));
      for (const [width, height] of [[1280, 800], [390, 844]]) {
        await page.setViewportSize({ width, height });
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          const where = `${place} ${width} ${colorScheme}`;
          for (const violation of await violations(page)) find(violation, where);
          await shot(where.replace(/[^\w]+/g, "-").replace(/^-/, ""), page);
        }
      }
      for (const width of [360, 390, 1280, 2560]) {
        await page.setViewportSize({ width, height: 800 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) find(`${over} pixels wider than a window of ${width}`, place);
      }
      await page.context().close();
    }
  }
  assert.ok(found.size === 0, [...found].map(([what, where]) => `\n${what}\n  at ${where.join(", ")}`).join(""));
}
