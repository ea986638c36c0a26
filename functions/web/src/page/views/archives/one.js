// One archive: how far it has come, every picture of it, and what was found in each.
import { make, show, button, guarded } from "../../core/element.js";
import { call, delay, download, file, request } from "../../core/client.js";
import { number, t } from "../../core/language.js";
import { showBlob } from "../../core/picture.js";
import { entries } from "../../core/zip.js";
import { patiently } from "../../upload/sending.js";
import { drawSmall, picturesOf, sent, STATES } from "./sent.js";
import "../../core/compare.js";

// A result that is larger is downloaded, and not looked into.
const LOOKED_INTO = 300 * 1024 * 1024;
// What the statuses of these routes are called elsewhere; the last three are ends.
const STATE = { PENDING: "queued", STARTED: "running", RETRY: "running", SUCCESS: "done", FAILURE: "failed", REVOKED: "cancelled" };
const OVER = ["done", "failed", "cancelled"];

class Archive extends HTMLElement {
  #stop = new AbortController();
  #badge = make("span", { class: "badge" });
  #bar = make("progress", { max: "1", "aria-label": t("state.done") });
  #line = make("p", { "aria-live": "polite" });
  #tools = make("div", { class: "row" });
  #detail = make("section", { class: "detail", hidden: true });
  #grid = make("ul", { class: "cards archive-pictures" });
  #before = new Map();
  #after = new Map();
  #told = new Map();
  #state = "";
  #compare = Object.assign(document.createElement("dk-compare"), { label: t("compare") });
  #seen = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      this.#seen.unobserve(target);
      drawSmall(target, target.picture, this.#stop.signal);
    }
  }, { rootMargin: "200px" });

  connectedCallback() {
    const known = sent.get(this.jobId);
    show(this,
      make("div", { class: "head" },
        make("a", { href: "#/archives", class: "button" }, "←", make("span", { class: "visually-hidden" }, t("place.archives"))),
        make("h1", {}, known?.name ?? t("place.archives")), this.#badge, this.#tools),
      this.#bar, this.#line, this.#detail, this.#grid);
    guarded(() => this.#watch(known))();
  }

  disconnectedCallback() {
    this.#stop.abort();
    for (const { src } of [this.#compare.before, this.#compare.after]) URL.revokeObjectURL(src);
    this.#seen.disconnect();
  }

  async #watch(known) {
    const { signal } = this.#stop;
    if (known) {
      // An archive that cannot be looked into here may still be segmented.
      for (const picture of await picturesOf(known.blob).catch(() => [])) this.#before.set(picture.name, picture);
      this.#showPictures("");
    }
    for (let pause = 150; ; pause = Math.min(1500, pause * 1.4)) {
      const status = await patiently(() => call("GET /api/status/{job_id}", { path: { job_id: this.jobId }, signal }), signal);
      this.#showStatus(status);
      if (status.result) return this.#showResult(status);
      if (OVER.includes(STATE[status.status])) return;
      await delay(pause, signal);
    }
  }

  #showStatus({ status, progress, error }) {
    const path = { job_id: this.jobId };
    const state = STATE[status];
    this.#badge.textContent = t(`state.${state}`);
    this.#badge.className = `badge ${STATES[state] ?? ""}`;
    if (progress) Object.assign(this.#bar, { max: Math.max(1, progress.total), value: progress.done });
    this.#bar.hidden = OVER.includes(state);
    const said = [progress && t("archives.done_of", progress), error && `${error.detail} (${error.code})`].filter(Boolean).join(" · ");
    if (this.#line.textContent !== said) this.#line.textContent = said;
    if (this.#state === state) return; // Buttons stay under the hand.
    this.#state = state;
    show(this.#tools,
      !OVER.includes(state) && button(t("archives.stop"), () => request("POST /jobs/{job_id}/cancel", { path }), { kind: "danger" }),
      state === "failed" && button(t("retry"), async () => {
        await request("POST /jobs/{job_id}/redrive", { path });
        this.connectedCallback();
      }, { kind: "primary" }));
  }

  async #showResult({ result, user_hash }) {
    const { signal } = this.#stop;
    for (const { file: name, error, code } of result.errors) this.#told.set(name, `${error} (${code})`);
    const { results: [made] } = await call("GET /jobs/{job_id}", { path: { job_id: this.jobId }, signal });
    const path = { user_hash };
    const left = make("span", { class: "badge info", role: "timer" });
    const loading = button(t("archives.download"), () => download("GET /api/download/{user_hash}", { path }, made.filename), { kind: "primary" });
    show(this.#tools, left, loading);
    guarded(() => this.#countDown(left, loading, new Date(made.expires_at)))();
    if (new Date(made.expires_at) <= new Date()) return this.#showPictures(t("archives.gone"));
    if (made.bytes > LOOKED_INTO) return this.#showPictures(t("download"));
    const all = new Map((await entries(await file("GET /api/download/{user_hash}", { path, signal }))).map((entry) => [entry.name, entry]));
    const { pictures, order } = JSON.parse(await (await all.get("manifest.json").blob()).text());
    for (const picture of pictures) this.#after.set(picture.name, { ...picture, isPainted: order.output === "overlay", entry: all.get(picture.file) });
    this.#showPictures("");
  }

  async #countDown(left, loading, end) {
    for (;;) {
      const seconds = Math.ceil((end - Date.now()) / 1000);
      if (seconds <= 0) break;
      left.textContent = t("archives.left", { time: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` });
      await delay(1000, this.#stop.signal);
    }
    left.textContent = t("archives.gone");
    loading.remove();
  }

  #showPictures(text) {
    const names = [...new Set([...this.#before.keys(), ...this.#after.keys(), ...this.#told.keys()])];
    show(this.#grid, names.map((name) => this.#card(name, text)));
  }

  #card(name, text) {
    const after = this.#after.get(name);
    const told = this.#told.get(name);
    const small = make("canvas", { class: "thumbnail", width: 240, height: 160, "aria-hidden": "true" });
    small.picture = after?.isPainted ? after.entry : this.#before.get(name);
    if (small.picture) this.#seen.observe(small);
    const areas = after?.areas.map(({ label, percent }) => `${label} ${number(percent, 1)} %`).join(", ");
    return make("li", {}, make("button", { type: "button", class: "card", disabled: !after, onclick: guarded(({ currentTarget }) => this.#open(name, after, currentTarget)) },
      small, make("strong", {}, name),
      make("small", { class: told ? "failed" : "" }, told ?? (after ? areas || t("none") : text))));
  }

  async #open(name, after, opener) {
    const before = await this.#before.get(name)?.blob();
    const blob = await after.entry.blob();
    showBlob(this.#compare.after, blob);
    showBlob(this.#compare.before, before ?? blob);
    const heading = make("h2", { tabindex: "-1" }, name);
    show(this.#detail, make("div", { class: "head" }, heading,
      button(t("close"), () => {
        this.#detail.hidden = true;
        opener.focus();
      })),
    make("div", { class: "split" }, this.#compare,
      make("div", { class: "panel" }, make("h3", {}, t("archives.areas")),
        after.areas.length ? make("table", {}, make("tbody", {}, after.areas.map(({ label, percent, pixels }) =>
          make("tr", {}, make("td", {}, label), make("td", { class: "number" }, `${number(percent, 1)} %`), make("td", { class: "number soft" }, number(pixels)))))) : make("p", {}, t("none")),
        make("small", {}, `${after.model.name} ${after.model.version} · ${number(after.milliseconds, 0)} ms`))));
    this.#detail.hidden = false;
    this.#detail.scrollIntoView({ block: "start" });
    heading.focus();
  }
}

customElements.define("dk-archive", Archive);
