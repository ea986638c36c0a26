// What is done with selected pictures: sorted, fetched, deleted.
import { button, make } from "../../core/element.js";
import { call, download, file, save } from "../../core/client.js";
import { moment, t } from "../../core/language.js";
import { confirmed } from "../../core/notice.js";
import { zip } from "../../core/zip.js";
import { collection } from "./collection.js";

const ORIGINAL = "GET /images/{image_id}/original";

/** The bar of what is selected in a grid; hidden where nothing is. */
export function makeBar(grid, signal) {
  const count = make("b", { role: "status" });
  const bar = make("div", { class: "row", hidden: true }, count,
    action(t("library.sort_out"), sort, "primary"), action(t("download"), fetchAll), action(t("delete"), remove, "danger"),
    button(t("all"), () => grid.select(), { kind: "quiet" }), button(t("cancel"), () => grid.select([]), { kind: "quiet" }));
  grid.element.addEventListener("select", tally);
  return bar;

  function tally() {
    const { length } = grid.selected();
    bar.hidden = !length;
    const told = t("selected", { n: length });
    if (count.textContent !== told) count.textContent = told;
  }

  function action(label, work, kind) {
    return button(label, () => work(grid.selected()), { kind });
  }

  // Some at a time; answers what came of each.
  async function each(pictures, work) {
    const results = [];
    try {
      for (let n = 0; n < pictures.length; n = results.length) {
        count.textContent = t("library.count", { n, all: pictures.length });
        results.push(...await Promise.all(pictures.slice(n, n + 6).map(work)));
      }
      return results;
    } finally {
      tally();
    }
  }

  async function sort(pictures) {
    const name = `${t("pictures", { n: pictures.length })}, ${moment(Date.now())}`;
    const { id } = await call("POST /batches/", { body: { name, image_ids: pictures.map((picture) => picture.id) } });
    location.hash = `#/batches/${id}?begin=1`;
  }

  async function fetchAll(pictures) {
    const [{ id, filename }] = pictures;
    if (pictures.length === 1) return download(ORIGINAL, { path: { image_id: id } }, filename);
    const files = await each(pictures, async (picture) =>
      ({ name: picture.filename, blob: await file(ORIGINAL, { path: { image_id: picture.id }, signal }) }));
    save(await zip(files), "darkroom.zip");
  }

  async function remove(pictures) {
    if (!await confirmed(t("library.delete", { what: t("pictures", { n: pictures.length }) }))) return;
    await each(pictures, ({ id }) => collection.remove(id));
    grid.focus();
  }
}
