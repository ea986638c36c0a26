// All pictures of the library, kept while the page is open: who comes back sees them at once.
import { call, delay } from "../../core/client.js";
import { transfers } from "../../upload/transfers.js";
import { deleted, forget } from "./order.js";

class Collection extends EventTarget {
  pictures = new Map();
  /** Whether the list has been read to its end. */
  isWhole = false;
  // Ids of pictures in work, and of uploads that the list may not have yet.
  #awaited = new Set();

  /** Reads all pages, then looks after what is in work, until `signal` calls it off. */
  async follow(signal) {
    transfers.addEventListener("finished", ({ detail }) => detail.imageId && this.#awaited.add(detail.imageId), { signal });
    this.#take([]);
    const gone = new Set(this.pictures.keys());
    for (let cursor; cursor !== null;) {
      const { items, next_cursor = null } = await call("GET /images", { query: { limit: 100, cursor }, signal });
      for (const { id } of items) gone.delete(id);
      cursor = next_cursor;
      if (!cursor) for (const id of gone) this.pictures.delete(id);
      this.isWhole ||= !cursor;
      this.#take(items);
    }
    for (let pause = 500; ; pause = this.#awaited.size ? Math.min(3000, pause * 1.4) : 500) {
      await delay(pause, signal);
      if (this.#awaited.size) await this.#look(signal).catch(() => {}); // The next look may do better.
    }
  }

  // As many of the newest as are awaited all together; of others, which may be old ones tried anew, a few in turn.
  async #look(signal) {
    let cursor;
    for (let left = this.#awaited.size; left > 0 && cursor !== null; left -= 100) {
      const { items, next_cursor = null } = await call("GET /images", { query: { limit: 100, cursor }, signal });
      this.#take(items);
      cursor = next_cursor;
    }
    for (const image_id of [...this.#awaited].slice(0, 5)) {
      this.#awaited.delete(image_id);
      this.#take([await call("GET /images/{image_id}", { path: { image_id }, signal })]);
    }
  }

  #take(pictures) {
    for (const picture of pictures) {
      const { id, status, dataset_id } = picture;
      if (status === "NEW" || status === "PROCESSING") this.#awaited.add(id);
      else this.#awaited.delete(id);
      if (!dataset_id) this.pictures.set(id, picture);
    }
    for (const id of deleted) this.pictures.delete(id);
    this.dispatchEvent(new Event("change"));
  }

  async remove(image_id) {
    await call("DELETE /images/{image_id}", { path: { image_id } });
    forget(image_id);
    this.#take([]);
  }

  /** Tries a failed picture anew. */
  async redrive(picture) {
    await call("POST /jobs/{job_id}/redrive", { path: { job_id: picture.job_id } });
    this.#take([{ ...picture, status: "PROCESSING", error: null }]);
  }
}

export const collection = new Collection();
