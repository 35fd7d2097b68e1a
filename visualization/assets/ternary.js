// For which weights of three aims the controls lose, and in how many pairs: a triangle of weights.

import { html, setAttribute, svg, uniqueId } from "./element.js";
import { percentText } from "./scale.js";
import { makeCard, mountView } from "./view.js";

const AIM_NAMES = { lead: "US lead", dependence: "China's dependence", revenue: "US revenue", "relative pain": "relative pain" };
const LEVELS = [0.25, 0.5, 0.75];

export function render(context) {
  return mountView(context, ({ model, root }) => {
    const view = new TernaryView(model, root);
    return { draw: (width) => view.draw(width), traits: ["table"] };
  });
}

// Place of a weight [first, second] (in steps) in the list of a ternary table.
export function ternaryPlace(steps, first, second) {
  return first * (steps + 1) - (first * (first - 1)) / 2 + second;
}

// Small triangles of the grid with the mean share of their corners.
export function ternaryCells(steps, shares) {
  const at = (first, second) => shares[ternaryPlace(steps, first, second)];
  const cells = [];
  for (let first = 0; first < steps; first += 1) {
    for (let second = 0; second + first < steps; second += 1) {
      const one = [[first, second], [first + 1, second], [first, second + 1]];
      const two = [[first + 1, second], [first, second + 1], [first + 1, second + 1]];
      for (const corners of first + second + 2 <= steps ? [one, two] : [one]) {
        const values = corners.map(([i, j]) => at(i, j));
        cells.push({ corners, share: values.some((value) => value === null) ? null : values.reduce((sum, value) => sum + value, 0) / 3 });
      }
    }
  }
  return cells;
}

class TernaryView {
  constructor(model, root) {
    Object.assign(this, { model, pain: 0, point: null });
    this.card = makeCard(root, {
      title: "For which weights the controls lose",
      unit: "% of pairs",
      definition:
        "Each point of the triangle weighs three aims: the nearer a corner, the more its aim counts. The shade is the share of " +
        "pairs in which the weighted sum of the effects is negative for the controller. Each effect counts in units of its band.",
      note: "The controls backfire for whoever weighs the aims like a point in the dark region.",
      name: "weights",
      table: () => this.table(),
      detail: () => this.card.said.textContent,
    });
    this.choice = html("fieldset", { class: "cc-segments" });
    this.stage = svg("svg", { class: "cc-ternary", tabindex: "0", role: "application", "aria-roledescription": "triangle of weights" });
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    this.stage.addEventListener("pointermove", (event) => this.onMove(event));
    this.card.chart.append(this.choice, this.stage);
  }

  draw(width) {
    const table = this.model.get("table");
    if (!table.shares) return void this.card.say("The chart appears once runs are computed.");
    this.pain = Math.min(this.pain, table.pain.length - 1);
    this.point ??= [Math.floor(table.steps / 3), Math.floor(table.steps / 3)];
    this.choose(table);
    this.paint(table, Math.min(width, 460));
    this.tell();
    this.card.fillTable();
  }

  choose(table) {
    const name = uniqueId("cc-pain");
    const options = table.pain.map((weight, place) => {
      const radio = html("input", { type: "radio", name, checked: place === this.pain });
      radio.addEventListener("change", () => {
        this.pain = place;
        this.paint(table, this.width);
        this.tell();
        this.card.fillTable();
      });
      return html("label", {}, radio, html("span", {}, `${100 * weight} %`));
    });
    this.choice.replaceChildren(html("legend", {}, `Weight of ${AIM_NAMES[table.fourth]} beside the three`), ...options);
  }

  paint(table, width) {
    this.width = width;
    const side = width - 96;
    const tall = (side * Math.sqrt(3)) / 2;
    const [left, top] = [48, 34];
    const height = tall + top + 46;
    // the first aim above, the second left below, the third right below
    this.place = (first, second) => {
      const third = table.steps - first - second;
      return { x: left + (side * (third + first / 2)) / table.steps, y: top + (tall * (table.steps - first)) / table.steps };
    };
    setAttribute(this.stage, "width", width);
    setAttribute(this.stage, "height", height);
    setAttribute(this.stage, "viewBox", `0 0 ${width} ${height}`);
    const cells = ternaryCells(table.steps, table.shares[this.pain]).map(({ corners, share }) => {
      const points = corners.map(([first, second]) => this.place(first, second)).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
      return svg("polygon", { class: share === null ? "cc-cell cc-unknown" : "cc-cell", points: points.join(" "), style: share === null ? null : `--cc-share:${share.toFixed(3)}` });
    });
    const names = table.aims.map((aim) => AIM_NAMES[aim]);
    const corners = [
      svg("text", { class: "cc-corner", x: left + side / 2, y: 20, "text-anchor": "middle" }, `only ${names[0]}`),
      svg("text", { class: "cc-corner", x: 4, y: top + tall + 22 }, `only ${names[1]}`),
      svg("text", { class: "cc-corner", x: width - 4, y: top + tall + 40, "text-anchor": "end" }, `only ${names[2]}`),
    ];
    this.mark = svg("circle", { class: "cc-mark-point", r: 7 });
    this.stage.replaceChildren(svg("g", {}, ...cells), ...this.contours(table), ...corners, this.mark);
  }

  // Lines of equal share with their value, drawn where cells cross a level.
  contours(table) {
    const shares = table.shares[this.pain];
    return LEVELS.flatMap((level) => {
      const pieces = ternaryCells(table.steps, shares).map(({ corners }) => crossing(corners, shares, table.steps, level, this.place)).filter(Boolean);
      if (!pieces.length) return [];
      const path = svg("path", { class: "cc-contour", d: pieces.map(([one, two]) => `M${one.x.toFixed(1)} ${one.y.toFixed(1)}L${two.x.toFixed(1)} ${two.y.toFixed(1)}`).join("") });
      const middle = pieces[Math.floor(pieces.length / 2)][0];
      return [path, svg("text", { class: "cc-contour-text", x: middle.x, y: middle.y - 3, "text-anchor": "middle" }, `${100 * level} %`)];
    });
  }

  tell() {
    const table = this.model.get("table");
    const [first, second] = this.point;
    const weights = [first, second, table.steps - first - second].map((part) => part / table.steps);
    const share = table.shares[this.pain][ternaryPlace(table.steps, first, second)];
    const { x, y } = this.place(first, second);
    setAttribute(this.mark, "cx", x);
    setAttribute(this.mark, "cy", y);
    const named = table.aims.map((aim, place) => `${AIM_NAMES[aim]} ${percentText(weights[place])}`).join(", ");
    const text = `${named}: the controls lose in ${percentText(share)} of ${table.runs} pairs by ${table.horizon}.`;
    this.card.say(`${text} Dependence is measured by ${table.rests_on}.`);
    setAttribute(this.stage, "aria-label", text);
  }

  move(first, second) {
    const { steps } = this.model.get("table");
    const one = Math.max(0, Math.min(steps, first));
    this.point = [one, Math.max(0, Math.min(steps - one, second))];
    this.tell();
  }

  onKey(event) {
    if (!this.point) return;
    const [first, second] = this.point;
    const moves = { ArrowUp: [first + 1, second - (this.atEdge() ? 1 : 0)], ArrowDown: [first - 1, second], ArrowLeft: [first, second + 1], ArrowRight: [first, second - 1] };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.move(...moves[event.key]);
  }

  atEdge() {
    return this.point[0] + this.point[1] >= this.model.get("table").steps;
  }

  onMove(event) {
    const table = this.model.get("table");
    if (!table.shares || !this.place) return;
    const bounds = this.stage.getBoundingClientRect();
    const at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
    let best = { away: 24 };
    for (let first = 0; first <= table.steps; first += 1) {
      for (let second = 0; second + first <= table.steps; second += 1) {
        const { x, y } = this.place(first, second);
        const away = Math.hypot(x - at.x, y - at.y);
        if (away < best.away) best = { away, first, second };
      }
    }
    if (best.first !== undefined) this.move(best.first, best.second);
  }

  table() {
    const table = this.model.get("table");
    if (!table.shares) return { caption: "No runs yet", header: ["weights"], rows: [] };
    const every = Math.max(1, table.steps / 10);
    const rows = [];
    for (let first = 0; first <= table.steps; first += every) {
      for (let second = 0; second + first <= table.steps; second += every) {
        const weights = [first, second, table.steps - first - second].map((part) => part / table.steps);
        rows.push([...weights, table.shares[this.pain][ternaryPlace(table.steps, first, second)]]);
      }
    }
    const header = [...table.aims.map((aim) => `weight of ${AIM_NAMES[aim]}`), "pairs in which the controls lose"];
    return { caption: `Weights by ${table.horizon}; ${AIM_NAMES[table.fourth]} weighs ${percentText(table.pain[this.pain])}`, header, rows, text: percentText };
  }
}

// The piece of a level line inside a small triangle, or null.
function crossing(corners, shares, steps, level, place) {
  const points = corners.map(([first, second]) => ({ ...place(first, second), share: shares[ternaryPlace(steps, first, second)] }));
  if (points.some((point) => point.share === null)) return null;
  const found = [];
  points.forEach((one, index) => {
    const two = points[(index + 1) % 3];
    if (one.share < level !== two.share < level) {
      const part = (level - one.share) / (two.share - one.share);
      found.push({ x: one.x + part * (two.x - one.x), y: one.y + part * (two.y - one.y) });
    }
  });
  return found.length === 2 ? found : null;
}
