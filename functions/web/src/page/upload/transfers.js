// The engine of uploads: hashes, asks, sends straight to the bucket, and watches until a file is examined.
import { call, Problem, until } from "../core/client.js";
import { preference, remember, t } from "../core/language.js";
import { contentType, isZip } from "./files.js";
import { gate, patiently, put } from "./sending.js";

const MEBIBYTE = 1024 ** 2;
const MINUTE = 60000;
const [hashing, sending, examining] = [2, 4, 4].map(gate);

/** Whether nothing will become of an item any more. */
export const isOver = ({ state }) => ["done", "duplicate", "failed", "cancelled"].includes(state);

/** Whether an item needs this page to stay open. */
export const isSending = ({ state }) => state === "waiting" || state === "sending";

/** Whether an item can go on. */
export const isPaused = ({ state, file }) => state === "paused" && file;

const inParts = ({ file, size }) => isZip(file) && size >= 8 * MEBIBYTE;
// Addresses hold for 15 minutes, those of parts for an hour.
const isLate = (item) => Date.now() - item.promisedAt > (inParts(item) ? 55 : 12) * MINUTE;

// Uploads in parts by their ids, for a day: a reload parts them from their files.
function records() {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(preference("uploads") ?? "{}")).filter(([, { at }]) => Date.now() - at < 24 * 60 * MINUTE));
  } catch {
    return {}; // Whatever else is written there.
  }
}
const keep = (id, record) => remember("uploads", JSON.stringify({ ...records(), [id]: record }));

function begun(item) {
  const { promise, resolve } = Promise.withResolvers();
  return Object.assign(item, { problem: null, finished: promise, finish: resolve });
}

async function hash(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function declaration({ name, size, sha256, file }) {
  // At most 255 bytes, and no control characters.
  const filename = (new Blob([name]).size > 255 ? name.slice(-85) : name).replace(/\p{Cc}/gu, " ");
  return { filename, content_type: contentType(file), size, sha256 };
}

class Transfers extends EventTarget {
  /** All items; those that a reload interrupted are paused, and without a file. */
  items = Object.values(records()).map((record) => begun({ ...record, state: "paused" }));
  #group = [];
  #timer = null;

  /** Sends files (`File` or `{ file, path }`); `options` are the purpose and further fields of `POST /uploads`. */
  add(files, options) {
    const items = Array.from(files, (one) => {
      const { file = one, path = file.name } = one;
      return begun({ name: file.name, size: file.size, path, file, sent: 0, options: { purpose: "photograph", ...options } });
    });
    this.items = [...this.items, ...items];
    for (const item of items) this.#run(item);
    return items;
  }

  /** Goes on with what a reload interrupted, if this is its file. */
  goOn(file) {
    const item = this.items.find((one) => !one.file && ["name", "size", "lastModified"].every((key) => one[key] === file[key]));
    if (item) this.#run(Object.assign(item, { file }));
    return item;
  }

  pause() {
    for (const item of this.items.filter(isSending)) {
      item.control.abort();
      this.#become(item, "paused");
    }
  }

  resume() {
    for (const item of this.items.filter(isPaused)) this.#run(item);
  }

  /** Once more; of what goes in parts only what is missing. */
  retry(item) {
    this.#run(begun(item));
  }

  /** Takes an item off the list, and back what has not come through. */
  cancel(item) {
    const { uploadId, imageId, jobId } = item;
    this.items = this.items.filter((one) => one !== item);
    item.control?.abort();
    if (uploadId && !imageId && !jobId) {
      call("DELETE /images/{image_id}", { path: { image_id: uploadId } }).catch(() => {}); // It expires by itself, too.
      keep(uploadId);
    }
    if (isOver(item)) this.#change();
    else this.#end(item, "cancelled");
  }

  /** Takes off the list what is over. */
  clear() {
    this.items = this.items.filter((item) => !isOver(item));
    this.#change();
  }

  async #run(item) {
    item.control = new AbortController();
    const { signal } = item.control;
    this.#become(item, "waiting");
    try {
      this.#end(item, await this.#carry(item, signal) ? "duplicate" : "done");
    } catch (error) {
      if (signal.aborted) return;
      item.control.abort(); // The other parts.
      const isAgain = error.status === 403 && isLate(item);
      item.promisedAt = undefined;
      // What is in parts goes on with those that are missing, unless it was rejected or is forgotten.
      if (!inParts(item) || [404, 410, 422].includes(error.status)) {
        keep(item.uploadId);
        item.uploadId = null;
      }
      if (isAgain) return void this.#run(item);
      item.problem = { code: error instanceof Problem ? error.code : error.name, detail: error.message };
      this.#end(item, "failed");
    }
  }

  /** Takes a file all the way; true if it was there before. */
  async #carry(item, signal) {
    const { file, size, options: { purpose } } = item;
    if (!contentType(file) || isZip(file) !== ["archive", "dataset_import"].includes(purpose)) {
      throw new Problem(415, { code: "unsupported_format", detail: t("uploads.picture") });
    }
    const upload = (operation, ask = call, ...more) =>
      patiently(() => ask(operation, { path: { upload_id: item.uploadId }, signal }, ...more), signal);
    const isResumed = item.uploadId && inParts(item);
    if (!inParts(item) && crypto.subtle && size < 64 * MEBIBYTE) item.sha256 ??= await hashing(() => hash(file), signal);
    if (!item.uploadId) await this.#ask(item, signal);
    if (item.imageId) return true;
    if (!isResumed || (await upload("GET /uploads/{upload_id}")).state === "pending") {
      if (isResumed) Object.assign(item, { promise: await upload("GET /uploads/{upload_id}/parts"), promisedAt: Date.now() });
      await this.#send(item, signal);
      if (inParts(item)) await upload("POST /uploads/{upload_id}/complete");
    }
    keep(item.uploadId);
    this.#become(item, "examining");
    // Of few at a time, the oldest first.
    const { state, error, image_id, job_id, duplicate } = await examining(() =>
      upload("GET /uploads/{upload_id}", until, (seen) => !["pending", "received"].includes(seen.state)), signal);
    if (state !== "accepted") throw new Problem(422, error ?? { code: "upload_expired" });
    Object.assign(item, { imageId: image_id, jobId: job_id });
    return duplicate;
  }

  async #ask(item, signal) {
    const order = { query: { method: inParts(item) ? "multipart" : "put" }, body: { ...declaration(item), ...item.options }, signal };
    const answer = await (item.sha256 && item.options.purpose === "photograph" ? this.#askTogether(item, signal)
      : patiently(() => call("POST /uploads", order), signal));
    signal.throwIfAborted();
    if (answer.error) throw new Problem(422, answer.error);
    Object.assign(item, { promise: answer, promisedAt: Date.now(), uploadId: answer.upload_id, imageId: answer.duplicate_of });
  }

  /** Photographs are asked for by up to a thousand at once, and by what a moment gathers. */
  #askTogether(item, signal) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const count = this.#group.push({ item, signal, resolve, reject });
    if (count === 1) setTimeout(() => this.#askGroup(), 200);
    if (count === 1000) this.#askGroup();
    return promise;
  }

  #askGroup() {
    const group = this.#group.splice(0).filter(({ signal }) => !signal.aborted);
    for (const [batch_id, some] of Map.groupBy(group, ({ item }) => item.options.batch_id)) {
      const body = { batch_id, uploads: some.map(({ item }) => declaration(item)) };
      patiently(() => call("POST /uploads/batch", { body })).then(({ results }) => some.forEach(({ item, signal, resolve }, place) => {
        const first = some[results[place].duplicate_within];
        // The same file goes before: once that is through, this one is known.
        resolve(first ? first.item.finished.then(() => this.#askTogether(item, signal)) : results[place]);
      })).catch((error) => some.forEach(({ reject }) => reject(error)));
    }
  }

  /** Sends a file, or the parts of it that are missing. */
  async #send(item, signal) {
    const { file, name, size, options, uploadId, promise } = item;
    const { part_bytes = size, parts = [{ ...promise, number: 1, bytes: size }] } = promise;
    const count = (isKept) => {
      item.sent = parts.reduce((sum, { is_received, bytes, sent = 0 }) => sum + (is_received ? bytes : sent), 0);
      this.#change();
      if (isKept) keep(uploadId, { uploadId, name, size, lastModified: file.lastModified, options, sent: item.sent, at: Date.now() });
    };
    count(inParts(item));
    await Promise.all(parts.filter((part) => !part.is_received).map((part) => sending(async () => {
      if (isLate(item)) throw new Problem(403); // It waited too long for its turn.
      this.#become(item, "sending");
      const from = (part.number - 1) * part_bytes;
      await put(part, file.slice(from, from + part.bytes), (sent) => { part.sent = sent; count(); }, signal);
      part.is_received = true;
      count(inParts(item));
    }, signal)));
  }

  #become(item, state) {
    item.state = state;
    this.#change();
  }

  #end(item, state) {
    this.#become(item, state);
    item.finish(item);
    this.dispatchEvent(new CustomEvent("finished", { detail: item }));
  }

  // By a timer, as pages in the background have no frames.
  #change() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.dispatchEvent(new Event("change"));
    }, 40);
  }
}

/** The uploads of this page. */
export const transfers = new Transfers();

addEventListener("beforeunload", (event) => transfers.items.some(isSending) && event.preventDefault());
