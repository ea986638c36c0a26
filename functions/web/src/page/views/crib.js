// The tool crib: a counter where kits go out and come back, its books, and what it is made of.
import { make, show } from "../core/element.js";
import { t } from "../core/language.js";
import { textOf } from "../core/notice.js";
import { showCounter } from "./crib/counter.js";
import { showHistory } from "./crib/history.js";
import { showRegister } from "./crib/register.js";

const PARTS = { counter: showCounter, history: showHistory, people: showRegister, kits: showRegister, tools: showRegister };

class Crib extends HTMLElement {
  gone = new AbortController();

  connectedCallback() {
    const [name, id] = (this.subject || "counter").split("/");
    const panel = make("div", { class: "stack" }, t("loading"));
    const parts = Object.keys(PARTS).map((part) => make("a", { class: "button", href: `#/crib/${part}`, "aria-current": part === name && "page" }, t(`crib.${part}`)));
    show(this, make("div", { class: "head" }, make("h1", {}, t("place.crib")), make("nav", { class: "row", "aria-label": t("place.crib") }, parts)), panel);
    (PARTS[name] ?? showCounter)(panel, { name, id, view: this }).catch((error) => show(panel, make("p", { class: "failed", role: "alert" }, textOf(error))));
  }

  disconnectedCallback() {
    this.gone.abort();
    for (const image of this.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  }
}

customElements.define("dk-crib", Crib);
