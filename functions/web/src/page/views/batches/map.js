// The photographs of a batch in two dimensions: alike ones stand close to each other.
import { make, field, guarded, show } from "../../core/element.js";
import { t } from "../../core/language.js";
import "../../core/stage.js";
import { tiles } from "./groups.js";

/** The map, with the groups beside it: the one that is open stands out. */
export function map(desk) {
  const stage = make("dk-stage", { "aria-label": t("batches.map") }), canvas = make("canvas"), pen = canvas.getContext("2d");
  const lassoing = make("input", { type: "checkbox" });
  const colours = new Map(desk.groups.map(({ label }, at) => [label, `hsl(${at * 137} ${label === "Ungrouped" ? 0 : 65}% 50%)`]));
  let points = [], lit, lasso, frame = 0, isMoved = false;

  const redraw = () => { frame ||= requestAnimationFrame(draw); };
  function draw() {
    const { left: clientX, top: clientY, width, height } = stage.getBoundingClientRect(), { scale } = stage, zoom = scale * devicePixelRatio;
    const { x, y } = stage.toPicture({ clientX, clientY });
    frame = 0;
    Object.assign(canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
    pen.scale(zoom, zoom);
    pen.translate(-x, -y);
    Object.assign(pen, { strokeStyle: getComputedStyle(stage).color, lineWidth: 2 / scale });
    for (const point of points) {
      const isChosen = desk.selected.has(point.id);
      pen.globalAlpha = !lit || lit === point.label ? 1 : 0.15;
      pen.fillStyle = colours.get(point.label);
      pen.beginPath();
      pen.arc(point.x, point.y, (isChosen ? 9 : 5) / scale, 0, 7);
      pen.fill();
      if (isChosen) pen.stroke();
    }
    if (lasso) pen.stroke(lasso);
  }

  stage.tool = {
    down: ({ x, y }, { shiftKey }) => {
      isMoved = shiftKey || lassoing.checked;
      if (isMoved) (lasso = new Path2D()).moveTo(x, y);
      return isMoved;
    },
    move: ({ x, y }) => redraw(lasso.lineTo(x, y)),
    up: () => {
      pen.resetTransform();
      desk.choose(points.filter(({ x, y }) => pen.isPointInPath(lasso, x, y)).map(({ id }) => id), true);
      lasso = null;
    },
  };
  stage.addEventListener("stagechange", () => redraw(isMoved = true));
  stage.addEventListener("click", (event) => {
    const at = stage.toPicture(event), point = !isMoved && points.find(({ x, y }) => Math.hypot(x - at.x, y - at.y) < 7 / stage.scale);
    if (point) location.hash = `#/picture/${point.id}`;
  });
  desk.onselect = redraw;
  guarded(async () => {
    const parts = await desk.parts("GET /batches/{batch_id}/map");
    points = parts.flatMap((part) => part.points).map(({ image_id: id, x, y, group_label: label }) => ({ id, label, x: 500 + x * 460, y: 500 - y * 460 }));
    stage.prepend(canvas);
    stage.setSize(1000, 1000);
  })();

  const list = make("div", { class: "panel" }, desk.groups.map(({ label, title, members }) => {
    const dot = make("i"), content = make("div");
    dot.style.background = colours.get(label);
    return make("details", { name: "group", "data-label": label, ontoggle: ({ target }) => {
      show(content, target.open && tiles(desk, members, label));
      lit = list.querySelector("[open]")?.dataset.label;
      redraw();
    } }, make("summary", {}, dot, title, " · ", members.length), content);
  }));
  return [
    make("div", { class: "row" }, field(t("batches.lasso"), lassoing), make("small", {}, t("batches.map_hint"))),
    make("div", { class: "split" }, stage, list),
  ];
}
