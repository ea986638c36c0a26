// The gallery: of however many pictures only the rows near the window exist.
import { button, make } from "../../core/element.js";
import { t } from "../../core/language.js";
import { thumbnail } from "../../core/picture.js";
import { collection } from "./collection.js";

const WIDTH = 180;
const GAP = 12;
const CAPTION = 28;
// Rows come so many at once: links to their pictures are asked for together.
const STEP = 4;

const idOf = ({ id }) => id;
const isCell = ({ role }) => role === "gridcell";

/** A grid of thumbnails: says "select" when others are selected; `active()` is the id of what Tab leads to, at first `start`. */
export function makeGrid(start, signal) {
  const element = make("div", { role: "grid", "aria-multiselectable": "true", "aria-label": t("place.library"), onclick: click, onkeydown: press });
  const rows = new Map();
  let pictures = [], cells = new Map(), selected = new Set();
  let active = 0, anchor = 0, columns = 1, height = 1, drawnFrom;
  addEventListener("scroll", draw, { signal });
  addEventListener("resize", layOut, { signal });
  const grid = { element, show, select, focus,
    active: () => pictures[active]?.id ?? start, selected: () => pictures.filter(({ id }) => selected.has(id)) };
  return grid;

  function show(next) {
    const id = grid.active();
    const place = next.findIndex((picture) => picture.id === id);
    pictures = next;
    go(place < 0 ? active : place);
    layOut();
    select(grid.selected().map(idOf));
  }

  function layOut() {
    const width = element.clientWidth + GAP;
    columns = Math.max(2, Math.round(width / (WIDTH + GAP)));
    height = width / columns + CAPTION;
    element.ariaRowCount = Math.ceil(pictures.length / columns);
    element.style.height = `${element.ariaRowCount * height}px`;
    element.style.setProperty("--columns", columns);
    redraw();
  }

  function redraw() {
    drawnFrom = null;
    draw();
  }

  function draw() {
    const { top } = element.getBoundingClientRect();
    const from = Math.max(0, Math.floor((-top - 2 * innerHeight) / height / STEP) * STEP);
    if (from === drawnFrom) return;
    drawnFrom = from;
    const end = Math.min(pictures.length / columns, from + STEP + 5 * innerHeight / height);
    // The row with the focus stays, wherever it is.
    const wanted = new Set(pictures.length ? [Math.floor(active / columns)] : []);
    for (let row = from; row < end; row += 1) wanted.add(row);
    for (const [index, row] of rows) if (!wanted.has(index) && rows.delete(index)) row.remove();
    const hadFocus = element.contains(document.activeElement);
    const drawn = new Map();
    let next = null;
    for (const index of [...wanted].sort((one, other) => other - one)) {
      let row = rows.get(index);
      if (!row) rows.set(index, row = element.insertBefore(make("div", { role: "row", "aria-rowindex": index + 1 }), next));
      row.style.top = `${index * height}px`;
      next = row;
      const inRow = pictures.slice(index * columns, (index + 1) * columns).map((picture, column) => {
        const key = picture.id + picture.status;
        const cell = cells.get(key) ?? makeCell(picture);
        drawn.set(key, cell);
        cell.place = index * columns + column;
        cell.ariaSelected = selected.has(picture.id);
        for (const stop of [cell, ...cell.querySelectorAll("button")]) stop.tabIndex = cell.place === active ? 0 : -1;
        return cell;
      });
      if (row.children.length !== inRow.length || inRow.some((cell, column) => cell !== row.children[column])) row.replaceChildren(...inRow);
    }
    cells = drawn;
    if (hadFocus && !element.contains(document.activeElement)) focus({ preventScroll: true });
  }

  function makeCell(picture) {
    const { id, filename, status, error, job_id } = picture;
    return make("div", { role: "gridcell", title: filename },
      make("div", { class: "plate" }, status === "DONE" ? thumbnail(id, "300x300", "", { loading: "lazy" }) : [
        make("b", { class: error && "failed" }, t(error ? "state.error" : "state.processing")),
        error && [make("small", {}, `${error.detail} (${error.code})`), job_id && button(t("retry"), () => collection.redrive(picture))]]),
      make("a", { href: `#/picture/${id}`, tabindex: -1 }, filename),
      make("span", { class: "check" }));
  }

  function focus(options) {
    element.querySelector("[tabindex='0']")?.focus(options);
  }

  function go(index) {
    active = Math.max(0, Math.min(index, pictures.length - 1));
  }

  function select(ids = pictures.map(idOf)) {
    selected = new Set(ids);
    element.dispatchEvent(new Event("select"));
    redraw();
  }

  // Selects the active picture, or lets go of it; or selects all from the one before to it.
  function turn(isRange) {
    const [from, to] = [anchor, active].sort((one, other) => one - other);
    const id = grid.active();
    const ids = isRange ? pictures.slice(from, to + 1).map(idOf) : selected.delete(id) ? [] : [id];
    anchor = active;
    select([...selected, ...ids]);
  }

  function click(event) {
    const { target, shiftKey } = event;
    const cell = target.closest("[role=gridcell]");
    if (!cell || target.closest("button")) return;
    active = cell.place;
    if (!shiftKey && !selected.size && target.className !== "check") return;
    event.preventDefault();
    turn(shiftKey);
  }

  function press(event) {
    const { key, target, shiftKey } = event;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity }[key];
    if (key === "Escape") select([]);
    else if (event.code === "KeyA" && (event.ctrlKey || event.metaKey)) select();
    else if (!isCell(target) || event.altKey) return;
    else if (key === "Enter") location.hash = target.querySelector("a").hash;
    else if (key === " ") turn(shiftKey);
    else if (step) {
      go(active + step);
      if (shiftKey) turn(true);
      else redraw();
      anchor = active;
      focus();
    } else return;
    event.preventDefault();
  }
}
