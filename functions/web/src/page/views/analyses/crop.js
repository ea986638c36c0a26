// Crop: the part of a picture that counts.
import { call } from "../../core/client.js";
import { make, makeSvg, show, button, field } from "../../core/element.js";
import { t } from "../../core/language.js";
import { clamp, pointer, text } from "./tools.js";

const SIDES = ["left", "top", "right", "bottom"];
// By the sides that they move.
const HANDLES = [...SIDES.map((side) => [side]), ["left", "top"], ["right", "top"], ["left", "bottom"], ["right", "bottom"]];

/** The tool in its panel: handles for the pointer, numbers for keys. */
export function crop({ path, picture, stage, signal, say, box }) {
  const { width, height } = picture;
  const shade = makeSvg("path");
  const handles = HANDLES.map((sides) => Object.assign(makeSvg("circle"), {
    by: (x, y) => put(Object.fromEntries(sides.map((side) => [side, box[side] + (/left|right/.test(side) ? x : y)]))),
  }));
  const inputs = SIDES.map((side) => make("input", { type: "number", onchange: ({ target }) => put({ [side]: target.value }) }));

  // Sides stay within the picture, and in their order.
  function put(sides) {
    Object.assign(box, sides);
    const left = box.left = clamp(box.left, 0, width - 1), right = box.right = clamp(box.right, left + 1, width);
    const top = box.top = clamp(box.top, 0, height - 1), bottom = box.bottom = clamp(box.bottom, top + 1, height);
    shade.setAttribute("d", `M0 0H${width}V${height}H0ZM${left} ${top}V${bottom}H${right}V${top}Z`);
    handles.forEach((handle, index) => {
      const at = (low, high) => box[HANDLES[index].find((side) => side === low || side === high)] ?? (box[low] + box[high]) / 2;
      handle.setAttribute("cx", at("left", "right"));
      handle.setAttribute("cy", at("top", "bottom"));
    });
    inputs.forEach((input, index) => { input.value = box[SIDES[index]]; });
    say();
  }

  pointer(stage, picture, ({ x, y }, start) => {
    const [left, right] = [x, start.x].sort((one, other) => one - other), [top, bottom] = [y, start.y].sort((one, other) => one - other);
    if (left < right && top < bottom) put({ left, top, right, bottom });
  });
  show(stage.layer("crop"), shade, handles);
  put();
  const names = text("sides").split(" ");
  return [make("div", { class: "numbers" }, inputs.map((input, index) => field(names[index], input))),
    make("div", { class: "row" },
      button(text("find"), async () => put((await call("POST /api/v1/analysis/crop/auto-crop", { body: path, signal })).data)),
      button(t("save"), async () => {
        await call("POST /api/v1/analysis/crop/crop-image/{image_id}", { path, body: box, signal });
        say(text("saved"));
      }, { kind: "primary" }))];
}
