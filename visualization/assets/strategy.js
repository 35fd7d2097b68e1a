// Research of the AI firms: shares of efficiency, porting and full-stack integration over time, and firm by firm.

import { html, setAttribute, setText, svg } from "./element.js";
import { areaPath } from "./fan_model.js";
import { linearScale, percentText, yearTicks } from "./scale.js";
import { makeCard, mountView, writeTrait } from "./view.js";

export const KINDS = ["efficiency", "porting", "full stack"];
const BLOC_NAMES = { CN: "Chinese firms", US: "US firms", ROW: "Firms elsewhere" };

export function render(context) {
  return mountView(context, ({ model, hub, root }) => {
    const view = new StrategyView(model, hub, root);
    return { draw: (width) => view.draw(width), time: () => view.time(), traits: ["firm", "arm"] };
  });
}

// Shares [kind][quarter] of a firm, or means over the firms of a bloc that exist.
export function strategyShares(firms, name, arm) {
  const [efficiency, porting] = ["firm_efficiency_share", "firm_porting_share"].map((series) => firms.series[series]);
  const [, arms, quarters] = efficiency.shape;
  const mine = firms.ids.map((_, place) => place).filter((place) => firms.ids[place] === name || firms.blocs[place] === name);
  const found = KINDS.map(() => new Float64Array(quarters).fill(NaN));
  for (let step = 0; step < quarters; step += 1) {
    const there = mine.filter((place) => firms.begins[place] <= step);
    const mean = (series) => there.reduce((sum, place) => sum + series.data[(place * arms + arm) * quarters + step], 0) / there.length;
    if (!there.length) continue;
    const [one, two] = [mean(efficiency), mean(porting)];
    [found[0][step], found[1][step], found[2][step]] = [one, two, Math.max(0, 1 - one - two)];
  }
  return found;
}

class StrategyView {
  constructor(model, hub, root) {
    Object.assign(this, { model, hub });
    this.choice = html("select", { class: "cc-select", "aria-label": "Whose research" });
    this.choice.addEventListener("change", () => writeTrait(model, "firm", this.choice.value));
    this.card = makeCard(root, {
      title: "What AI firms put their research into",
      unit: "% of research effort",
      definition:
        "Three ways out of scarce compute: better algorithms (efficiency), software for other chips (porting), and chips of " +
        "one's own with the software for them (full stack). Of a bloc: the mean over its firms that exist.",
      note: "One simulated world. Firms shift to what paid in the past.",
      name: "strategies",
      table: () => this.table(),
      csv: () => this.csv(),
      detail: () => `${this.nameOf(model.get("firm"))}, ${model.get("arm") === "controls" ? "with controls" : "without controls"}`,
    });
    this.stage = svg("svg", { class: "cc-strategy", role: "slider", tabindex: "0", "aria-valuemin": 0 });
    this.stage.addEventListener("keydown", (event) => hub.key(event));
    this.rows = html("div", { class: "cc-firms" });
    this.card.chart.append(html("label", { class: "cc-field" }, "Show ", this.choice), this.stage, this.rows);
  }

  nameOf(id) {
    return BLOC_NAMES[id] ?? this.hub.pair?.network.nodes.find((node) => node.id === id)?.label ?? id;
  }

  get arm() {
    return this.model.get("arm") === "controls" ? 0 : 1;
  }

  draw(width) {
    const firms = this.hub.pair?.firms;
    if (!firms) return void this.card.say("The chart appears once a run is computed.");
    if (this.firms !== firms) {
      this.firms = firms;
      const options = [...new Set(firms.blocs), ...firms.ids].map((id) => html("option", { value: id }, this.nameOf(id)));
      this.choice.replaceChildren(...options);
    }
    this.choice.value = this.model.get("firm");
    this.shares = strategyShares(firms, this.model.get("firm"), this.arm);
    this.paint(width);
    this.list();
    this.told = null;
    this.time();
    this.card.fillTable();
  }

  paint(width) {
    const [height, left] = [Math.round(Math.max(190, Math.min(300, width * 0.2))), 44];
    const right = width - 12;
    const quarters = this.hub.pair.quarters;
    const x = linearScale(-0.5, quarters.length - 0.5, left, right);
    const y = linearScale(0, 1, height - 24, 8);
    const at = quarters.map((_, step) => step);
    setAttribute(this.stage, "width", width);
    setAttribute(this.stage, "height", height);
    setAttribute(this.stage, "viewBox", `0 0 ${width} ${height}`);
    const group = svg("g", {});
    let below = new Float64Array(quarters.length);
    this.shares.forEach((share, kind) => {
      const above = below.map((value, step) => value + share[step]);
      group.append(svg("path", { class: `cc-kind cc-kind-${kind}`, d: areaPath(at, below, above, x, y) }));
      const middle = widest(share);
      if (middle >= 0 && share[middle] > 0.12) {
        const label = { class: "cc-kind-text", x: Math.max(left + 50, Math.min(right - 50, x(middle))), y: y(below[middle] + share[middle] / 2) + 4 };
        group.append(svg("text", { ...label, "text-anchor": "middle" }, KINDS[kind]));
      }
      below = above;
    });
    const axis = svg("g", { class: "cc-axis" });
    for (const share of [0, 0.5, 1]) axis.append(svg("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share} %`));
    for (const step of yearTicks(0, quarters.length - 1, right - left)) axis.append(svg("text", { x: x(step + 1.5), y: height - 7, "text-anchor": "middle" }, quarters[step].slice(0, 4)));
    this.cursor = svg("line", { class: "cc-cursor", y1: 8, y2: height - 24 });
    this.x = x;
    this.stage.replaceChildren(group, axis, this.cursor);
    setAttribute(this.stage, "aria-label", `Research mix over time: ${this.nameOf(this.model.get("firm"))}`);
    setAttribute(this.stage, "aria-valuemax", quarters.length - 1);
  }

  list() {
    const { firms } = this;
    this.bars = firms.ids.map((id) => {
      const parts = KINDS.map((_, kind) => html("span", { class: `cc-part cc-kind-${kind}` }));
      const row = html(
        "button", { type: "button", class: "cc-firm", "aria-pressed": String(id === this.model.get("firm")), onclick: () => writeTrait(this.model, "firm", id) },
        html("span", { class: "cc-firm-name" }, this.nameOf(id)), html("span", { class: "cc-parts", "aria-hidden": "true" }, ...parts), html("span", { class: "cc-firm-text" }),
      );
      return { row, parts, text: row.lastChild, shares: strategyShares(firms, id, this.arm) };
    });
    this.rows.replaceChildren(...this.bars.map((bar) => bar.row));
  }

  time() {
    if (!this.cursor) return;
    this.cursor.style.transform = `translateX(${this.x(this.hub.time).toFixed(1)}px)`;
    const step = this.hub.quarter;
    if (step === this.told) return;
    this.told = step;
    setAttribute(this.stage, "aria-valuenow", step);
    setAttribute(this.stage, "aria-valuetext", this.hub.label());
    const shares = this.shares.map((row) => row[step]);
    const parts = KINDS.map((kind, place) => `${kind} ${percentText(shares[place])}`);
    const name = this.nameOf(this.model.get("firm"));
    this.card.say(Number.isNaN(shares[0]) ? `${this.hub.label()}: ${name} does not exist yet` : `${this.hub.label()}, ${name}: ${parts.join(", ")}`);
    for (const bar of this.bars) {
      const mine = bar.shares.map((row) => row[step]);
      const known = !Number.isNaN(mine[0]);
      bar.row.classList.toggle("cc-idle", !known);
      bar.parts.forEach((part, kind) => (part.style.width = known ? `${(100 * mine[kind]).toFixed(1)}%` : "0"));
      setText(bar.text, known ? mine.map((share) => (100 * share).toFixed(0)).join(" · ") + " %" : "not yet there");
    }
  }

  table() {
    const header = ["quarter", ...KINDS.map((kind) => `${kind}, %`)];
    const rows = this.shares ? this.hub.pair.quarters.map((quarter, step) => [quarter, ...this.shares.map((row) => row[step])]) : [];
    const text = (cell) => (typeof cell === "number" ? (100 * cell).toFixed(1) : cell);
    return { caption: `Research mix: ${this.nameOf(this.model.get("firm"))}`, header, rows, text };
  }

  csv() {
    const header = ["firm", "arm", "quarter", ...KINDS.map((kind) => kind.replace(" ", "_"))];
    if (!this.firms) return { header, rows: [] };
    const rows = this.firms.ids.flatMap((id) => ["controls", "without"].flatMap((name, arm) => {
      const shares = strategyShares(this.firms, id, arm);
      return this.hub.pair.quarters.map((quarter, step) => [id, name, quarter, ...shares.map((row) => row[step])]);
    }));
    return { header, rows };
  }
}

// Quarter in which a share is widest, away from the edges.
function widest(share) {
  let best = -1;
  for (let step = 5; step < share.length - 5; step += 1) if (Number.isFinite(share[step]) && !(share[best] >= share[step])) best = step;
  return best;
}
