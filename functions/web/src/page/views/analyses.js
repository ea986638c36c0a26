// Analyses: the datasets, the pictures of one, and the bench of a picture, as the address says.
import { call, download, until } from "../core/client.js";
import { make, show, button, guarded } from "../core/element.js";
import { moment, t } from "../core/language.js";
import { ask, confirmed, tell, textOf } from "../core/notice.js";
import { thumbnail } from "../core/picture.js";
import { chooseFiles, isZip } from "../upload/files.js";
import { transfers } from "../upload/transfers.js";
import { showBench } from "./analyses/bench.js";
import { isOver, newest, text } from "./analyses/tools.js";

const PAGE = 60;

class Analyses extends HTMLElement {
  #connection = new AbortController();
  signal = this.#connection.signal;

  async connectedCallback() {
    const [id, imageId] = this.subject.split("/");
    show(this, make("h1", {}, t("loading")));
    await (imageId ? showBench(this, imageId) : showList(this, id)).catch((error) => show(this, make("h1", {}, textOf(error))));
  }

  disconnectedCallback() {
    this.#connection.abort();
  }
}

/** The datasets; or, of one, its pictures. */
async function showList(view, id) {
  const { signal } = view, path = { dataset_id: id }, start = +view.query.get("from"), drawn = {};
  const { title, description } = id ? await call("GET /api/v1/IO/dataset/{dataset_id}", { path, signal }) : { title: text("datasets") };
  const [operation, kind, card, options, accept] = id
    ? ["POST /api/v1/IO/dataset/get-images-list/{dataset_id}", "images", pictureCard, { purpose: "dataset_image", dataset_id: id }, "image/*"]
    : ["POST /api/v1/IO/dataset/get-datasets-list", "datasets", datasetCard, { purpose: "dataset_import" }, ".zip"];
  const items = make("div"), pages = make("nav", { class: "row" }), works = make("div", { role: "status" });
  const load = async () => {
    const { [kind]: page, total } = await call(operation, { path, body: { start, end: start + PAGE, sort_field: "id", sort_order: "desc" }, signal });
    const turn = (from, label) => from >= 0 && from < total && make("a", { class: "button", href: `#/analyses/${id}?from=${from}` }, label);
    items.className = total ? `cards ${kind}` : "empty";
    // What did not change keeps its element, and with it the focus and its thumbnail.
    show(items, total ? page.map((item) => drawn[JSON.stringify(item)] ??= card(item, { follow, reload, signal })) : text(`no_${kind}`));
    show(pages, turn(start - PAGE, t("back")), turn(start + PAGE, t("more")));
  };
  const reload = newest(load);

  // Shows how far an import or export is until it is over.
  async function follow(name, job_id) {
    const bar = make("progress"), line = make("label", { class: "panel" }, name, bar);
    works.append(line);
    const { state, error } = await until("GET /jobs/{job_id}", { path: { job_id }, signal }, ({ state }) => /done|failed|cancelled/.test(state),
      { onAnswer: ({ progress }) => progress && Object.assign(bar, { max: progress.total, value: progress.done }) }).finally(() => line.remove());
    if (state !== "done") throw new Error(error?.detail ?? t(`state.${state}`));
  }

  view.takeFiles = (files) => files.every(({ file }) => isZip(file) === !id) && transfers.add(files, options);
  transfers.addEventListener("finished", guarded(async ({ detail: item }) => {
    if (item.options.purpose !== options.purpose) return;
    if (item.jobId) await follow(item.name, item.jobId);
    reload();
  }), { signal });
  show(view, make("div", { class: "head" }, id && make("a", { href: "#/analyses" }, "← ", text("datasets")), make("h1", {}, title || id),
    !id && button(text("new"), async () => {
      const body = await entitle(text("new"));
      if (body) location.hash = `#/analyses/${(await call("POST /api/v1/IO/dataset/create-dataset", { body })).dataset_id}`;
    }, { kind: "primary" }),
    button(text(options.purpose), async () => transfers.add(await chooseFiles({ accept }), options), { kind: id && "primary" })),
  description && make("p", {}, description), works, items, pages);
  await load();
}

function datasetCard({ id, title, description, created_at }, { follow, reload }) {
  const path = { dataset_id: id };
  return make("article", { class: "panel" }, make("h2", {}, make("a", { href: `#/analyses/${id}` }, title || id)),
    description && make("p", {}, description), make("p", { class: "soft" }, moment(created_at)), make("div", { class: "row" },
      button(t("rename"), async () => {
        const body = await entitle(t("rename"), title);
        if (body) await call("PUT /api/v1/IO/dataset/update-dataset/{dataset_id}", { path, body });
        reload();
      }),
      button(t("download"), async () => {
        const { task_id } = await call("POST /api/v1/IO/archive/export/{dataset_id}", { path });
        await follow(title, task_id);
        await download("GET /api/v1/IO/archive/download/{task_id}", { path: { task_id } }, `${title}.zip`);
      })),
    removal(title, "DELETE /api/v1/IO/dataset/remove-dataset/{dataset_id}", path, reload));
}

function pictureCard({ id: image_id, original_filename: name }, { reload, signal }) {
  const frame = make("span"), path = { image_id };
  // Ids begin with the moment: only a picture that was sent just now may be unfinished.
  const isYoung = Date.now() - parseInt(image_id.replace("-", "").slice(0, 12), 16) < 600000;
  Promise.resolve(isYoung && until("GET /images/{image_id}", { path, signal }, isOver))
    .then(({ error }) => show(frame, error?.detail ?? thumbnail(image_id, "300x300")), tell);
  return make("article", {}, make("a", { href: `#/analyses/picture/${image_id}` }, frame, name),
    removal(name, "DELETE /api/v1/IO/image/remove-image/{image_id}", path, reload));
}

function removal(name, operation, path, reload) {
  const label = `${t("delete")}: ${name}`;
  return button("×", async () => {
    if (await confirmed(`${label}?`)) await call(operation, { path });
    reload();
  }, { "aria-label": label });
}

/** Asks for the title of a dataset; "" where somebody thinks better of it. */
async function entitle(heading, value) {
  const title = make("input", { value, required: true, maxlength: 250, autofocus: true, "aria-label": t("name") });
  return await ask(heading, title, [["", t("cancel")], ["ok", t("save"), "primary"]]) && { title: title.value };
}

customElements.define("dk-analyses", Analyses);
