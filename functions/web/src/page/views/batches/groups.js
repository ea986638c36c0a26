// The groups of a batch, the best photograph of each first.
import { make, show, button, field, guarded, select } from "../../core/element.js";
import { number, t } from "../../core/language.js";
import { thumbnail } from "../../core/picture.js";

const METRICS = ["brisque", "niqe", "piqe", "sharpness", "exposure", "colorfulness"];
const AT_FIRST = 24;

/** A heading that is changed in its place. */
export const editable = (heading, value, maxlength, change) => [make(heading, { class: "visually-hidden" }, value), make("input", {
  class: "title", ".value": value, maxlength, "aria-label": t("name"), onchange: guarded(({ target }) => target.value.trim() && change(target.value.trim())),
})];

/** The groups one below the other: renamed, ranked, sorted by hand. */
export function groups(desk) {
  const list = make("div", { class: "stack" }), labels = desk.groups.flatMap(({ size, label }) => size ? label : []);
  const fill = (isMoved) => show(list, desk.groups.map((group) => section(desk, group, group.members.filter((one) => one.moved_from || !isMoved))));
  fill(false);
  return [
    labels[0] && make("div", { class: "row" },
      field(t("batches.rank"), select(METRICS.map((metric) => [metric, t(`picture.${metric}`).split(":")[0]]), { value: desk.metric, onchange: guarded(({ target }) => desk.rank(target.value, labels)) })),
      desk.moved > 0 && field(t("batches.moved", { n: desk.moved }), make("input", { type: "checkbox", onchange: ({ target }) => fill(target.checked) }))),
    desk.groups[0] ? list : make("p", { class: "empty" }, t("batches.empty")),
  ];
}

function section(desk, { label, title, size, members, ...group }, photographs) {
  return photographs[0] && make("section", { "data-label": label },
    make("div", { class: "row" }, size ? editable("h2", label, 50, (next) => desk.regroup(new Set(members.map((one) => one.image.id)), next)) : make("h2", {}, title),
      make("small", {}, t("pictures", { n: members.length }), group.medoid && ` · ${t("batches.explained", group)}`),
      button(t("download"), () => desk.take(title, members), { kind: "quiet" })),
    tiles(desk, photographs, label));
}

/** A grid of the photographs of a group, the first of them until all are asked for. */
export function tiles(desk, photographs, label) {
  const first = desk.opened.has(label) ? photographs : photographs.slice(0, AT_FIRST), rest = photographs.slice(first.length);
  const list = make("ul", { class: "tiles" }, first.map((one) => tile(desk, one)));
  return [list, rest[0] && button(`${t("more")}: ${rest.length}`, ({ currentTarget }) => {
    desk.opened.add(label);
    list.append(...rest.map((one) => tile(desk, one)));
    list.children[AT_FIRST].firstChild.focus();
    currentTarget.remove();
  })];
}

function tile(desk, { image, quality_rank: rank, ranking_metric: metric, ranking_score: score, moved_from: label, error }) {
  const { id, original_filename: name } = image;
  const box = make("input", { type: "checkbox", value: id, checked: desk.selected.has(id), "aria-label": name, onchange: () => desk.choose([id], box.checked) });
  const about = [name, rank && `${rank}. ${metric} ${number(score)}`, label && t("batches.moved_from", { label: label === "Ungrouped" ? t("ungrouped") : label }), error?.detail];
  // What is shown anew keeps its picture, so that it is not fetched anew.
  if (image.has_thumbnail && !desk.pictures.has(id)) desk.pictures.set(id, thumbnail(id, "300x300", name, { loading: "lazy" }));
  return make("li", { class: rank === 1 && "best", draggable: "true", ondragstart: ({ dataTransfer }) => {
    if (!box.checked) desk.choose(desk.selected, false);
    desk.choose([id], true);
    dataTransfer.setData("text/plain", name);
  } },
  make("a", { href: `#/picture/${id}`, draggable: "false" }, desk.pictures.get(id) ?? name, make("span", {}, about.filter(Boolean).join(" · "))), box,
  make("b", { "aria-hidden": "true" }, rank === 1 && `★ ${t("batches.best")}`, label && " ↪"));
}
