// The registers of the crib: people, tools with what models call them, kits with what belongs into them.
import { make, show, button, field, select } from "../../core/element.js";
import { call } from "../../core/client.js";
import { moment, t } from "../../core/language.js";
import { ask, confirmed, textOf } from "../../core/notice.js";

// How each is listed, added, changed and deleted, the name of its id, and its fields.
const REGISTERS = {
  people: ["GET /users/", "POST /users/", "PUT /users/{user_id}", "DELETE /users/{user_id}", "user_id", "name", "employee_number", "role"],
  kits: ["GET /toolkits/", "POST /toolkits/", "PUT /toolkits/{toolkit_id}", "DELETE /toolkits/{toolkit_id}", "toolkit_id", "name", "description"],
  tools: ["GET /tools/", "POST /tools/", "PUT /tools/{tool_id}", "DELETE /tools/{tool_id}", "tool_id", "name", "serial_number", "category", "labels"],
};
const OPTIONAL = ["description", "labels"];
const COLOURS = { ok: "good", in: "good", found: "good", extra: "bad" };

/** A state of a tool, a kit or a transaction. */
export const badge = (state) => state && make("span", { class: `badge ${COLOURS[state] ?? "warn"}` }, t(`crib.${state}`));

/** All that a register has. */
export async function everything(name) {
  for (const all = []; ;) {
    const { items, total } = await call(REGISTERS[name][0], { query: { limit: 100, offset: all.length } });
    all.push(...items);
    if (!items.length || all.length >= total) return all;
  }
}

/** The entries of a register to choose from; of kits that are out they say who of `people` has them. */
export async function cards(name, choose, people = []) {
  const entries = await everything(name);
  return make("div", { class: "cards" }, entries.map((entry) => {
    const { issued, role } = entry;
    const facts = REGISTERS[name].slice(6).flatMap((one) => (one === "role" && role ? t(`crib.${role}`) : entry[one])).filter(Boolean);
    return button([make("strong", {}, entry.name), make("small", {}, facts.join(" · ")), name === "kits" && badge(issued ? "out" : "in"),
      issued && make("small", {}, people.find(({ id }) => id === issued.user_id)?.name, " ", moment(issued.issued_at))], () => choose(entry));
  }), !entries.length && make("p", { class: "empty" }, t("crib.empty")));
}

/** Shows a register, whose entries are added, changed and deleted. */
export async function showRegister(panel, { name }) {
  const edit = async (entry) => {
    const place = [...panel.querySelectorAll("button")].indexOf(document.activeElement);
    await askFor(name, entry);
    await showRegister(panel, { name });
    panel.querySelectorAll("button")[Math.max(place, 0)]?.focus();
  };
  show(panel, make("div", {}, button(t("crib.add"), () => edit(), { kind: "primary" })), await cards(name, edit, name === "kits" ? await everything("people") : []));
}

// Asks what an entry should be until the crib takes it, or it is dismissed.
async function askFor(name, entry) {
  const [, add, change, remove, key, ...fields] = REGISTERS[name];
  const controls = fields.map((one) => (one === "role"
    ? select(["", "worker", "manager", "admin"].map((role) => [role, role && t(`crib.${role}`)]), { value: entry?.role ?? "" })
    : make("input", { required: !OPTIONAL.includes(one), ".value": [entry?.[one]].flat().join(", ") })));
  const places = name === "kits" ? await placesIn(entry) : [];
  const problem = make("p", { class: "failed", role: "alert" });
  for (;;) {
    const answer = await ask(entry?.name ?? t("crib.add"), [
      fields.map((one, index) => field(t(one === "name" ? one : `crib.${one}`), controls[index])),
      places.length > 0 && make("fieldset", {}, make("legend", {}, t("crib.tools")), places.map((place) => field(`${place.tool.name} · ${place.tool.serial_number}`, place.input))), problem],
    [["", t("cancel")], ["ok", t("save"), "primary"], ...(entry ? [["delete", t("delete"), "danger"]] : [])]);
    const path = { [key]: entry?.id };
    try {
      if (answer === "delete" && await confirmed(`${t("delete")}: ${entry.name}?`)) await call(remove, { path });
      if (answer !== "ok") return;
      const body = Object.fromEntries(fields.map((one, index) => [one, controls[index].value || null]));
      if (name === "tools") body.labels = body.labels?.split(",").map((label) => label.trim()).filter(Boolean) ?? [];
      entry = await call(entry ? change : add, { path, body });
      for (const place of places) if (place.input.value !== place.input.defaultValue) await put(place, entry.id);
      return;
    } catch (error) {
      problem.textContent = textOf(error);
    }
  }
}

// Every tool, with how many of it belong into a kit; those that do come first.
async function placesIn(kit) {
  const [tools, items] = await Promise.all([everything("tools"), kit ? call("GET /toolkits/{toolkit_id}/items", { path: { toolkit_id: kit.id } }) : []]);
  return tools.map((tool) => {
    const item = items.find((one) => one.tool_id === tool.id);
    return { tool, item, input: make("input", { type: "number", min: 0, max: 1000, required: true, value: item?.quantity ?? 0 }) };
  }).sort((one, other) => other.input.value - one.input.value);
}

async function put({ tool, item, input: { value } }, kit) {
  if (+value) await call("POST /toolkits/{toolkit_id}/items", { path: { toolkit_id: kit }, body: { tool_id: tool.id, quantity: +value } });
  else if (item) await call("DELETE /toolkits/{toolkit_id}/items/{item_id}", { path: { toolkit_id: kit, item_id: item.id } });
}
