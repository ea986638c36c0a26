// The page, tested as people use it: node run.mjs [names of specs…]. README.md says more.
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "./harness/modules.mjs";
import { serve } from "./harness/server.mjs";
import { Watch, tellViolations } from "./harness/watch.mjs";
import { photos, photographer } from "./harness/photographs.mjs";
import { apiOf, sender } from "./harness/api.mjs";
import { violations } from "./harness/accessibility.mjs";

const here = import.meta.dirname;
const screenshots = path.resolve(process.env.SCREENSHOTS ?? path.join(here, "screenshots"));
// A server that runs already, such as one that serves the page from the checkout.
const running = process.env.PAGE_URL && new URL(process.env.PAGE_URL);

const known = (await readdir(path.join(here, "specs"))).filter((name) => name.endsWith(".mjs")).map((name) => name.slice(0, -4)).sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length) {
  console.error(`no such spec: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(2);
}

await mkdir(screenshots, { recursive: true });
const work = await mkdtemp(path.join(tmpdir(), "darkroom-specs-"));
// What must be stopped, the last first, however the run ends.
const stops = new Set([() => rm(work, { recursive: true, force: true })]);
let isStopping = false;
async function stopAll(code) {
  if (isStopping) return;
  isStopping = true;
  for (const stop of [...stops].reverse()) await stop().catch((error) => console.error(`while stopping: ${error.message}`));
  process.exit(code);
}
process.on("SIGINT", () => stopAll(130));
process.on("SIGTERM", () => stopAll(143));

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)}s`;
}

// What a spec began and did not wait for, as something else failed first; it must not end the whole run.
const astray = [];
process.on("unhandledRejection", (error) => astray.push(error));

// Messages of Playwright come in colours.
function plain(problem) {
  return String(problem.stack ?? problem).replaceAll(/\x1b\[\d*m/g, "");
}

/** The first ones, where there are very many, and how many more. */
function told(problems) {
  const most = 25;
  return problems.length <= most ? problems : [...problems.slice(0, most), `and ${problems.length - most - 1} more`, problems.at(-1)];
}

/** Starts what a spec stands on, runs it, and gives what is wrong: a list of sentences, empty where all is well. */
async function run(name, spec, browser, variants) {
  const undo = [];
  const problems = [];
  // Tells a spec, and the processes that it started, that its time is over.
  const over = new AbortController();
  const stop = async () => over.abort();
  stops.add(stop);
  undo.push(async () => stops.delete(stop), stop);
  let page;
  try {
    const server = running ? null : await serve(...(spec.serve ?? []));
    if (server) {
      stops.add(server.stop);
      undo.push(async () => {
        stops.delete(server.stop);
        if (problems.length) problems.push(...server.log().split("\n").filter((line) => / ERROR |panicked/.test(line)).slice(-5));
        await server.stop();
      });
    }
    const url = running ? running.href.replace(/\/$/, "") : server.url;
    const ours = server && [server.url, server.storage].map((address) => new URL(address).origin);
    const isOurs = (address) => ours ? ours.includes(new URL(address).origin) : new URL(address).hostname === new URL(url).hostname;
    const folder = await mkdtemp(path.join(work, `${name}-`));
    const watches = [];
    const contexts = [];

    const newPage = async ({ at = "/", ...options } = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", acceptDownloads: true, ...options });
      contexts.push(context);
      context.setDefaultTimeout(20000);
      await context.addInitScript(tellViolations);
      watches.push(new Watch(context, { page: url, isOurs }));
      const opened = await context.newPage();
      if (at !== null) await opened.goto(url + at);
      return opened;
    };
    undo.push(async () => { for (const context of contexts) await context.close(); });

    page = await newPage({ at: spec.at });
    const api = apiOf(url, spec.token);
    const context = {
      page, url, photos, variants, work: folder, assert, api, browser, newPage, server, signal: over.signal,
      send: sender(api),
      shot: (title, of = page) => of.screenshot({ path: path.join(screenshots, `${name}-${title}.png`), animations: "disabled" }),
      axe: async (of = page) => assert.deepEqual(await violations(of), [], "accessibility"),
      screen: async (width, height, { dark } = {}) => {
        await page.setViewportSize({ width, height });
        if (dark !== undefined) await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
      },
      expectConsole: (pattern) => watches.forEach((watch) => watch.expectConsole(pattern)),
      note: (text) => console.log(`   ${text}`),
    };
    const limit = spec.limit ?? 120000;
    let timer;
    try {
      await Promise.race([
        spec.default(context),
        new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`not over after ${limit / 1000} s`)), limit); }),
      ]);
      if (!page.isClosed()) {
        await page.emulateMedia({ colorScheme: "light" });
        problems.push(...await violations(page));
      }
    } catch (error) {
      problems.push(error.stack ?? String(error));
    } finally {
      clearTimeout(timer);
      over.abort();
    }
    problems.push(...astray.splice(0).map((error) => error?.stack ?? String(error)));
    for (const watch of watches) problems.push(...await watch.found());
    if (problems.length) {
      for (const [place, opened] of contexts.flatMap((each) => each.pages()).entries()) {
        const file = path.join(screenshots, `${name}-failed${place ? `-${place + 1}` : ""}.png`);
        await opened.screenshot({ path: file, timeout: 10000 }).then(() => problems.push(`screenshot: ${file}`), () => {});
      }
    }
  } catch (error) {
    problems.push(error.stack ?? String(error));
  } finally {
    for (const step of undo.reverse()) await step().catch((error) => problems.push(String(error)));
  }
  return problems;
}

let failures = 0;
let passes = 0;
let skips = 0;
const began = performance.now();
try {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
    args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  stops.add(() => browser.close());
  const variants = photographer(browser, work);
  for (const name of asked.length ? asked : known) {
    const since = performance.now();
    try {
      const spec = await import(`./specs/${name}.mjs`);
      if (running && spec.serve && !asked.length) {
        skips += 1;
        console.log(`skip ${name}: needs a server of its own`);
        continue;
      }
      const problems = await run(name, spec, browser, variants);
      if (problems.length) throw problems;
      passes += 1;
      console.log(`ok ${name} ${seconds(since)}`);
    } catch (problems) {
      if (isStopping) break;
      failures += 1;
      console.log(`not ok ${name} ${seconds(since)}\n${told([problems].flat()).map((problem) => `   ${plain(problem).replaceAll("\n", "\n     ")}`).join("\n")}`);
    }
  }
} catch (error) {
  failures += 1;
  console.error(error);
}
if (!isStopping) {
  console.log(`${passes} ok, ${failures} not ok${skips ? `, ${skips} skipped` : ""} in ${seconds(began)}`);
  await stopAll(failures ? 1 : 0);
}
