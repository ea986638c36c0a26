// The counter: who, which kit, photographs of the tray; then the kit goes out, or is back.
import { make, makeSvg, show, button, field, guarded, select } from "../../core/element.js";
import { call } from "../../core/client.js";
import { percent, t } from "../../core/language.js";
import { ask, tell, textOf } from "../../core/notice.js";
import "../../core/stage.js";
import { line, showSeen, stateOf } from "./history.js";
import { badge, cards, everything } from "./register.js";

const MOST_BYTES = 4 << 20;
const LONGEST_SIDE = 2560;

/** The counter: a person and a kit are chosen. A kit that is out comes back, from whoever has it. */
export async function showCounter(panel, { id, view }) {
  if (id) return showTray(panel, id, view);
  view.takeFiles = () => { tell(t("crib.hint")); return true; };
  const people = await everything("people");
  const who = select([["", ""], ...people.map((one) => [one.id, one.name])], { required: true });
  const choose = (kit) => {
    if (kit.issued || who.reportValidity()) location.hash = `#/crib/counter/${kit.id}?person=${kit.issued?.user_id ?? who.value}`;
  };
  return show(panel, make("p", {}, t("crib.hint")), field(t("crib.user_id"), who), await cards("kits", choose, people));
}

async function showTray(panel, toolkit, view) {
  const { issued, items, name: called, id } = await call("GET /toolkits/{toolkit_id}", { path: { toolkit_id: toolkit } });
  const given = issued && await call("GET /transactions/{transaction_id}", { path: issued });
  const person = await call("GET /users/{user_id}", { path: { user_id: issued?.user_id ?? view.query.get("person") } });
  const title = t(given ? "crib.take" : "crib.give");
  const tools = new Map();
  const pictures = make("div", { class: "stack" });
  const list = make("ul", { class: "stack" });
  const uncertain = make("ul", { class: "stack" });
  const summary = make("p", { "aria-live": "polite" });
  const second = make("input", { type: "checkbox" });
  const go = button(title, finish, { kind: "primary" });
  const count = (tool) => tool.byHand ?? tool.seen;
  const answers = () => [...pictures.children].flatMap((part) => part.answer ?? []);

  // What should lie there: what went out, or else the kit; what came into the kit meanwhile is too much.
  for (const one of given?.details ?? []) expect(one.tool_id, one.name, one.actual_qty);
  for (const { tool, quantity } of items) expect(tool.id, tool.name, given ? 0 : quantity).labels = tool.labels;
  let isByHand = !tools.size;

  function expect(id, name, quantity) {
    if (tools.has(id)) return tools.get(id);
    const tool = { id, name, quantity, labels: [], ...line(name, quantity, (next) => { tool.byHand = next; isByHand = true; draw(); }) };
    tools.set(id, tool);
    list.append(tool.row);
    return tool;
  }

  function draw() {
    const all = answers();
    for (const { id, name } of all.flatMap((answer) => answer.extra_tools)) expect(id, name, 0);
    const known = [...tools.values()];
    for (const tool of known) tool.seen = 0;
    // Where a label is that of several tools, places that are free come first: the photographs are counted together.
    const isFree = (tool) => tool?.seen < tool?.quantity;
    for (const { tool_id: id, label } of all.flatMap((answer) => answer.detections)) {
      const own = tools.get(id);
      const tool = isFree(own) ? own : known.find((one) => isFree(one) && one.labels.includes(label)) ?? own;
      if (tool) tool.seen += 1;
    }
    for (const tool of known) tool.tell(count(tool));
    show(uncertain, all.flatMap((answer) => answer.uncertain).filter((one) => one.tool_id).map((one) =>
      make("li", { class: "panel" }, make("strong", {}, tools.get(one.tool_id)?.name), badge("uncertain"), percent(one.confidence))));
    const total = (state) => known.filter((tool) => stateOf(count(tool), tool.quantity) === state).length;
    summary.textContent = ["found", "missing", "extra"].map((state) => `${t(`crib.${state}`)}: ${total(state)}`).join(" · ");
    go.disabled = pictures.querySelector("progress") || !(isByHand || all.length);
  }

  async function photograph(file) {
    const words = make("div", { class: "grow", "aria-live": "polite" }, make("progress", { "aria-label": t("loading") }));
    const remove = button("×", () => { URL.revokeObjectURL(part.querySelector("img")?.src); part.remove(); draw(); }, { "aria-label": `${t("delete")}: ${file.name}` });
    const part = make("div", { class: "row" }, words, remove);
    pictures.append(part);
    draw();
    try {
      const answer = await look(await small(file), file.name, id, view.gone.signal);
      // The same picture again is the same prediction, and counts once.
      if (!part.isConnected || answers().some((other) => other.prediction_id === answer.prediction_id)) return part.remove();
      words.textContent = file.name;
      part.answer = answer;
      const stage = make("dk-stage", { "aria-label": file.name });
      part.prepend(stage);
      stage.setSize(answer.width, answer.height);
      // The service draws what it found; what it is not sure of is added.
      showSeen(stage.image, answer.processed_image_url);
      show(stage.layer("uncertain"), answer.uncertain.map(({ box: [x, y, right, bottom] }) => makeSvg("rect", { x, y, width: right - x, height: bottom - y })));
    } catch (error) {
      show(words, make("span", { class: "failed" }, `${file.name}: ${textOf(error)}`));
    } finally {
      draw();
    }
  }

  const take = guarded(async (files) => { for (const file of files) await photograph(file); });
  const source = (label, attributes) => make("label", { class: "button" }, t(label),
    make("input", { type: "file", accept: "image/*", class: "visually-hidden", onchange: ({ target }) => { take([...target.files]); target.value = ""; }, ...attributes }));

  // The key lets a request that got lost on its way be sent again.
  const headers = { "idempotency-key": `${Date.now()}-${Math.random()}` };
  async function finish() {
    const counted = isByHand ? [...tools.values()].map((tool) => ({ tool_id: tool.id, quantity: count(tool) })).filter((one) => one.quantity) : undefined;
    const body = { user_id: person.id, toolkit_id: id, prediction_ids: answers().map((answer) => answer.prediction_id) };
    let done;
    if (given) {
      Object.assign(body, { returned_tools: counted, hand_check: second.checked });
      const found = await call("POST /return-tools/compare-with-issued", { body });
      const lines = ["missing", "extra"].flatMap((what) => found[`${what}_tools`].map((one) => make("p", {}, badge(what), ` ${one.name}: ${one[`${what}_quantity`]}`)));
      if (!await ask(found.message, lines, [["", t("back")], ["ok", title, "primary"]])) return;
      done = (await call("POST /return-tools/process-return", { body, headers })).transaction_id;
    } else {
      done = (await call("POST /transactions", { body: { ...body, tools: counted }, headers })).id;
    }
    location.hash = `#/crib/history/${done}`;
  }

  view.takeFiles = (files) => { take(files.map((one) => one.file)); return true; };
  show(panel, make("h2", {}, `${title}: ${called} · ${person.name}`),
    make("div", { class: "split" },
      make("div", { class: "stack" }, make("div", { class: "row" }, source("crib.shoot", { capture: "environment" }), source("crib.choose", { multiple: true })), pictures),
      make("div", { class: "stack" }, summary, list, uncertain, given && field(t("crib.second_look"), second), go)));
  draw();
}

// The file itself, or a smaller JPEG of it where it has more than a request may carry.
async function small(file) {
  const picture = file.size > MOST_BYTES && await createImageBitmap(file).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(picture.width * scale, picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
}

// What lies in a picture. A job goes on with what takes long; the same picture is answered at once then.
async function look(picture, filename, kit, signal) {
  const form = new FormData();
  form.append("image", picture, filename);
  form.append("toolkit_id", kit);
  const answer = await call("POST /predict/", { form, signal });
  if (!answer.detections) throw new Error(t("crib.later"));
  return answer;
}
