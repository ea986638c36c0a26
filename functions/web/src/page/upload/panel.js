// The panel of uploads; and how files get there: dropped anywhere.
import { call } from "../core/client.js";
import { button, guarded, make, show } from "../core/element.js";
import { language, percent, t } from "../core/language.js";
import { tell } from "../core/notice.js";
import { chooseFiles, filesOf, isZip } from "./files.js";
import { isOver, isPaused, isSending, transfers } from "./transfers.js";

const view = () => document.querySelector("main > *");
const veil = make("div", { class: "empty veil", hidden: true });

/** Brings the panel up to date. */
let update;

function build() {
  const rows = new WeakMap();
  let listed;
  let wasDone = true;
  let leaving;
  const sum = make("b");
  const bar = make("progress", { "aria-label": t("uploads") });
  const list = make("ul");
  const live = make("output", { class: "visually-hidden" });
  const pause = button("", () => (transfers.items.some(isSending) ? transfers.pause() : transfers.resume()));
  const clear = button(t("uploads.clear"), () => transfers.clear());
  const sort = button(t("uploads.sort"), sortPhotographs, { kind: "primary" });
  const details = make("details", {}, make("summary", {}, sum, bar), list);
  const box = make("section", { class: "panel", "aria-label": t("uploads") }, details, make("div", { class: "row end" }, pause, clear, sort));
  veil.textContent = t("uploads.drop");
  show(document.querySelector("dk-transfers"), live, box, veil);

  update = () => {
    const { items } = transfers;
    const total = (of) => items.reduce((all, item) => all + of(item), 0);
    const isOn = items.some(isSending);
    const isDone = items.every(isOver);
    sum.textContent = ["done", "duplicate", "failed"].flatMap((state) => {
      const n = items.filter((item) => item.state === state).length;
      return n || state === "done" ? t(`uploads.n_${state}`, { n, all: items.length }) : [];
    }).join(", ");
    Object.assign(bar, { max: total(({ size }) => size) || 1, value: total((item) => (isOver(item) ? item.size : item.sent)), hidden: isDone });
    box.hidden = !items.length;
    pause.hidden = !isOn && !items.some(isPaused);
    pause.textContent = t(isOn ? "uploads.pause" : "uploads.resume");
    clear.hidden = !items.some(isOver);
    sort.hidden = !isDone || photographs().ids.length < 2;
    const hasFailed = items.some(({ problem }) => problem);
    if (wasDone !== isDone) {
      // Screen readers hear how it begins, and what came of it. The list makes room once there is nothing to be seen in it.
      live.textContent = sum.textContent;
      details.open = hasFailed || !isDone && innerWidth > 640;
    }
    wasDone = isDone;
    clearTimeout(leaving);
    if (items.length && isDone && sort.hidden && !hasFailed) leaving = setTimeout(() => transfers.clear(), 4000);
    for (const item of items) if (!rows.has(item)) rows.set(item, rowOf(item));
    if (listed !== items) show(list, items.map((item) => rows.get(item)));
    listed = items;
    for (const row of list.children) row.update();
  };
  update();
}

function rowOf(item) {
  const { name, size } = item;
  const state = make("small");
  const act = button("", () => (item.file ? transfers.retry(item) : choose()), { kind: "quiet" });
  const remove = button("×", () => transfers.cancel(item), { kind: "quiet" });
  let shown;
  const row = make("li", { ".update": () => {
    const { problem, file, sent } = item;
    if (shown === item.state + sent) return;
    shown = item.state + sent;
    row.className = item.state;
    state.textContent = problem ? `${problem.detail} (${problem.code})`
      : t(`uploads.${file ? item.state : "lost"}`, { share: percent(sent / (size || 1)) });
    act.hidden = file && !problem;
    act.textContent = t(file ? "retry" : "uploads.choose");
    act.ariaLabel = `${act.textContent}: ${name}`;
    remove.ariaLabel = `${t(isOver(item) ? "close" : "cancel")}: ${name}`;
  } }, make("span", {}, name), state, act, remove);
  return row;
}

/** Goes on with an interrupted upload, once its file is chosen again. */
async function choose() {
  for (const { file } of await chooseFiles({ accept: ".zip", multiple: false })) if (!transfers.goOn(file)) tell(t("uploads.other"));
}

/** The photographs on the list that went nowhere in particular: their ids, and the folder of the first. */
function photographs() {
  const some = transfers.items.filter(({ imageId, options }) => imageId && options.purpose === "photograph" && !options.batch_id);
  const [folder, isWithin] = some[0]?.path.split("/") ?? [];
  return { ids: [...new Set(some.map(({ imageId }) => imageId))], folder: isWithin && folder };
}

async function sortPhotographs() {
  const { ids, folder } = photographs();
  const date = new Date().toLocaleDateString(language, { dateStyle: "medium" });
  const { id } = await call("POST /batches/", { body: { name: folder || t("uploads.photographs", { date }), image_ids: ids } });
  transfers.clear();
  location.hash = `#/batches/${id}?begin=1`;
}

/** The view has first choice; then photographs are sent, and archives go to their place. */
async function take(found) {
  const files = (await found).filter(({ file }) => !transfers.goOn(file));
  if (!files.length || view().takeFiles?.(files)) return;
  transfers.add(files.filter(({ file }) => !isZip(file)));
  const archives = files.filter(({ file }) => isZip(file));
  if (!archives.length) return;
  location.hash = "#/archives";
  await new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
  view().takeFiles(archives);
}

addEventListener("dragleave", ({ relatedTarget }) => { veil.hidden ||= !relatedTarget; });
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, guarded((event) => {
    const { types } = event.dataTransfer;
    if (!types.includes("Files") || types.includes("text/html")) return null; // A picture of a page is no file to send.
    event.preventDefault();
    veil.hidden = kind === "drop";
    return veil.hidden && take(filesOf(event.dataTransfer));
  }));
}

transfers.addEventListener("change", () => update());
addEventListener("dk-language", build);
build();
