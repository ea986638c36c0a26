// All pictures: sent, found, looked through.
import { button, make, select, show } from "../core/element.js";
import { call } from "../core/client.js";
import { t } from "../core/language.js";
import { tell, textOf } from "../core/notice.js";
import { chooseFiles } from "../upload/files.js";
import { transfers } from "../upload/transfers.js";
import { collection } from "./library/collection.js";
import { makeGrid } from "./library/grid.js";
import { setOrder } from "./library/order.js";
import { makeBar } from "./library/selection.js";

const { compare } = new Intl.Collator(undefined, { numeric: true });
const byName = (one, other) => compare(one.filename, other.filename);
const newest = (one, other) => (one.id < other.id ? 1 : -1); // Ids begin with the moment.
const FORMATS = ["jpeg", "png", "webp", "gif", "bmp", "tiff"];

// How the library was left for another view; the labels are those of groups, by picture, where a batch is chosen.
let filters = {}, labels = null, active;

class Library extends HTMLElement {
  #closing = new AbortController();

  connectedCallback() {
    if (this.query.size) filters = Object.fromEntries(this.query);
    this.grid = open(this, this.#closing.signal);
  }

  disconnectedCallback() {
    this.#closing.abort();
    active = this.grid.active();
    // The link to the place itself leads to all pictures.
    if (location.hash === "#/library") filters = {};
  }
}

function open(view, signal) {
  const grid = makeGrid(active, signal);
  const count = make("span", { class: "soft", role: "status" });
  const batches = make("span");
  const groups = make("span");
  const tools = make("div", { class: "row", role: "search", oninput: filter },
    make("input", { type: "search", name: "q", "aria-label": t("library.search"), placeholder: t("library.search"), value: filters.q }),
    choice("state", ["done", "processing", "error"].map((state) => [state, t(`state.${state}`)])),
    choice("format", FORMATS.map((format) => [format, format.toUpperCase()])), batches, groups, choice("sort", [["name", t("name")]]));
  const senders = () => ["files", "folder"].map((what) => button(t(`library.${what}`), async () => {
    const files = await chooseFiles({ accept: "image/*", directory: what === "folder" });
    if (files.length) transfers.add(files);
  }));
  const drop = make("div", { class: "empty" }, make("h2", {}, t("library.drop")), make("p", {}, "JPEG, PNG, WebP, GIF, BMP, TIFF"), senders());
  const nothing = make("p", { class: "empty" }, make("a", { href: "#/library" }, t("library.nothing")));
  const more = make("div", { class: "row" }, senders());
  let frame = 0, trouble = null;
  show(view, make("div", { class: "head" }, make("h1", {}, t("place.library")), count, more),
    make("div", { class: "deck" }, tools, makeBar(grid, signal)), drop, nothing, grid.element);
  collection.addEventListener("change", () => { frame ||= requestAnimationFrame(refresh); }, { signal });
  writeAddress();
  loadGroups().catch(tell);
  refresh();
  if (active && view.isNew) grid.focus();
  follow();
  loadBatches().catch(tell);
  return grid;

  function follow() {
    trouble = null;
    collection.follow(signal).catch((error) => {
      if (signal.aborted) return;
      trouble = [textOf(error), " ", button(t("retry"), follow)];
      refresh();
    });
  }

  function choice(name, options) {
    return select([["", t(`library.${name}`)], ...options], { name, "aria-label": t(`library.${name}`), value: filters[name] ?? "" });
  }

  function filter({ target: { name, value } }) {
    filters[name] = value;
    if (name === "batch") {
      filters.group = "";
      loadGroups().catch(tell);
    }
    writeAddress();
    refresh();
  }

  function writeAddress() {
    const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
    history.replaceState(null, "", `#/library${query.size ? `?${query}` : ""}`);
  }

  async function loadBatches() {
    const all = [];
    for (let page; !page || page.length === 100; all.push(...page)) {
      page = await call("GET /batches/", { query: { limit: 100, offset: all.length }, signal });
    }
    show(batches, all.length > 0 && choice("batch", all.map(({ id, batch_name }) => [id, batch_name])));
  }

  async function loadGroups() {
    const { batch: batch_id } = filters;
    const found = new Map();
    for (let offset = 0; batch_id && offset !== null;) {
      const { image_associations, next_offset = null } = await call("GET /batches/{batch_id}", { path: { batch_id }, query: { offset }, signal });
      for (const { image, group_label } of image_associations) found.set(image.id, group_label ?? "Ungrouped");
      offset = next_offset;
    }
    if (batch_id !== filters.batch) return;
    labels = batch_id && found;
    const names = [...new Set(found.values())];
    show(groups, names.length > 1 && choice("group", names.map((name) => [name, name === "Ungrouped" ? t("ungrouped") : name])));
    refresh();
  }

  function refresh() {
    const { q = "", state, format, group, sort } = filters;
    const words = q.trim().toLowerCase();
    const { isWhole, pictures: { size: all } } = collection;
    const shown = [...collection.pictures.values()].filter((picture) => picture.filename.toLowerCase().includes(words)
      && (!state || picture.status.toLowerCase() === state) && (!format || picture.format === format)
      && (!labels || labels.has(picture.id) && (!group || labels.get(picture.id) === group))).sort(sort ? byName : newest);
    frame = 0;
    setOrder(shown.map((picture) => picture.id));
    grid.show(shown);
    const told = !isWhole ? t("loading") : shown.length < all ? t("library.count", { n: shown.length, all }) : t("pictures", { n: all });
    if (trouble) show(count, trouble);
    else if (count.textContent !== told) count.textContent = told;
    drop.hidden = all || !isWhole;
    tools.hidden = !all;
    more.hidden = !drop.hidden;
    nothing.hidden = shown.length || !all;
  }
}

customElements.define("dk-library", Library);
