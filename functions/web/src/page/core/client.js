// The API: every request goes by one of these, as "METHOD /path" just as openapi.json spells it.
import { language, t } from "./language.js";

/** Where the API is: beside this page. */
export const base = new URL(".", location.href).href.replace(/\/$/, "");

/** An error that the API tells of (RFC 9457), or that there was no answer (status 0, code "offline"). */
export class Problem extends Error {
  constructor(status, { code = `http_${status}`, detail, errors, services, title } = {}) {
    super(detail ?? title ?? `HTTP ${status}`);
    Object.assign(this, { name: "Problem", status, code, errors, services });
  }
}

// Lives in memory only, and goes with the page.
let token = "";
let asked = null;
let askForToken = null;

/** Says how to ask for a token: `ask()` resolves to one, or to "". */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

/** Whether requests carry a token; plain links to the API lead nowhere then. */
export const hasToken = () => token !== "";

/** Takes up a token, or forgets it ("" ). */
export function setToken(next) {
  token = next;
}

/** The address of an operation, such as "GET /images/{image_id}". */
export function address(operation, path = {}, query = {}) {
  const template = operation.slice(operation.indexOf(" ") + 1);
  const route = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(filled).toString();
  return base + route + (search && `?${search}`);
}

/** The response of an operation, whatever its status below 400; asks for a token where one is needed. */
export async function request(operation, { path, query, body, form, headers = {}, signal, redirect } = {}) {
  const method = operation.slice(0, operation.indexOf(" "));
  for (;;) {
    const used = token;
    const sent = { "accept-language": language, ...headers };
    if (used) sent.authorization = `Bearer ${used}`;
    if (body !== undefined) sent["content-type"] = "application/json";
    let response;
    try {
      response = await fetch(address(operation, path, query), {
        method, headers: sent, signal, redirect, body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, { code: "offline", detail: t("uploads.offline") });
    }
    if (response.status === 401 && askForToken) {
      if (used === token) {
        asked ??= askForToken(used !== "").finally(() => { asked = null; });
        setToken(await asked);
        if (!token) throw new Problem(401, { code: "unauthorized", detail: t("token.title") });
      }
      continue;
    }
    if (response.status >= 400) throw new Problem(response.status, await response.json().catch(() => ({})));
    return response;
  }
}

/** What an operation answers: parsed JSON, or null where there is nothing. */
export async function call(operation, options) {
  const response = await request(operation, options);
  return response.status === 204 ? null : response.json();
}

/** The file that an operation answers or leads to. */
export async function file(operation, options) {
  return (await request(operation, options)).blob();
}

/** Asks until `isOver(answer)`: first after a tenth of a second, then less and less often, at most every `most` ms. */
export async function until(operation, options, isOver, { most = 2000, onAnswer } = {}) {
  for (let pause = 100; ; pause = Math.min(most, pause * 1.5)) {
    const answer = await call(operation, options);
    onAnswer?.(answer);
    if (isOver(answer)) return answer;
    await delay(pause, options?.signal);
  }
}

/** Waits, unless it is called off. */
export function delay(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener("abort", stop); resolve(); }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Hands a blob to the browser's downloads. */
export function save(blob, filename) {
  const url = URL.createObjectURL(blob);
  follow(url, filename);
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** Downloads what an operation leads to: by a plain link, or through memory where requests carry a token. */
export async function download(operation, options, filename) {
  if (hasToken()) save(await file(operation, options), filename);
  else follow(address(operation, options?.path, options?.query), filename);
}

function follow(url, filename) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: filename });
  link.click();
}

// Links to thumbnails are asked for together: by preset, those that wait for their link.
const waiting = new Map();

/** A link to a finished thumbnail, which needs no token and holds for ten minutes at least. */
export function thumbnailLink(imageId, preset) {
  return new Promise((resolve, reject) => {
    if (!waiting.has(preset)) {
      waiting.set(preset, []);
      setTimeout(() => askForLinks(preset), 4);
    }
    waiting.get(preset).push({ imageId, resolve, reject });
  });
}

async function askForLinks(preset) {
  const all = waiting.get(preset);
  waiting.delete(preset);
  for (let from = 0; from < all.length; from += 1000) {
    const some = all.slice(from, from + 1000);
    try {
      const { links } = await call("POST /images/links", { body: { image_ids: [...new Set(some.map((one) => one.imageId))], preset } });
      const found = new Map(links.map(({ image_id, url }) => [image_id, url]));
      for (const { imageId, resolve } of some) resolve(found.get(imageId));
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
