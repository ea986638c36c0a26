// One batch: what it holds, and what may be done to it.
import { call, file, save, until } from "../../core/client.js";
import { make, show, button, field, guarded, select } from "../../core/element.js";
import { t } from "../../core/language.js";
import { ask } from "../../core/notice.js";
import { zip } from "../../core/zip.js";
import { patiently } from "../../upload/sending.js";
import { isOver, transfers } from "../../upload/transfers.js";
import { duplicates } from "./duplicates.js";
import { editable, groups } from "./groups.js";
import { map } from "./map.js";

const FACES = { groups, map, duplicates };
const UNGROUPED = "Ungrouped";
const compare = new Intl.Collator(undefined, { numeric: true }).compare;
const filename = (...parts) => parts.filter(Boolean).join(" - ").replace(/[\\/:*?"<>|]/g, "_");

/** The badge of a batch's state. */
export const badge = (status) => make("span", { class: `badge ${{ complete: "good", failed: "bad" }[status] ?? ""}` }, t(`batches.${status}`));

/** A button that asks for photographs, or for a folder of them. */
export function chooser(label, take, { kind, ...attributes } = {}) {
  const input = make("input", { type: "file", hidden: true, multiple: true, accept: "image/*", ...attributes, onchange: () => {
    take([...input.files].map((file) => ({ file, path: file.webkitRelativePath })));
    input.value = "";
  } });
  return [input, button(label, () => input.click(), { kind })];
}

/** Shows a batch; gives back what adds photographs to it. */
export function openBatch(view, signal) {
  const options = { path: { batch_id: view.subject }, signal };
  // What its faces know of it, and do with it.
  const desk = {
    selected: new Set(), opened: new Set(), pictures: new Map(), photographs: new Map(),
    ask: (operation, more) => call(operation, { ...options, ...more }), parts, load, choose, regroup, rank, take,
  };
  let facts, face = "groups";
  const head = make("div", { class: "head" }), body = make("div"), work = make("div", { class: "row", role: "status" });
  const tabs = make("div", { class: "tabs", role: "tablist", hidden: true }, Object.keys(FACES).map((value) => button(t(`batches.${value}`), () => turn(value), { role: "tab", value })));
  const count = make("b", { role: "status" }), labels = make("datalist", { id: "batch-labels" });
  const place = make("input", { list: labels.id, required: true, maxlength: 50, placeholder: t("batches.place"), "aria-label": t("batches.place") });
  const bar = make("div", { class: "panel row", hidden: true }, count, place, labels,
    button(t("batches.move"), () => place.reportValidity() && regroup(desk.selected, place.value.trim() === t("ungrouped") ? UNGROUPED : place.value.trim())),
    button(t("download"), () => take(facts.batch_name, [...desk.selected].map((id) => desk.photographs.get(id)))),
    button(t("batches.remove"), () => load("DELETE /batches/{batch_id}/images", { body: { image_ids: [...desk.selected] } })),
    button(t("cancel"), () => choose(desk.selected, false), { kind: "quiet" }));

  /** All answers of an operation that answers in parts. */
  async function parts(operation) {
    const all = [];
    do all.push(await desk.ask(operation, { query: { offset: all.at(-1)?.next_offset } }));
    while (all.at(-1).next_offset);
    return all;
  }

  /** Changes the batch, if there is an operation, and shows it as it is then. */
  async function load(operation, more) {
    if (operation) await desk.ask(operation, more);
    const [told, explained] = await Promise.all([parts("GET /batches/{batch_id}"), parts("GET /batches/{batch_id}/groups")]);
    const all = told.flatMap((part) => part.image_associations);
    const known = new Map(explained.flatMap((part) => part.groups).map((group) => [group.label, group]));
    // What came after the analysis has no label: it stands first, and what is in no group last.
    desk.groups = [...Map.groupBy(all, (one) => one.group_label ?? "")].map(([label, members]) => ({
      label, members, title: label === UNGROUPED ? t("ungrouped") : label || t("batches.pending"), ...known.get(label),
    })).sort(({ label: one }, { label: other }) => (one === UNGROUPED) - (other === UNGROUPED) || compare(one, other));
    [facts] = told;
    desk.moved = explained[0].moved;
    desk.photographs = new Map(all.map((one) => [one.image.id, one]));
    desk.metric = all.find((one) => one.ranking_metric)?.ranking_metric ?? "brisque";
    place.value = "";
    show(labels, desk.groups.map(({ label }) => label && make("option", { value: label === UNGROUPED ? t("ungrouped") : label })));
    const { batch_name: name, image_count: n, status, error } = facts;
    show(head, editable("h1", name, 255, (next) => load("PUT /batches/{batch_id}", { body: { name: next } })),
      badge(status), t("pictures", { n }), chooser(t("batches.add"), add),
      button(t("batches.find"), settings, { disabled: !n, kind: known.size ? "" : "primary" }),
      known.size > 0 && button(t("batches.take_best"), () => take(name, desk.groups.flatMap(({ size, members }) => size ? members[0] : [])), { kind: "primary" }));
    turn(face);
    report(error?.detail);
  }

  function turn(next) {
    // What is shown anew leaves people where they are.
    body.style.minHeight = next === face ? `${body.offsetHeight}px` : "";
    face = next;
    tabs.hidden = false;
    for (const tab of tabs.children) tab.setAttribute("aria-selected", tab.value === face);
    desk.onselect = null;
    show(body, FACES[face](desk));
    choose([...desk.selected].filter((id) => !desk.photographs.has(id)), false);
  }

  // Says what goes on, and how far it has come, if that is known.
  function report(message, far) {
    show(work, message, far && make("progress", { max: far.total, value: far.done, "aria-label": message }));
  }

  function choose(ids, isSelected) {
    for (const id of ids) desk.selected[isSelected ? "add" : "delete"](id);
    for (const box of body.querySelectorAll("li > input")) box.checked = desk.selected.has(box.value);
    count.textContent = t("selected", { n: desk.selected.size });
    bar.hidden = !desk.selected.size;
    desk.onselect?.();
  }

  /** Puts photographs into a group, by their ids; all of a group into a new one gives it another name. */
  async function regroup(ids, label) {
    if (transfers.items.some((item) => item.options.batch_id === view.subject && !isOver(item))) await load(); // More may have joined.
    const labelOf = (id) => desk.photographs.get(id).group_label ?? UNGROUPED;
    const changed = new Set([...ids].map(labelOf)).add(label);
    const group_map = Object.groupBy(desk.photographs.keys(), (id) => ids.has(id) ? label : labelOf(id));
    await desk.ask("PUT /batches/{batch_id}/groups", { body: { group_map } });
    choose(ids, false);
    // Groups that changed have lost their ranks. What cannot be measured cannot be ranked.
    const isMeasured = (id) => desk.photographs.get(id).image.quality_score !== null;
    await rank(desk.metric, [...changed].filter((one) => one !== UNGROUPED && group_map[one]?.some(isMeasured)));
  }

  async function rank(metric, labels) {
    try {
      for (const [done, label] of labels.entries()) {
        report(t("loading"), { done, total: labels.length });
        // What was measured by the time that is up is kept: asked again, it goes on. A group may have nothing to be measured.
        await patiently(() => desk.ask("POST /batches/{batch_id}/rank", { query: { label, metric } }), signal)
          .catch((error) => { if (error.code !== "validation_failed") throw error; });
      }
    } finally {
      report();
    }
    await load();
  }

  const add = guarded((files) => {
    transfers.add(files, options.path);
    return ready();
  });

  // Asks until it is over, and shows the batch as it is then.
  async function follow(operation, query, isOver) {
    try {
      await patiently(() => until(operation, { ...options, query }, isOver), signal);
    } finally {
      report();
    }
    await load();
  }

  // Waits until all photographs that are on their way have joined, and were looked at.
  async function ready() {
    const sent = transfers.items.filter((item) => item.options.batch_id === view.subject && !isOver(item));
    report(t("loading"), {});
    await Promise.all(sent.map((item) => item.finished));
    const joining = new Set(sent.flatMap(({ imageId }) => imageId ?? [])).size;
    await follow("GET /batches/{batch_id}/readiness", {}, ({ described, failed, waiting, total }) => {
      const far = { done: described + failed, total };
      return !waiting && total >= joining || report(t("batches.looked", far), far);
    });
  }

  async function settings() {
    const number = (min) => make("input", { type: "number", required: true, min, max: 10000, value: usual() });
    const size = number(2), samples = number(1), keep = make("input", { type: "checkbox", checked: true });
    const metric = select(["cosine", "euclidean", "manhattan", "chebyshev"].map((name) => [name, name]));
    const fields = Object.entries({ size, samples, metric, keep }).map(([name, control]) => field(t(`batches.${name}`), control));
    if (!await ask(t("batches.find"), fields, [["", t("cancel")], ["ok", t("batches.find"), "primary"]])) return;
    await find(+size.value, +samples.value, metric.value, keep.checked);
  }

  const usual = () => desk.photographs.size < 100 ? 2 : 5;

  async function find(min_cluster_size = usual(), min_samples = usual(), metric, keep_manual) {
    await ready();
    report(t("batches.processing"), {});
    try {
      await desk.ask("PUT /batches/{batch_id}/analyze", { body: { min_cluster_size, min_samples, metric, keep_manual } });
    } finally {
      await watch();
    }
  }

  // Waits until an analysis is over, whoever began it.
  const watch = () => follow("GET /batches/{batch_id}", { limit: 1 }, ({ status, progress: far }) =>
    status !== "processing" || report(t("batches.processing"), far ?? {}));

  /** Downloads originals as one archive, named after their groups. */
  async function take(name, photographs) {
    const files = [];
    try {
      for (const { image: { id: image_id, original_filename }, group_label } of photographs) {
        report(t("download"), { done: files.length, total: photographs.length });
        files.push({ name: filename(group_label, original_filename), blob: await file("GET /images/{image_id}/original", { path: { image_id }, signal }) });
      }
      save(await zip(files), `${filename(name)}.zip`);
    } finally {
      report();
    }
  }

  show(view, head, work, tabs, body, bar);
  const labelAt = ({ target, dataTransfer }) => !dataTransfer.types.includes("Files") && target.closest("[data-label]")?.dataset.label;
  view.addEventListener("dragover", (event) => labelAt(event) && event.preventDefault());
  view.addEventListener("drop", guarded((event) => labelAt(event) && regroup(desk.selected, labelAt(event))));
  guarded(async () => {
    await load();
    await ready();
    if (facts.status === "processing") await watch();
    else if (view.query.has("begin") && facts.status === "pending" && facts.image_count) await find();
  })();
  return add;
}
