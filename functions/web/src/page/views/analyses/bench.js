// The bench: one picture on a stage, and at its side the tools that measure it.
import { call, file, save, until } from "../../core/client.js";
import "../../core/compare.js";
import { make, show, button, field } from "../../core/element.js";
import { t } from "../../core/language.js";
import { isShown, showBlob, showFile } from "../../core/picture.js";
import "../../core/stage.js";
import { crop } from "./crop.js";
import { grid } from "./grid.js";
import { isOver, newest, pointer, text } from "./tools.js";

const COLORS = ["#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#f0e442"];
const TOOLS = { crop, grid, blur };
const BLUR = "POST /api/v1/analysis/manual/gaussian-blur/{image_id}";

/** The bench of a picture, with the latest results that there are of it. */
export async function showBench(view, image_id) {
  const options = { path: { image_id }, signal: view.signal };
  const picture = await until("GET /images/{image_id}", options, isOver);
  const { width, height, filename, dataset_id, error } = picture;
  if (error) throw new Error(error.detail);
  const { analyses } = await call("GET /images/{image_id}/results", options);
  const latest = (name) => analyses.find(({ method }) => method === name)?.parameters ?? {};
  const { verticalLines = [], horizontalLines = [], selectedCells: cells = [], selectionCategories: kinds = COLORS.map((color, index) => (
    { id: `${index}`, name: text("category", { n: index + 1 }), color })) } = latest("calculate_categorized_mean");
  const { vertical_lines = verticalLines, horizontal_lines = horizontalLines } = latest("calculate_mean_lines");
  const stage = make("dk-stage", { "aria-label": filename });
  stage.overlay.removeAttribute("aria-hidden"); // Handles, lines and cells are operated by keys, too.
  const bench = {
    ...options, picture, stage, kinds, cells,
    box: { left: 0, top: 0, right: width, bottom: height, ...latest("crop") },
    lines: [vertical_lines, horizontal_lines].map((edges) => edges.slice(1, -1)), // Without the edges of the picture.
  };
  const panel = make("div", { class: "stack" });
  const choose = (name) => {
    show(stage.overlay);
    view.querySelector("dk-compare")?.replaceWith(stage);
    const status = make("p", { role: "status" });
    bench.say = (said) => show(status, said); // Its own for each tool: an answer may come after it was left.
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", tab.name === name);
    pointer(stage, picture);
    show(panel, TOOLS[name](bench), status);
  };
  const tabs = make("div", { class: "row" }, Object.keys(TOOLS).map((name) => button(text(name), () => choose(name), { name })));
  show(view, make("div", { class: "head" },
    make("a", { href: dataset_id ? `#/analyses/${dataset_id}` : `#/picture/${image_id}` }, "← ", t("back")),
    make("h1", {}, filename), `${width} × ${height}`),
  make("div", { class: "split" }, stage, make("section", { class: "panel stack" }, tabs, panel)));
  stage.setSize(width, height);
  view.signal.addEventListener("abort", () => URL.revokeObjectURL(stage.image.src));
  // What browsers cannot show is shown as what is measured of it: its lightness.
  bench.shown = isShown(picture.format) ? showFile(stage.image, "GET /images/{image_id}/original", options)
    : file(BLUR, { ...options, body: { kernel_size: 1, apply_viridis: false } }).then((blob) => showBlob(stage.image, blob));
  choose("crop");
  await bench.shown;
}

function blur({ path, picture, shown, signal, say, stage }) {
  const compare = Object.assign(document.createElement("dk-compare"), { label: t("compare") });
  signal.addEventListener("abort", () => URL.revokeObjectURL(compare.after.src));
  compare.style.maxWidth = `${72 * picture.width / picture.height}vh`;
  stage.replaceWith(compare);
  let blob;
  const change = newest(async () => {
    blob = await file(BLUR, { path, body: { kernel_size: +kernel.value, apply_viridis: viridis.checked }, signal });
    await shown;
    compare.before.src = stage.image.src;
    showBlob(compare.after, blob);
  }, say);
  const kernel = make("input", { type: "range", min: 1, max: 199, step: 2, value: 15, oninput: change });
  const viridis = make("input", { type: "checkbox", checked: true, onchange: change });
  change();
  return [field(text("kernel"), kernel), field("Viridis", viridis), button(t("download"), () => blob && save(blob, `${picture.filename}.png`))];
}
