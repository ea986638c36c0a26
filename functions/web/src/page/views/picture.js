// One picture: its file on a stage, and beside it what is known of it and what can be found out.
import { call, download, thumbnailLink, until } from "../core/client.js";
import { button, make, show } from "../core/element.js";
import { bytes, moment, preference, remember, t } from "../core/language.js";
import { confirmed } from "../core/notice.js";
import { isShown, showFile } from "../core/picture.js";
import "../core/stage.js";
import { forget, order } from "./library/order.js";
import { fill, history, photograph, quality, reason } from "./picture/facts.js";
import { areas, colours, things } from "./picture/findings.js";

class Picture extends HTMLElement {
  #closing = new AbortController();

  connectedCallback() {
    const { signal } = this.#closing;
    this.options = { path: { image_id: this.subject }, signal };
    addEventListener("keydown", ({ key, altKey, ctrlKey, metaKey, shiftKey, target }) => {
      if (altKey || ctrlKey || metaKey || shiftKey || target.closest("input, select, dialog")) return;
      this.querySelector(`[rel=${{ ArrowLeft: "prev", ArrowRight: "next" }[key]}]`)?.click();
    }, { signal });
    show(this, make("progress", { "aria-label": t("loading") }));
    this.#follow();
  }

  disconnectedCallback() {
    this.#closing.abort();
    for (const { src } of this.querySelectorAll("dk-stage img")) URL.revokeObjectURL(src);
  }

  /** Shows the picture, again whenever its state has changed, until it is ready or has failed. */
  async #follow() {
    try {
      await until("GET /images/{image_id}", this.options, ({ status }) => status === "DONE" || status === "ERROR", {
        onAnswer: (record) => record.status !== this.record?.status && this.#show(record),
      });
    } catch (error) {
      show(this, reason(error));
    }
  }

  #show(record) {
    this.record = record;
    const { dataset_id, error, filename, format, height, job_id, status, width } = record;
    const home = dataset_id ? `#/analyses/${dataset_id}` : "#/library";
    const place = order.indexOf(this.subject);
    const link = (href, label, attributes) => make("a", { class: "button", href, ...attributes }, label);
    const way = (rel, arrow, id) => id && link(`#/picture/${id}`, arrow, { rel, "aria-label": t(`picture.${rel}`) });
    const isDone = status === "DONE";
    const state = t(`state.${status.toLowerCase()}`);
    show(this,
      make("div", { class: "head" },
        link(home, t("back")), way("prev", "←", order[place - 1]), way("next", "→", place >= 0 && order[place + 1]),
        make("h1", {}, filename),
        isDone && [link(`#/analyses/picture/${this.subject}`, t("place.analyses")),
          button(t("download"), () => download("GET /images/{image_id}/original", this.options, filename))],
        button(t("delete"), async () => {
          if (!await confirmed(t("picture.delete"))) return;
          await call("DELETE /images/{image_id}", this.options);
          forget(this.subject);
          location.hash = home;
        }, { kind: "danger" })),
      make("p", { class: "soft", role: "status" },
        [width && `${width} × ${height}`, format?.toUpperCase(), bytes(record.size), moment(record.created_at), state].filter(Boolean).join(" · ")),
      isDone ? this.#bench() : !error ? make("progress", { "aria-label": state })
        : make("div", { class: "panel" }, reason(error), job_id && button(t("retry"), async () => {
          await call("POST /jobs/{job_id}/redrive", { path: { job_id } });
          this.#follow();
        })));
  }

  #bench() {
    const { filename, format, height, width } = this.record;
    const stage = this.stage = make("dk-stage", { "aria-label": filename });
    const { image } = stage;
    const note = make("div", { class: "soft", role: "status" });
    image.alt = filename;
    stage.setSize(width, height);
    fill(note, async () => {
      if (isShown(format)) return void (this.original = await showFile(image, "GET /images/{image_id}/original", this.options));
      // The square from its middle takes the place of the picture.
      Object.assign(image, { src: await thumbnailLink(this.subject, "1200x1200") }).style.objectFit = "contain";
      return t("picture.unseen");
    });
    return make("div", { class: "split" }, make("div", { class: "seen" }, stage, note),
      make("div", {}, [photograph, quality, things, areas, colours, history].map((panel) => this.#panel(panel))));
  }

  /** A panel is filled when it is first opened; what it draws on the stage is seen as long as it is open. */
  #panel(panel) {
    const { name } = panel;
    const body = make("div", { class: "stack" });
    return make("details", {
      name: "panel", class: "panel", open: name === (preference("panel") ?? "photograph"),
      ontoggle: ({ target: { open } }) => {
        for (const layer of this.stage.querySelectorAll(`[data-layer=${name}]`)) layer.toggleAttribute("hidden", !open);
        if (!open) return;
        remember("panel", name);
        if (body.matches(":empty, :has(> .failed)")) fill(body, () => panel(this));
      },
    }, make("summary", {}, make("h2", {}, t(`picture.${name}`))), body);
  }
}

customElements.define("dk-picture", Picture);
