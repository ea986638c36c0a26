// What can be found in a picture: things, areas, colours; on the stage, and as rows beside it.
import { call, file, Problem, until } from "../../core/client.js";
import { button, field, make, makeSvg, select, show } from "../../core/element.js";
import { number, percent, t } from "../../core/language.js";
import { showFile } from "../../core/picture.js";
import { entries, zip } from "../../core/zip.js";
import { transfers } from "../../upload/transfers.js";
import { fill, list, saveJson, saver } from "./facts.js";

// Told apart by colour-blind people too (Okabe and Ito). A class has always the same.
const COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"];

function slider(label, value, follow, range) {
  const told = make("span");
  const input = make("input", { type: "range", min: 0, max: 1, step: 0.01, ...range, value, oninput: read });
  function read() {
    told.textContent = percent(input.value);
    follow?.(input.value);
  }
  read();
  return field([label, " ", told], input);
}

/** A button that looks for something, and where it is told. */
function finder(look) {
  const found = make("div", { class: "stack" });
  // How many there are is heard, and not the whole of them.
  const said = make("p", { class: "visually-hidden", role: "status" });
  const find = async () => {
    await fill(found, look);
    said.textContent = found.querySelector(".count, .failed")?.textContent ?? "";
  };
  return [button(t("picture.find"), find, { kind: "primary" }), found, said];
}

/** Rows of `[{ class, hidden, label, shape, share, size }]`, whose shapes go into a layer: what is pointed at lights up in both. */
function rows(layer, findings) {
  // The larger lie below, so that the smaller can be pointed at.
  show(layer, findings.toSorted((one, other) => other.size - one.size).map(({ shape }) => shape));
  const all = findings.map(({ class: number, hidden, label, shape, share }) => {
    const box = make("input", { type: "checkbox", checked: !hidden, onchange: () => shape.toggleAttribute("hidden", !box.checked) });
    const row = make("label", { class: "choice" }, box, make("span", {}, label), percent(share, 1));
    box.style.accentColor = shape.style.color = COLOURS[number % COLOURS.length];
    for (const [type, isLit] of Object.entries({ pointerenter: true, pointerleave: false, focusin: true, focusout: false })) {
      for (const part of [row, shape]) part.addEventListener(type, () => [row, shape].forEach((one) => one.classList.toggle("lit", isLit)));
    }
    return row;
  });
  return [make("span", { class: "count" }, t("picture.found", { n: findings.length })), make("div", { class: "rows" }, all)];
}

/** Things, each with a box. */
export async function things({ options: { signal }, stage, subject }) {
  const layer = stage.layer("things");
  const sureness = slider(t("picture.sureness"), 0.35, null, { min: 0.05, max: 0.95 });
  return [sureness, finder(async () => {
    const answer = await call("POST /predictions", { body: { image_id: subject, confidence: sureness.control.valueAsNumber }, signal });
    const { detections, model, times, uncertain } = answer;
    const filename = answer.processed_image_url.split("/").pop();
    const findings = [...detections, ...uncertain].map((thing) => {
      const [x, y, right, bottom] = thing.box;
      const [width, height] = [right - x, bottom - y];
      const hidden = uncertain.includes(thing);
      const label = thing.label + (hidden ? "?" : "");
      const shape = makeSvg("g", { hidden }, makeSvg("rect", { x, y, width, height }),
        makeSvg("text", { x, y, dx: "0.3em", dy: "1.2em" }, `${label} ${percent(thing.confidence)}`));
      return { ...thing, hidden, label, shape, share: thing.confidence, size: width * height };
    });
    return [rows(layer, findings),
      make("small", {}, `${model.name} ${model.version} · ≥ ${percent(model.confidence)} · IoU ${model.iou} · ${number(times.inference_ms, 0)} ms`),
      make("div", { class: "row" }, saver("things.jpg", () => file("GET /media/{filename}", { path: { filename }, signal })), saveJson("things", answer))];
  })];
}

/** Areas, each with its outline. */
export async function areas(view) {
  const layer = view.stage.layer("areas");
  return finder(async () => {
    const answer = JSON.parse(await (await segmented(view, "json")).text());
    const findings = answer.contours.map((contour) => {
      const share = answer.areas.find((area) => area.class === contour.class).percent / 100;
      return { ...contour, share, size: share, shape: makeSvg("path", { d: contour.rings.map((ring) => `M${ring.join(" ")}Z`).join("") }) };
    });
    return [slider(t("picture.overlay"), 0.5, (value) => { layer.style.fillOpacity = value; }), rows(layer, findings),
      make("small", {}, `${answer.model.name} ${answer.model.version}`),
      make("div", { class: "row" }, saver("areas.png", () => segmented(view, "mask")), saveJson("areas", answer))];
  });
}

/** Waits for the end of a job, and throws why it came to nothing. */
async function ended(job_id, signal) {
  const { error, state } = await until("GET /jobs/{job_id}", { path: { job_id }, signal }, ({ finished_at }) => finished_at);
  if (state !== "done") throw new Problem(0, error ?? {});
}

/** What the segmentation of an archive with this picture alone makes of it. */
async function segmented({ options, original }, output) {
  const { signal } = options;
  const blob = original ?? await file("GET /images/{image_id}/original", options);
  // Archives pick pictures by the ends of their names, and then go by what is in them.
  const archive = new File([await zip([{ name: "picture.png", blob }])], "picture.zip", { type: "application/zip" });
  const item = await transfers.add([archive], { purpose: "archive", output })[0].finished;
  const { jobId: job_id, problem, promise } = item;
  transfers.cancel(item); // It is over: only off the list.
  if (!job_id) throw problem ? new Problem(0, problem) : new Error(t("state.cancelled"));
  await ended(job_id, signal);
  const { result: { errors: [failure] } } = await call("GET /api/status/{job_id}", { path: { job_id }, signal });
  if (failure) throw new Problem(0, { ...failure, detail: failure.error });
  const files = await entries(await file("GET /api/download/{user_hash}", { path: { user_hash: promise.user_hash }, signal }));
  return files.find(({ name }) => name.startsWith("picture")).blob();
}

/** Colours, and the picture painted with them; those that are known are shown. */
export async function colours({ options, record, stage }) {
  const image = stage.querySelector("[data-layer=colours]") ?? make("img", { alt: "", "data-layer": "colours" });
  stage.image.after(image);
  const { analyses } = await call("GET /images/{image_id}/results", options);
  const whole = { top: 0, left: 0, bottom: record.height, right: record.width };
  const crop = analyses.find(({ method }) => method === "crop")?.parameters ?? whole;
  Object.assign(image.style, { inset: `${Math.max(0, crop.top)}px auto auto ${Math.max(0, crop.left)}px`, width: "auto", height: "auto" });
  const count = make("input", { type: "number", min: 2, max: 16, value: 5 });
  const space = select([["rgb", "RGB"], ["lab", "Lab"]]);

  async function painting() {
    const answer = await call("GET /api/v1/analysis/kmeans/{image_id}/result", options);
    const { colors, palette, shares } = answer.result;
    const painted = await showFile(image, "GET /api/v1/analysis/kmeans/{image_id}/result/image", { ...options, query: { format: "png" } });
    return [slider(t("picture.overlay"), 0.5, (value) => { image.style.clipPath = `inset(0 0 0 ${100 - 100 * value}%)`; }),
      list((palette ?? colors).map((colour, place) => {
        const hex = make("code", {}, `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`);
        hex.style.borderColor = hex.textContent;
        return [hex, percent(shares[place], 1)];
      })),
      make("div", { class: "row" }, saver("colours.png", () => painted), saveJson("colours", answer))];
  }

  const [look, found, said] = finder(async () => {
    // Only the part that was cropped is looked at; where none was, one would be chosen in place of the whole.
    if (crop === whole) await call("POST /api/v1/analysis/crop/crop-image/{image_id}", { ...options, body: whole });
    const body = { nclusters: count.valueAsNumber, space: space.value };
    await ended((await call("POST /api/v1/analysis/kmeans/{image_id}", { ...options, body })).job_id, options.signal);
    return painting();
  });
  if (analyses.some(({ method, status }) => method === "kmeans" && status === "done")) fill(found, painting);
  return [field(t("picture.colours"), count), field(t("picture.space"), space), look, found, said];
}
