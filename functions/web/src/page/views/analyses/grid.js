// The grid: lines over a picture, the mean lightness of each cell between them, and cells painted into categories.
import { call, save } from "../../core/client.js";
import { make, makeSvg, show, button, field } from "../../core/element.js";
import { number, t } from "../../core/language.js";
import { clamp, newest, operable, pointer, text } from "./tools.js";

const AXES = [["vertical", "x", "width"], ["horizontal", "y", "height"]];
const MOST_DRAWN = 5000;

/** The tool in its panel: while a line is moved, the cells follow it as answers come. */
export function grid(bench) {
  const { kinds, lines, path, picture, say, signal, stage } = bench;
  const [layer, bars] = ["cells", "lines"].map((name) => stage.layer(name)); // Later answers must not draw over another tool.
  const outputs = kinds.map(() => make("output"));
  let measured, cells = [], chosen = kinds[0].id, brush;
  const painted = (row, col) => bench.cells.find((cell) => cell.row === row && cell.col === col);

  const measure = newest(async () => {
    const [vertical_lines, horizontal_lines] = lines;
    measured = await call("POST /api/v1/analysis/manual/calculate-mean-lines/{image_id}", { path, body: { vertical_lines, horizontal_lines }, signal });
    draw(measured);
    await categorize();
    return text("saved");
  }, say);

  const categorize = newest(async () => {
    cells.forEach((all, row) => all.forEach((cell, col) => {
      const kind = kinds.find(({ id }) => id === painted(row, col)?.categoryId);
      cell.style.fill = kind?.color ?? "";
      cell.ariaLabel = `${row + 1}, ${col + 1} ${kind?.name ?? ""}`;
    }));
    const { vertical_lines: verticalLines, horizontal_lines: horizontalLines } = measured;
    const selectedCells = bench.cells.filter(({ row, col }) => cells[row]?.[col]);
    const body = { imageID: path.image_id, verticalLines, horizontalLines, selectedCells, selectionCategories: kinds };
    const results = selectedCells.length
      ? (await call("POST /api/v1/analysis/manual/calculate-categorized-mean/{image_id}", { path, body, signal })).categoryResults : [];
    kinds.forEach(({ id }, index) => {
      const result = results.find(({ categoryId }) => categoryId === id);
      show(outputs[index], result && `${number(result.meanValue)} (${result.cellCount})`);
    });
    return selectedCells.length ? text("saved") : "";
  }, say);

  function draw({ vertical_lines: xs, horizontal_lines: ys, means }) {
    show(layer);
    cells = (xs.length * ys.length > MOST_DRAWN ? [] : means).map((all, row) => all.map((mean, col) => {
      const x = xs[col], y = ys[row], width = xs[col + 1] - x, height = ys[row + 1] - y;
      const label = makeSvg("text", { x: x + width / 2, y: y + height / 2 }, number(mean, 1));
      label.style.fontSize = `min(${Math.min(width / 4, height / 2)}px, 15px / var(--stage-scale))`;
      const cell = operable(makeSvg("rect", { x, y, width, height, role: "button" }),
        (dx, dy) => cells[row + dy]?.[col + dx]?.focus(), () => paint(row, col, true));
      cell.tabIndex = row || col ? -1 : 0;
      layer.append(cell, label);
      return cell;
    }));
  }

  // The first cell says whether those that follow are painted, or cleared.
  function paint(row, col, isFirst) {
    const before = painted(row, col);
    if (isFirst) brush = before?.categoryId === chosen ? undefined : chosen;
    if (before?.categoryId === brush) return;
    bench.cells = bench.cells.filter((cell) => cell !== before);
    if (brush) bench.cells.push({ row, col, categoryId: brush });
    categorize();
  }

  function lay() {
    show(bars, AXES.map(([axis, side, size], index) => lines[index].map((value, place) => {
      const line = makeSvg("rect", { role: "slider", width: picture.width, height: picture.height, [side]: value,
        "aria-label": text(axis), "aria-valuemax": picture[size], "aria-valuenow": value });
      line.by = (...by) => {
        value = lines[index][place] = clamp(value + by[index], 1, picture[size] - 1);
        line.setAttribute(side, line.ariaValueNow = value);
        measure();
      };
      line.style[size] = "calc(2px / var(--stage-scale))";
      return operable(line, line.by);
    })));
    measure();
  }

  pointer(stage, picture, (point, start) => {
    const at = (edges, place) => edges.findLastIndex((edge) => edge <= place);
    if (measured) paint(at(measured.horizontal_lines, point.y), at(measured.vertical_lines, point.x), point === start);
  });
  lay();
  return [make("div", { class: "numbers" }, AXES.map(([axis, , size], index) => field(text(axis), make("input", {
    type: "number", min: 0, max: 50, value: lines[index].length, onchange: ({ target }) => {
      const count = clamp(target.value, 0, 50);
      lines[index] = Array.from({ length: count }, (_, place) => Math.round((place + 1) * picture[size] / (count + 1)));
      lay();
    },
  })))), make("small", {}, text("how")), button(`${t("download")}: CSV`, () => {
    const rows = measured.means.map((means, row) => [measured.horizontal_lines[row], ...means]);
    save(new Blob([[["", ...measured.vertical_lines], ...rows].join("\n")]), `${picture.filename}.csv`);
  }), make("div", {}, kinds.map((kind, index) => {
    const name = make("input", { value: kind.name, "aria-label": t("name"), onchange: () => { kind.name = name.value; categorize(); } });
    name.style.borderLeft = `1rem solid ${kind.color}`;
    const choice = make("input", { type: "radio", name: "kind", checked: !index, onchange: () => { chosen = kind.id; } });
    return make("label", { class: "choice" }, choice, name, outputs[index]);
  }))];
}
