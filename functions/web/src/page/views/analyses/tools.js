// What the lists and the tools of the bench share.
import { t } from "../../core/language.js";
import { tell } from "../../core/notice.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A text of these views. */
export const text = (key, values) => t(`analyses.${key}`, values);

/** Whether a picture came to its end. */
export const isOver = ({ status }) => /DONE|ERROR/.test(status);

/** A value within bounds, in whole pixels. */
export const clamp = (value, least, most) => Math.round(Math.min(Math.max(value, least), most));

/** Does `work` once at a time, and once more if it was called meanwhile; `say` is given what it answers. */
export function newest(work, say = () => {}) {
  let isDue, isRunning;
  return async () => {
    isDue = true;
    if (isRunning) return;
    for (isRunning = true; isDue;) {
      isDue = false;
      say(t("loading"));
      say(await work().catch(tell));
    }
    isRunning = false;
  };
}

/** Lets arrow keys move an element by pixels, the keys of a button act on it. */
export function operable(element, by, act) {
  element.addEventListener("keydown", (event) => {
    const move = ARROWS[event.key]?.map((step) => step * (event.shiftKey ? 10 : 1));
    if (move) by(...move);
    else if (act && /^( |Enter)$/.test(event.key)) act();
    else return;
    event.preventDefault();
  });
  element.tabIndex = 0;
  return element;
}

/** Hands the pointer of a stage to what it can move there (`by`), else to `draw(point, start)`, which are the same at first. */
export function pointer(stage, { width, height }, draw) {
  let held, start, last;
  const within = ({ x, y }) => ({ x: clamp(x, 0, width), y: clamp(y, 0, height) });
  stage.tool = {
    down(point, { target }) {
      held = target.by && target;
      held?.focus();
      start = last = within(point);
      if (!held) draw?.(start, start);
      return held || draw;
    },
    move(point) {
      const now = within(point);
      if (held) held.by(now.x - last.x, now.y - last.y);
      else draw(now, start);
      last = now;
    },
  };
}
