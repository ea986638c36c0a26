// Elements are made, never parsed: whatever users or files say goes into the page as text.
import { tell } from "./notice.js";

/** Makes an element: attributes by name, `on…` are listeners, `.name` are properties; children are nodes or text. */
export function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, ...children);
}

/** The same of SVG. */
export function makeSvg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, ...children);
}

function fill(element, attributes, ...children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Puts children in the place of those that an element has. */
export function show(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A button; `kind` is "", "primary", "quiet" or "danger". */
export function button(label, onclick, { kind = "", ...attributes } = {}) {
  return make("button", { type: "button", class: kind, onclick: guarded(onclick), ...attributes }, label);
}

/** A label with its input, select or textarea below it, or before it where it is a checkbox. */
export function field(label, control, hint) {
  const isChoice = control.type === "checkbox" || control.type === "radio";
  return make("label", { class: isChoice ? "choice" : "field" },
    isChoice ? [control, make("span", {}, label)] : [make("span", {}, label), control],
    hint ? make("small", {}, hint) : null);
}

/** A select with options of `[value, label]`. */
export function select(options, attributes) {
  const { value, ...rest } = attributes ?? {};
  const control = make("select", rest, options.map(([key, label]) => make("option", { value: key }, label)));
  if (value !== undefined) control.value = value;
  return control;
}

/** A listener whose failures people are told of; the button that was pressed is busy meanwhile. */
export function guarded(listener) {
  return listener && async function (event) {
    const pressed = event?.currentTarget;
    if (event?.type === "click" && pressed.ariaBusy === "true") return; // A second click, while the first is at work.
    try {
      const ended = listener.call(this, event);
      if (ended instanceof Promise) {
        pressed?.setAttribute?.("aria-busy", "true");
        await ended;
      }
    } catch (error) {
      tell(error);
    } finally {
      pressed?.removeAttribute?.("aria-busy");
    }
  };
}
