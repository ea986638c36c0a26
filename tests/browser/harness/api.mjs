// The API as a program calls it: to prepare what a spec shows, and to see afterwards what came of it.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { answerFaults, operationNames } from "./contract.mjs";

const TYPES = { ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif", ".zip": "application/zip" };

/** `api(operation, { path, query, body, headers })` of a server: parsed JSON, a Buffer of other answers; errors are thrown, with `status`. */
export function apiOf(url, token) {
  return async function api(operation, { path: parts = {}, query = {}, body, headers = {} } = {}) {
    if (!operationNames.has(operation)) throw new Error(`openapi.json knows no ${operation}`);
    const [method, template] = operation.split(" ");
    const address = new URL(template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parts[name])), url);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    const response = await fetch(address, {
      method,
      headers: { accept: "application/json", ...(token && { authorization: `Bearer ${token}` }), ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "";
    if (!response.redirected) {
      const faults = answerFaults(method, address, response.status, type, type.includes("json") ? bytes.toString() : null);
      if (faults.length) throw new Error(faults.join("\n"));
    }
    if (response.status >= 400) throw Object.assign(new Error(`${operation}: ${response.status} ${bytes}`), { status: response.status });
    if (!bytes.length) return null;
    return type.includes("json") ? JSON.parse(bytes) : bytes;
  };
}

/** `send(paths, declaration)`: sends files, waits until each is done, and gives the records of the pictures in their order. */
export function sender(api) {
  const one = async (file, declaration) => {
    const bytes = await readFile(file);
    const promise = await api("POST /uploads", { body: {
      purpose: "photograph", filename: path.basename(file), size: bytes.length, content_type: TYPES[path.extname(file)], ...declaration,
    } });
    if (promise.duplicate_of) return api("GET /images/{image_id}", { path: { image_id: promise.duplicate_of } });
    const { method, url, headers } = promise;
    const stored = await fetch(url, { method, headers, body: bytes });
    if (!stored.ok) throw new Error(`${url}: ${stored.status} ${await stored.text()}`);
    for (const until = Date.now() + 60000; Date.now() < until;) {
      const upload = await api("GET /uploads/{upload_id}", { path: { upload_id: promise.upload_id } });
      if (upload.error) throw new Error(`${file}: ${JSON.stringify(upload.error)}`);
      if (upload.image_id) {
        const image = await api("GET /images/{image_id}", { path: { image_id: upload.image_id } });
        if (image.status === "DONE") return image;
        if (image.status === "ERROR") throw new Error(`${file}: ${JSON.stringify(image.error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${file}: not done after a minute`);
  };
  return async function send(files, declaration = {}) {
    const sent = [];
    for (let from = 0; from < files.length; from += 4) sent.push(...await Promise.all(files.slice(from, from + 4).map((file) => one(file, declaration))));
    return sent;
  };
}
