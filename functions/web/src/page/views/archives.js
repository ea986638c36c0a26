// Archives: a zip goes in, and what is in its pictures comes back, to look at and to download.
import { make, show, button, field, select, guarded } from "../core/element.js";
import { call } from "../core/client.js";
import { bytes, moment, t } from "../core/language.js";
import { zip } from "../core/zip.js";
import { transfers } from "../upload/transfers.js";
import { chooseFiles } from "../upload/files.js";
import { PICTURE, sent, STATES } from "./archives/sent.js";
import "./archives/one.js";

// Whoever still waits here is led to what he sent.
transfers.addEventListener("finished", ({ detail: { state, options, jobId, name, file } }) => {
  if (state !== "done" || options.purpose !== "archive") return;
  sent.set(jobId, { name, blob: file });
  if (location.hash === "#/archives") location.hash = `#/archives/${jobId}`;
});

class Archives extends HTMLElement {
  #stop = new AbortController();
  #output = select(["overlay", "mask"].map((kind) => [kind, t(`archives.output.${kind}`)]));
  #confidence = make("input", { type: "number", min: "0", max: "1", step: "0.05", placeholder: t("archives.usual") });
  #classes = make("input", { type: "text", placeholder: "cat, person", spellcheck: "false" });

  connectedCallback() {
    if (this.subject) {
      show(this, Object.assign(document.createElement("dk-archive"), { jobId: this.subject }));
      return;
    }
    const earlier = make("div", {}, make("p", { class: "soft" }, t("loading")));
    show(this,
      make("div", { class: "head" }, make("h1", {}, t("place.archives"))),
      make("section", { class: "empty drop" },
        make("p", {}, t("archives.what")),
        make("div", { class: "row" },
          button(t("archives.choose"), async () => this.takeFiles(await chooseFiles({ accept: ".zip", multiple: true })), { kind: "primary" }),
          button(t("archives.choose_pictures"), async () => this.takeFiles(await chooseFiles({ accept: ".jpg,.jpeg,.png,.bmp,.tif,.tiff", multiple: true })))),
        make("div", { class: "row options" },
          field(t("archives.output"), this.#output),
          field(t("archives.confidence"), this.#confidence),
          field(t("archives.classes"), this.#classes))),
      make("section", { class: "stack" }, make("h2", {}, t("archives.earlier")), earlier));
    guarded(() => this.#showEarlier(earlier))();
  }

  disconnectedCallback() {
    this.#stop.abort();
  }

  /** Takes archives as they are, and packs pictures into one. */
  takeFiles(files) {
    location.hash = "#/archives";
    guarded(() => this.#send(files))();
    return true;
  }

  async #send(files) {
    const isZip = ({ path, file }) => (path ?? file.name).toLowerCase().endsWith(".zip");
    const archives = files.filter(isZip).map(({ file }) => file);
    const pictures = files.filter(({ path, file }) => PICTURE.test(path ?? file.name));
    if (!archives.length && !pictures.length) throw new Error(t("archives.formats"));
    if (pictures.length) {
      const packed = await zip(pictures.map(({ file, path }) => ({ name: path ?? file.name, blob: file })));
      archives.push(new File([packed], `${t("archives.pictures_name")}.zip`, { type: "application/zip" }));
    }
    const classes = this.#classes.value.split(",").map((name) => name.trim()).filter(Boolean);
    const order = { purpose: "archive", output: this.#output.value };
    if (this.#confidence.value) order.confidence = Number(this.#confidence.value);
    if (classes.length) order.classes = classes;
    transfers.add(archives, order);
  }

  async #showEarlier(place) {
    const { items } = await call("GET /jobs", { query: { kind: "archive_segmentation", limit: 50 }, signal: this.#stop.signal });
    show(place, items.length ? make("ul", { class: "cards" }, items.map(card)) : make("p", { class: "soft" }, t("none")));
  }
}

function card({ job_id, state, created_at, progress, error, user_hash, results: [made] }) {
  const isThere = made && new Date(made.expires_at) > new Date();
  const result = isThere ? `${t("pictures", { n: made.segmented })}, ${bytes(made.bytes)}` : made ? t("archives.gone")
    : state === "failed" ? `${error.detail} (${error.code})` : progress && t("archives.done_of", progress);
  return make("li", { class: "panel" },
    make("h3", {}, make("a", { href: `#/archives/${job_id}` }, sent.get(job_id)?.name ?? user_hash)),
    make("span", { class: `badge ${STATES[state] ?? ""}` }, t(`state.${state}`)), " ", moment(created_at),
    result && make("div", { class: "soft" }, result));
}

customElements.define("dk-archives", Archives);
