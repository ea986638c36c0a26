// Jobs and health: what waits, runs and failed, and why; tried anew, called off, taken off the list.
import { make, show, button } from "../core/element.js";
import { call, delay } from "../core/client.js";
import { moment, number, t } from "../core/language.js";
import { textOf } from "../core/notice.js";
import { patiently } from "../upload/sending.js";

// As GET /jobs/stats names the states.
const STATES = { "": "total", queued: "queued", running: "processing", done: "completed", failed: "failed", cancelled: "cancelled" };
const COLOURS = { done: "good", failed: "bad", running: "info" };
const MOST_PAGES = 10;
const REDRIVE = "POST /jobs/{job_id}/redrive";

class Jobs extends HTMLElement {
  #gone = new AbortController();
  #health = make("p", { class: "row" });
  #states = make("nav", { class: "row", "aria-label": t("jobs.state") });
  #groups = make("div", { class: "stack", "aria-live": "polite" });
  #list = make("div", { class: "wide" }, t("loading"));
  #pages = 1;
  #failed = [];
  #counted = -1;
  #last = "";
  #acting = 0;

  connectedCallback() {
    show(this, make("div", { class: "head" }, make("h1", {}, t("place.jobs")), make("a", { href: "docs" }, t("docs"))),
      make("div", { class: "stack" }, this.#health, this.#states, this.#groups, this.#list));
    this.#watch().catch((error) => show(this.#list, make("p", { class: "failed", role: "alert" }, textOf(error))));
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  async #watch() {
    const { signal } = this.#gone;
    // What is unhealthy says so with 503, and which of them it is.
    call("GET /health", { signal }).catch((error) => (error.services ? error : Promise.reject(error)))
      .then(({ services }) => show(this.#health, ["metadata", "files", "queue"].map((name) =>
        make("span", { class: `badge ${services[name] ? "good" : "bad"}` }, `${t(`jobs.${name}`)}: ${t(services[name] ? "ok" : "state.error")}`))))
      .catch((error) => show(this.#health, textOf(error)));
    for (;;) {
      const stats = await patiently(() => this.#load(), signal);
      // The longer the queue, the less often it is counted.
      await delay(stats.queued + stats.processing ? 2000 + 8 * Math.min(stats.queued, 1000) : 10000, signal);
    }
  }

  async #jobs(query, most) {
    const jobs = [];
    for (let page = 0, cursor; page < most && cursor !== null; page += 1) {
      const { items, next_cursor: next } = await call("GET /jobs", { query: { ...query, cursor }, signal: this.#gone.signal });
      jobs.push(...items);
      jobs.next = cursor = next;
    }
    return jobs;
  }

  async #load() {
    const state = this.query.get("state") ?? "";
    const stats = await call("GET /jobs/stats", { signal: this.#gone.signal });
    const jobs = await this.#jobs({ state }, this.#pages);
    const now = JSON.stringify([stats, jobs]);
    if (now === this.#last || this.#acting) return stats;
    if (stats.failed !== this.#counted) {
      this.#failed = await this.#jobs({ state: "failed", limit: 100 }, MOST_PAGES);
      show(this.#groups, Object.entries(Object.groupBy(this.#failed, (job) => job.error?.code)).map(([code, some]) => make("div", { class: "panel row" },
        make("code", { class: "failed" }, code), make("span", { class: "grow" }, some[0].error?.detail), this.#act(t("jobs.redrive", { n: some.length }), REDRIVE, some))));
    }
    this.#counted = stats.failed;
    this.#last = now;
    const focused = document.activeElement.id;
    show(this.#states, Object.entries(STATES).map(([key, name]) => make("a", { class: "button", id: `state ${key}`, href: `#/jobs?state=${key}`, "aria-current": key === state && "true" },
      `${t(key ? `state.${key}` : "all")} ${number(stats[name])}${stats.is_complete ? "" : "+"}`)));
    show(this.#list, jobs.length ? make("table", {},
      make("thead", {}, make("tr", {}, ["kind", "state", "of", "attempts", "when", "error", "actions"].map((name) => make("th", { scope: "col" }, t(`jobs.${name}`))))),
      make("tbody", {}, jobs.map((job) => this.#row(job)))) : make("p", { class: "empty" }, t("jobs.empty")),
    jobs.next && button(t("more"), () => { this.#pages += 1; return this.#load(); }, { id: "more" }));
    if (focused) document.getElementById(focused)?.focus();
    return stats;
  }

  // Does the same with some jobs: nothing is drawn anew under the hand meanwhile. The list follows with a short delay.
  #act(label, operation, jobs) {
    return button(label, async () => {
      this.#acting += 1;
      try {
        for (const job of jobs) await call(operation, { path: job });
      } finally {
        this.#acting -= 1;
      }
      await delay(500, this.#gone.signal);
      this.#counted = -1;
      await this.#load();
    }, { id: `${label} ${jobs[0].job_id}` });
  }

  #row(job) {
    const { kind, state, progress, image_id: image, dataset_id: dataset, error } = job;
    const name = t(`jobs.${kind}`);
    const isOver = !["queued", "running"].includes(state);
    return make("tr", {}, [
      name,
      [make("span", { class: `badge ${COLOURS[state] ?? ""}` }, t(`state.${state}`)),
        !isOver && progress && make("progress", { value: progress.done, max: progress.total, "aria-label": name })],
      [image && make("a", { id: `picture ${job.job_id}`, href: `#/picture/${image}` }, t("jobs.picture")), " ", dataset && make("a", { id: `dataset ${job.job_id}`, href: `#/analyses/${dataset}` }, t("jobs.dataset"))],
      job.attempts,
      moment(job.created_at),
      error && [make("code", { class: "failed" }, error.code), " ", error.detail],
      [(state === "failed" || state === "cancelled" && kind !== "archive_segmentation") && this.#act(t("retry"), REDRIVE, [job]),
        isOver ? this.#act(t("delete"), "DELETE /jobs/{job_id}", [job]) : this.#act(t("cancel"), "POST /jobs/{job_id}/cancel", [job])],
    ].map((cell) => make("td", {}, cell)));
  }
}

customElements.define("dk-jobs", Jobs);
