// What is in a batch twice, or nearly: side by side, with the better one marked.
import { make, show, button, guarded } from "../../core/element.js";
import { percent, t } from "../../core/language.js";
import { thumbnail } from "../../core/picture.js";

// Of these measures less is better.
const merit = ({ quality_metric: metric, quality_score: score }) => ["brisque", "niqe", "piqe"].includes(metric) ? -score : score;

const MOST = 100;

/** Pairs to confirm, by removing one of them, or to refuse, as different. */
export function duplicates(desk) {
  const list = make("div", { class: "cards" }), count = make("p", { role: "status" });
  const imageOf = (id) => desk.photographs.get(id).image;

  const side = (one, other) => make("figure", {},
    make("a", { href: `#/picture/${one.id}` }, one.has_thumbnail && thumbnail(one.id, "300x300"), one.original_filename), merit(one) > merit(other) && ` ★ ${t("batches.best")}`,
    button(t("batches.remove"), () => desk.load("DELETE /batches/{batch_id}/images", { body: { image_ids: [one.id] } })));

  function pair({ first, second, likeness, similarity }) {
    const [one, other] = [first, second].map(imageOf);
    return make("article", { class: "panel" }, side(one, other), side(other, one), make("p", {}, t(`batches.${likeness}`), " ", similarity && percent(similarity)),
      button(t("batches.distinct"), async () => {
        await desk.ask("POST /batches/{batch_id}/duplicates/distinct", { body: { image_ids: [first, second] } });
        await load();
        list.querySelector("button")?.focus();
      }));
  }

  async function load() {
    const parts = await desk.parts("GET /batches/{batch_id}/duplicates");
    const [{ total }] = parts, exact = parts.flatMap((part) => part.exact), pairs = parts.flatMap((part) => part.pairs).slice(0, MOST);
    count.textContent = total ? `${exact.length + pairs.length} / ${total}` : t("none");
    show(list, pairs.map(pair), exact.map(({ image_id: id, names }) =>
      make("article", { class: "panel" }, t("batches.exact"), " ", [imageOf(id).original_filename, ...names].join(", "))));
  }

  guarded(load)();
  return [count, list];
}
