// Two pictures on top of one another, parted by a line that is moved by pointer and keys.
import { make } from "./element.js";

/** `<dk-compare>`: fill `before` and `after`, two `img`; `label` names the slider. */
export class Compare extends HTMLElement {
  before = make("img", { alt: "", draggable: "false" });
  after = make("img", { alt: "", draggable: "false", class: "after" });
  label = "";
  #slider = make("input", { type: "range", min: "0", max: "100", step: "1", value: "50" });

  connectedCallback() {
    if (this.#slider.isConnected) return;
    this.#slider.setAttribute("aria-label", this.label);
    const plate = make("div", { class: "plate" }, this.before, this.after, make("span", { class: "line", "aria-hidden": "true" }));
    this.append(plate, this.#slider);
    const cut = () => this.style.setProperty("--cut", `${this.#slider.value}%`);
    this.#slider.addEventListener("input", cut);
    cut();
    const follow = (event) => {
      if (event.type === "pointerdown") plate.setPointerCapture(event.pointerId);
      else if (!plate.hasPointerCapture(event.pointerId)) return;
      const { left, width } = plate.getBoundingClientRect();
      this.#slider.value = 100 * (event.clientX - left) / width;
      cut();
    };
    plate.addEventListener("pointerdown", follow);
    plate.addEventListener("pointermove", follow);
  }
}

customElements.define("dk-compare", Compare);
