// A picture that is looked at closely: zoomed by wheel, pinch and keys, moved by dragging, with an SVG over it.
import { make, makeSvg, button } from "./element.js";
import { t } from "./language.js";

/**
 * `<dk-stage>`. Give it the size of the picture (`setSize`), fill `image`, draw into `overlay` or into named layers of it
 * (`layer`): their unit is a pixel of the upright picture. `tool`, if set, sees pointers first: `down(point, event)` that
 * answers true takes the pointer, and then gets `move(point, event)` and `up(point, event)`.
 */
export class Stage extends HTMLElement {
  image = make("img", { alt: "", draggable: "false" });
  overlay = makeSvg("svg", { "aria-hidden": "true" });
  tool = null;
  #plate = make("div", { class: "plate" }, this.image, this.overlay);
  #size = { width: 1, height: 1 };
  #view = { scale: 1, x: 0, y: 0 };
  #fitted = true;
  #pointers = new Map();
  #held = null;
  #observer = new ResizeObserver(() => this.#fitted && this.fit());

  connectedCallback() {
    if (!this.#plate.isConnected) {
      this.tabIndex = 0;
      this.setAttribute("role", "group");
      this.append(this.#plate, make("div", { class: "stage-tools" },
        button("+", () => this.zoom(1.4), { "aria-label": t("zoom_in"), title: t("zoom_in") }),
        button("−", () => this.zoom(1 / 1.4), { "aria-label": t("zoom_out"), title: t("zoom_out") }),
        button("⤢", () => this.fit(), { "aria-label": t("zoom_fit"), title: t("zoom_fit") })));
      this.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(Math.exp(-event.deltaY / 300), event); }, { passive: false });
      this.addEventListener("pointerdown", (event) => this.#down(event));
      this.addEventListener("pointermove", (event) => this.#move(event));
      for (const end of ["pointerup", "pointercancel"]) this.addEventListener(end, (event) => this.#up(event));
      this.addEventListener("keydown", (event) => this.#key(event));
    }
    this.#observer.observe(this);
  }

  disconnectedCallback() {
    this.#observer.disconnect();
  }

  /** Pixels of the upright picture. */
  setSize(width, height) {
    this.#size = { width, height };
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    Object.assign(this.#plate.style, { width: `${width}px`, height: `${height}px` });
    this.fit();
  }

  /** The group of the overlay that bears this name; made if there is none. */
  layer(name) {
    let group = this.overlay.querySelector(`[data-layer="${name}"]`);
    if (!group) this.overlay.append(group = makeSvg("g", { "data-layer": name }));
    return group;
  }

  /** Screen pixels for a pixel of the picture. */
  get scale() {
    return this.#view.scale;
  }

  /** Where in the picture an event is, not held within its edges. */
  toPicture({ clientX, clientY }) {
    const frame = this.getBoundingClientRect();
    const { scale, x, y } = this.#view;
    return { x: (clientX - frame.left - x) / scale, y: (clientY - frame.top - y) / scale };
  }

  /** All of the picture, as large as there is room. */
  fit() {
    const { clientWidth, clientHeight } = this;
    if (!clientWidth) return;
    const scale = Math.min(clientWidth / this.#size.width, clientHeight / this.#size.height, 8);
    this.#fitted = true;
    this.#place({ scale, x: (clientWidth - this.#size.width * scale) / 2, y: (clientHeight - this.#size.height * scale) / 2 });
  }

  /** Larger or smaller by `factor`, round an event or the middle. */
  zoom(factor, at) {
    const frame = this.getBoundingClientRect();
    const px = at ? at.clientX - frame.left : frame.width / 2;
    const py = at ? at.clientY - frame.top : frame.height / 2;
    const { scale, x, y } = this.#view;
    const next = Math.min(32, Math.max(0.02, scale * factor));
    this.#fitted = false;
    this.#place({ scale: next, x: px - (px - x) * next / scale, y: py - (py - y) * next / scale });
  }

  #pan(dx, dy) {
    this.#fitted = false;
    this.#place({ ...this.#view, x: this.#view.x + dx, y: this.#view.y + dy });
  }

  #place(view) {
    this.#view = view;
    this.#plate.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    this.classList.toggle("pixels", view.scale > 3);
    this.style.setProperty("--stage-scale", view.scale);
    this.dispatchEvent(new Event("stagechange"));
  }

  #down(event) {
    if (event.target.closest(".stage-tools") || event.button > 0) return;
    this.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 1 && this.tool?.down(this.toPicture(event), event)) this.#held = event.pointerId;
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    if (this.#held === event.pointerId) return void this.tool?.move?.(this.toPicture(event), event);
    if (this.#pointers.size === 2) {
      const [other] = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, one]) => one);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      this.zoom(apart(event) / Math.max(apart(before), 1), { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
    } else {
      this.#pan(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    this.#pointers.set(event.pointerId, event);
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#held !== event.pointerId) return;
    this.#held = null;
    this.tool?.up?.(this.toPicture(event), event);
  }

  #key(event) {
    if (event.target !== this || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 40;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key === "+" || event.key === "=") this.zoom(1.4);
    else if (event.key === "-") this.zoom(1 / 1.4);
    else if (event.key === "0") this.fit();
    else if (moves[event.key] && !this.#fitted) this.#pan(...moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

customElements.define("dk-stage", Stage);
