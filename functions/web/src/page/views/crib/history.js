// The books: what went out and came back, and the inspection that closes a manual check.
import { make, show, button, field, guarded, select } from "../../core/element.js";
import { call } from "../../core/client.js";
import { moment, t } from "../../core/language.js";
import { showFile } from "../../core/picture.js";
import { badge, everything } from "./register.js";

/** Whether there are as many as there should be; nothing to say of what is not there and need not be. */
export const stateOf = (count, expected) => (count > expected ? "extra" : count < expected ? "missing" : count > 0 && "found");

/** Shows a picture with boxes round what was found in it. */
export const showSeen = (image, url) => guarded(() => showFile(image, "GET /media/{filename}", { path: { filename: url.split("/").pop() } }))();

/** A tool: how many there are of how many; `tell` shows a count, `oncorrect` takes one by hand. */
export function line(name, expected, oncorrect) {
  const input = make("input", { type: "number", min: 0, max: 1000, readonly: !oncorrect, "aria-label": name,
    onchange: () => { tell(+input.value); oncorrect(+input.value); } });
  const mark = make("span");
  const tell = (count) => { input.value = count; show(mark, badge(stateOf(count, expected))); };
  return { tell, row: make("li", { class: "panel" }, make("strong", {}, name), mark, input, ` / ${expected}`) };
}

// A transaction, to be opened; a manual check can be closed there.
function entry(transaction, people, kits, open) {
  const { id, type, status, details, counterpart, report, user_id: person, toolkit_id: kit } = transaction;
  const nameIn = (entries, wanted) => entries.find((one) => one.id === wanted)?.name ?? wanted;
  const part = make("details", { class: "panel", open, ontoggle: () => part.children[1] ?? fill() }, make("summary", { class: "row" }, make("strong", {}, t(`crib.${type}`)),
    `${nameIn(kits, kit)} · ${nameIn(people, person)}`, make("small", { class: "grow" }, `№${id} · ${moment(transaction.transaction_time)}`), badge(status)));

  function fill() {
    const counts = [];
    const lines = details.map(({ tool_id: tool, name, actual_qty: actual, expected_qty: expected }, index) => {
      const { tell, row } = line(name, expected, status !== "ok" && ((count) => { counts[index] = { tool_id: tool, actual_qty: count }; }));
      tell(actual);
      return row;
    });
    const inspector = select(people.filter(({ role }) => role && role !== "worker").map((one) => [one.id, one.name]), { required: true });
    const text = make("textarea", { maxlength: 4000, required: true });
    const close = async () => {
      if (!inspector.reportValidity() || !text.reportValidity()) return;
      const body = { inspector_id: +inspector.value, report_text: text.value, counts: counts.filter(Boolean) };
      part.replaceWith(entry(await call("POST /transactions/{transaction_id}/report", { path: { transaction_id: id }, body }), people, kits, true));
    };
    part.append(make("div", { class: "stack" }, make("ul", { class: "stack" }, lines),
      make("div", { class: "cards" }, transaction.processed_image_urls.map((url, index) => {
        const image = make("img", { alt: `№${id}: ${index + 1}` });
        showSeen(image, url);
        return image;
      })),
      counterpart && make("a", { href: `#/crib/history/${counterpart}` }, `${t(type === "give" ? "crib.take" : "crib.give")} №${counterpart}`),
      report && make("blockquote", {}, report.report_text, make("br"), make("small", {}, `${nameIn(people, report.inspector_id)}, ${moment(report.created_at)}`)),
      status !== "ok" && [field(t("crib.inspector"), inspector, t("crib.inspectors")), field(t("crib.report"), text), button(t("crib.close_check"), close, { kind: "primary" })]));
  }
  return part;
}

/** Shows the books, the transaction `id` before all others. */
export async function showHistory(panel, { id }) {
  const [people, kits, first] = await Promise.all([everything("people"), everything("kits"),
    id && call("GET /transactions/{transaction_id}", { path: { transaction_id: id } })]);
  const list = make("div", { class: "stack" });
  const named = (entries) => entries.map((one) => [one.id, one.name]);
  const told = (...keys) => keys.map((key) => [key, t(`crib.${key}`)]);
  const filters = make("form", { class: "row", onchange: guarded(() => load()) },
    Object.entries({ user_id: named(people), toolkit_id: named(kits), type: told("give", "take"), status: told("ok", "manual_check") })
      .map(([name, options]) => field(t(`crib.${name}`), select([["", t("all")], ...options], { name }))));
  let newest;
  async function load(cursor) {
    const query = newest = { ...Object.fromEntries(new FormData(filters)), cursor };
    const items = [];
    do { // A page may be empty, and not be the last.
      const page = await call("GET /transactions", { query });
      items.push(...page.items);
      query.cursor = page.next_cursor;
    } while (query.cursor && !items.length);
    if (query !== newest) return;
    show(list, cursor && [...list.children].slice(0, -1), items.map((one) => entry(one, people, kits)),
      query.cursor && button(t("more"), () => load(query.cursor)),
      !items.length && make("p", { class: "empty" }, t("crib.empty")));
  }
  show(panel, first && entry(first, people, kits, true), filters, list);
  await load();
}
