// Batches: all of them, or the one that the address names.
import { call } from "../core/client.js";
import { make, show, button, guarded } from "../core/element.js";
import { moment, t } from "../core/language.js";
import { confirmed } from "../core/notice.js";
import { transfers } from "../upload/transfers.js";
import { badge, chooser, openBatch } from "./batches/desk.js";

class Batches extends HTMLElement {
  #connection = new AbortController();

  connectedCallback() {
    const { signal } = this.#connection;
    if (this.subject) this.take = openBatch(this, signal);
    else guarded(() => this.#list(signal))();
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  /** Dropped photographs go into the batch, or into a new one that is named after their folder. */
  takeFiles(files) {
    this.take(files);
    return true;
  }

  take = guarded(async (files) => {
    const [folder, isFile] = files[0].path?.split("/") ?? [];
    const { id } = await call("POST /batches/", { body: { name: isFile ? folder : moment(Date.now()) } });
    transfers.add(files, { batch_id: id });
    location.hash = `#/batches/${id}?begin=1`;
  });

  async #list(signal) {
    const batches = [];
    show(this, make("h1", {}, t("loading")));
    let page;
    do batches.push(...page = await call("GET /batches/", { query: { limit: 100, offset: batches.length }, signal }));
    while (page.length === 100);
    const list = make("div", { class: batches[0] ? "cards" : "empty" }, batches[0] ? batches.reverse().map(card) : t("batches.empty"));
    show(this, make("div", { class: "head" }, make("h1", {}, t("place.batches")),
      chooser(t("batches.create"), this.take, { kind: "primary" }), chooser(t("batches.folder"), this.take, { webkitdirectory: true })), list);
  }
}

function card({ id, batch_name: name, image_count: n, created_at: at, status }) {
  const element = make("article", { class: "panel" },
    make("h2", {}, make("a", { href: `#/batches/${id}` }, name)),
    make("small", {}, t("pictures", { n }), " · ", moment(at)),
    make("div", { class: "row" }, badge(status), button(t("delete"), async () => {
      if (!await confirmed(`${t("delete")}: ${name}?`)) return;
      await call("DELETE /batches/{batch_id}", { path: { batch_id: id } });
      element.remove();
    }, { kind: "quiet" })));
  return element;
}

customElements.define("dk-batches", Batches);
