// Which parameters move an effect most: its mean where each is low and where it is high, with what chance allows.

import { html, setAttribute, svg } from "./element.js";
import { linearScale, niceTicks, numberText, tickText } from "./scale.js";
import { makeCard, mountView, writeTrait } from "./view.js";

export function render(context) {
  return mountView(context, ({ model, root }) => {
    const view = new TornadoView(model, root);
    return { draw: (width) => view.draw(width), traits: ["table", "selected"] };
  });
}

class TornadoView {
  constructor(model, root) {
    this.model = model;
    this.card = makeCard(root, {
      title: "Which assumptions move the result most",
      unit: "",
      definition:
        "Mean of the effect over worlds in which a parameter lies in the lowest, and in the highest, fifth of its range, all " +
        "else as it comes. The thin line is the 90 % interval of the difference between both ends.",
      note: "Pale bars could be chance: among so many parameters a difference of this size is expected somewhere.",
      name: "tornado",
      table: () => this.table(),
      detail: () => this.card.said.textContent,
    });
    this.stage = svg("svg", { class: "cc-tornado", role: "group" });
    this.tip = html("p", { class: "cc-said", "aria-live": "polite" });
    this.card.chart.append(this.stage, this.tip);
  }

  draw(width) {
    const table = this.model.get("table");
    this.stage.replaceChildren();
    setAttribute(this.stage, "height", 0);
    if (!table.effect) return void this.card.say("The chart appears once runs are computed.");
    if (table.points < table.needed) {
      return void this.card.say(`${table.points} parameter points are too few; at least ${table.needed} are needed. Ask for more pairs.`);
    }
    const sure = table.rows.filter((row) => row.sure).length;
    const verdict = sure ? `${sure} of ${table.varied} parameters stand out from chance` : `none of ${table.varied} parameters stands out from chance; ask for more pairs`;
    this.card.say(`${table.label}, ${table.horizon}, in ${table.unit}; ${table.points} points: ${verdict}.`);
    this.paint(table, width);
    this.card.fillTable();
  }

  paint(table, width) {
    const { rows } = table;
    const stacked = width < 560;
    const [rowHeight, top] = [stacked ? 42 : 27, 22];
    const height = top + rows.length * rowHeight + 26;
    const box = { left: stacked ? 12 : 210, right: width - 16 };
    const ends = rows.flatMap((row) => [row.low, row.high]);
    const room = 0.08 * (Math.max(...ends) - Math.min(...ends) || 1);
    const [low, high] = [Math.min(...ends, table.middle) - room, Math.max(...ends, table.middle) + room];
    const x = linearScale(low, high, box.left, box.right);
    const ticks = niceTicks(low, high, stacked ? 4 : 6);
    setAttribute(this.stage, "width", width);
    setAttribute(this.stage, "height", height);
    setAttribute(this.stage, "viewBox", `0 0 ${width} ${height}`);
    setAttribute(this.stage, "aria-label", `Tornado: ${table.label}`);
    const axis = svg("g", { class: "cc-axis" });
    for (const tick of ticks) {
      axis.append(svg("line", { class: "cc-grid", x1: x(tick), x2: x(tick), y1: top, y2: height - 22 }), svg("text", { x: x(tick), y: height - 7, "text-anchor": "middle" }, tickText(tick, ticks)));
    }
    axis.append(svg("line", { class: "cc-zero", x1: x(table.middle), x2: x(table.middle), y1: top, y2: height - 22 }));
    axis.append(svg("text", { class: "cc-soft", x: x(table.middle), y: 14, "text-anchor": "middle" }, `mean ${numberText(table.middle)} ${table.unit}`));
    this.stage.append(axis, ...rows.map((row, place) => this.bar(row, top + place * rowHeight, { x, middle: table.middle, stacked, unit: table.unit })));
  }

  bar(row, y, { x, middle, stacked, unit }) {
    const at = y + (stacked ? 18 : 5);
    const name = `${row.label}: ${numberText(row.low)} ${unit} where low, ${numberText(row.high)} where high`;
    const chosen = String(this.model.get("selected") === row.name);
    const button = svg("g", { class: "cc-bar-button", tabindex: "0", role: "button", "aria-pressed": chosen, "aria-label": name });
    const group = svg("g", { class: row.sure ? "cc-bar-row" : "cc-bar-row cc-pale" }, button);
    const side = (value, kind) => {
      const [left, right] = [Math.min(x(middle), x(value)), Math.max(x(middle), x(value))];
      return svg("rect", { class: `cc-end-${kind}`, x: left, y: at, width: Math.max(right - left, 0.5), height: 17 });
    };
    const centre = (row.low + row.high) / 2;
    const half = Math.min(row.error, Math.abs(row.high - row.low) * 4) / 2;
    const text = stacked ? { x: 12, y: y + 13 } : { x: x(x.low) - 8, y: at + 13, "text-anchor": "end" };
    button.append(svg("text", { class: "cc-bar-name", ...text }, row.label));
    group.append(
      side(row.low, "low"), side(row.high, "high"),
      svg("path", { class: "cc-error", d: `M${x(Math.max(centre - half, x.low))} ${at + 8.5}H${x(Math.min(centre + half, x.high))}` }),
      ...["low", "high"].map((kind) => {
        const outward = row[kind] < middle || (row[kind] === middle && kind === "low") ? -1 : 1;
        return svg("text", { class: "cc-end-text", x: x(row[kind]) - outward * 4, y: at + 13, "text-anchor": outward < 0 ? "start" : "end" }, Math.abs(x(row[kind]) - x(middle)) > 34 ? kind : "");
      }),
    );
    const choose = () => {
      writeTrait(this.model, "selected", row.name);
      this.tip.textContent = `${row.label}: ${row.meaning} Low: up to ${numberText(row.at[0])}, high: from ${numberText(row.at[1])} (${row.unit}).`;
    };
    group.addEventListener("click", choose);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    });
    return group;
  }

  table() {
    const table = this.model.get("table");
    const header = ["parameter", "unit", "low: up to", "high: from", `effect where low, ${table.unit ?? ""}`, "effect where high", "± of the difference", "beyond chance"];
    const rows = (table.rows ?? []).map((row) => [row.label, row.unit, ...row.at, row.low, row.high, row.error, row.sure ? "yes" : "no"]);
    return { caption: `${table.label ?? "No runs yet"}, ${table.horizon ?? ""}`, header, rows, text: (cell) => (typeof cell === "number" ? numberText(cell) : String(cell)) };
  }
}
