// Probabilities of the regimes at a horizon: one stacked bar, and a row with interval for each regime that occurs.

import { html, svg, uniqueId } from "./element.js";
import { csvText, saveFile } from "./export.js";
import { percentText } from "./scale.js";
import { mountView, tableOf, writeTrait } from "./view.js";

const LABELLED = 0.09; // share of the bar from which a segment has its name in it
const HATCHES = 4;

export function render(context) {
  return mountView(context, ({ model, root }) => {
    const view = new VerdictView(model, root);
    return { draw: (width) => view.draw(width), traits: ["table", "before", "horizon"] };
  });
}

// Text colour, black or white, with the better contrast on a ground.
export function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((place) => {
    const part = Number.parseInt(colour.slice(place, place + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (light + 0.05) > (light + 0.05) / 0.05 ? "#ffffff" : "#000000";
}

// Regimes with their numbers at a horizon, and the change of each against another table.
export function verdictRows(table, year, before = {}) {
  const horizon = table.horizons.find((one) => one.year === year) ?? table.horizons[0];
  const old = before.horizons?.find((one) => one.year === horizon.year);
  return table.regimes.map((regime, place) => {
    const [probability, low, high] = horizon.rows[place];
    const was = old?.rows[before.regimes.findIndex((one) => one.name === regime.name)]?.[0];
    return { ...regime, place, probability, low, high, change: was === undefined || was === null ? null : probability - was };
  });
}

class VerdictView {
  constructor(model, root) {
    Object.assign(this, { model, root, tabled: false });
  }

  draw(width) {
    const table = this.model.get("table");
    if (!table.horizons?.length) return void this.root.replaceChildren(html("p", { class: "cc-said" }, "The verdict appears once runs are computed."));
    const horizon = table.horizons.find((one) => one.year === this.model.get("horizon")) ?? table.horizons[0];
    const rows = verdictRows(table, horizon.year, this.model.get("before"));
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
    this.root.replaceChildren(
      this.chooser(table, horizon), this.tabled ? this.table(table) : this.bar(rows, width),
      this.tabled ? null : this.list(rows), this.foot(table, horizon), this.tools(table),
    );
    if (focused) this.root.querySelector(`[data-keep="${focused}"]`)?.focus();
  }

  chooser(table, horizon) {
    const name = uniqueId("cc-horizon");
    const options = table.horizons.map((one) => {
      const radio = html("input", { type: "radio", name, value: one.year, checked: one === horizon, "data-keep": `year-${one.year}` });
      radio.addEventListener("change", () => writeTrait(this.model, "horizon", one.year));
      return html("label", {}, radio, html("span", {}, one.year));
    });
    return html("fieldset", { class: "cc-segments" }, html("legend", {}, "By the end of"), ...options);
  }

  bar(rows, width) {
    const height = 52;
    const picture = svg("svg", { class: "cc-verdict", width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    const told = rows.filter((row) => row.probability > 0).map((row) => `${row.name} ${percentText(row.probability)}`);
    picture.setAttribute("aria-label", `Probability of each regime: ${told.join(", ")}`);
    const prefix = uniqueId("cc-hatch");
    picture.append(svg("defs", {}, ...Array.from({ length: HATCHES }, (_, kind) => hatch(`${prefix}-${kind}`, kind))));
    let left = 0;
    for (const row of rows) {
      const size = row.probability * width;
      if (!(size > 0)) continue;
      const part = svg("g", {}, svg("title", {}, `${row.name}: ${percentText(row.probability)}. ${row.meaning}`));
      part.append(svg("rect", { class: "cc-segment", x: left, y: 2, width: size, height: height - 4, style: `fill:${row.colour}` }));
      if (row.place % 2 || row.name === "undefined") {
        part.append(svg("rect", { x: left, y: 2, width: size, height: height - 4, fill: `url(#${prefix}-${row.place % HATCHES})` }));
      }
      part.append(...this.segmentText(row, left, size));
      picture.append(part);
      left += size;
    }
    return picture;
  }

  segmentText(row, left, size) {
    const style = `fill:${inkOn(row.colour)};stroke:${row.colour}`;
    const at = { class: "cc-segment-text", x: left + size / 2, "text-anchor": "middle", style };
    if (size < 34) return [];
    const share = percentText(row.probability);
    const name = row.probability >= LABELLED ? wrapped(row.name, size - 12) : null;
    if (!name) return [svg("text", { ...at, y: 31 }, share)];
    const lines = [...name, share];
    return lines.map((line, place) => svg("text", { ...at, y: 31 + (place - (lines.length - 1) / 2) * 14 }, line));
  }

  list(rows) {
    const seen = rows.filter((row) => row.probability > 0).sort((one, two) => two.probability - one.probability);
    const rest = rows.filter((row) => !(row.probability > 0));
    const items = seen.map((row) => {
      const interval = svg(
        "svg", { class: "cc-interval", viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "cc-track-line", x: 0, y: 7.5, width: 100, height: 1 }),
        svg("rect", { class: "cc-range", x: 100 * row.low, y: 5, width: Math.max(100 * (row.high - row.low), 0.5), height: 6 }),
        svg("rect", { class: "cc-point", x: Math.min(100 * row.probability, 99.2), y: 1, width: 0.8, height: 14 }),
      );
      const share = html("span", { class: "cc-share" }, html("strong", {}, percentText(row.probability)), ` (${rangeText(row.low, row.high)})`);
      return html(
        "li", {}, html("span", { class: "cc-swatch", style: `background:${row.colour}`, "aria-hidden": "true" }),
        html("span", { class: "cc-name" }, html("strong", {}, row.name), html("span", { class: "cc-meaning" }, row.meaning)),
        interval, html("span", { class: "cc-numbers" }, share, changeMark(row.change)),
      );
    });
    const absent = rest.length ? html("p", { class: "cc-said" }, `In no pair: ${rest.map((row) => `${row.name} (at most ${percentText(row.high)})`).join(", ")}.`) : null;
    const ends = html("span", { class: "cc-ends" }, ...["0 %", "50 %", "100 %"].map((text) => html("span", {}, text)));
    const scale = html("li", { class: "cc-scale", "aria-hidden": "true" }, html("span"), html("span"), ends, html("span", {}, "probability (90 % interval)"));
    return html("div", {}, html("ul", { class: "cc-regimes" }, scale, ...items), absent);
  }

  foot(table, horizon) {
    const failed = horizon.failed ? `; ${horizon.failed} failed and are left out` : "";
    return html(
      "p", { class: "cc-said" },
      `${table.scenario} against ${table.counterfactual}: ${horizon.runs} pairs of worlds at ${horizon.points} parameter points, worth about ` +
      `${Math.round(horizon.effective)} independent ones${failed}. In brackets: 90 % interval over points. ` +
      `Decoupling rests on ${horizon.rests_on}.`,
    );
  }

  tools(table) {
    const toggle = html("button", { type: "button", class: "cc-button", "aria-pressed": String(this.tabled), "data-keep": "table" }, "Table of all horizons");
    toggle.addEventListener("click", () => {
      this.tabled = !this.tabled;
      this.draw(Math.floor(this.root.getBoundingClientRect().width));
    });
    const csv = html("button", { type: "button", class: "cc-button", "data-keep": "csv", "aria-label": "Download the verdict as CSV" }, "CSV");
    csv.addEventListener("click", () => {
      const rows = table.horizons.flatMap((one) => table.regimes.map((regime, place) => [one.quarter, regime.name, ...one.rows[place], one.runs, one.points]));
      saveFile("verdict.csv", csvText(["horizon", "regime", "probability", "low", "high", "pairs", "points"], rows), "text/csv");
    });
    return html("div", { class: "cc-tools" }, toggle, csv);
  }

  table(table) {
    const header = ["regime", ...table.horizons.map((one) => `${one.quarter}, probability (90 % interval)`)];
    const cell = ([probability, low, high]) => `${percentText(probability)} (${rangeText(low, high)})`;
    const rows = table.regimes.map((regime, place) => [regime.name, ...table.horizons.map((one) => cell(one.rows[place]))]);
    return html("div", { class: "cc-table", tabindex: "0", role: "region", "aria-label": "Regimes at all horizons" }, tableOf({ caption: "Probability of each regime", header, rows }));
  }
}

function rangeText(low, high) {
  return `${percentText(low).replace(" %", "")}–${percentText(high)}`;
}

function changeMark(change) {
  if (change === null || Math.abs(change) < 0.005) return null;
  const points = `${Math.abs(100 * change).toFixed(0)} pp`;
  return html("span", { class: "cc-change" }, change > 0 ? `▲ ${points} more` : `▼ ${points} less`, html("span", { class: "cc-hidden" }, " than before the last change"));
}

// A name in at most two lines that fit; null if it does not.
function wrapped(name, room) {
  const fits = (text) => text.length * 6.6 <= room;
  if (fits(name)) return [name];
  const words = name.split(" ");
  for (let cut = words.length - 1; cut > 0; cut -= 1) {
    const lines = [words.slice(0, cut).join(" "), words.slice(cut).join(" ")];
    if (lines.every(fits)) return lines;
  }
  return null;
}

function hatch(id, kind) {
  const turn = [45, 135, 0, 90][kind];
  return svg(
    "pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turn})` },
    svg("rect", { width: 1.4, height: 8, class: "cc-hatch" }),
  );
}
