// One quantity over time in both arms: bands over pairs, medians, the run on show, observations, dates of rules.

import { html, setAttribute, setText, svg, uniqueId } from "./element.js";
import { areaPath, fanCsv, fanRange, fanRows, linePath, makeFan, nearestLine, nearestPeriod } from "./fan_model.js";
import { linearScale, logScale, logTicks, niceTicks, numberText, spreadLabels, tickText, yearTicks } from "./scale.js";
import { makeCard, mountView, writeTrait } from "./view.js";

const ARMS_TEXT = ["with controls", "without controls"];
const ARM_CLASSES = ["cc-controls", "cc-without"];
const WIDE = 520; // px, from which names of lines stand beside the plot

export function render(context) {
  return mountView(context, ({ model, hub, root }) => {
    const view = new FanView(model, hub, root);
    return { draw: (width) => view.draw(width), time: () => view.time(), traits: ["spec", "compact"] };
  });
}

class FanView {
  constructor(model, hub, root) {
    Object.assign(this, { model, hub, root, lit: -1 });
    this.build();
  }

  // The card is made anew when the chart becomes another one.
  build() {
    const spec = this.model.get("spec");
    this.spec = spec;
    this.card = makeCard(this.root, {
      title: spec.title,
      unit: spec.unit,
      definition: spec.definition,
      note: spec.note,
      name: spec.id,
      table: () => {
        const text = (cell) => (typeof cell === "string" ? cell : numberText(cell));
        return { caption: `${spec.title}, ${spec.unit}`, text, ...(this.fan ? fanRows(this.fan) : { header: ["period"], rows: [] }) };
      },
      csv: () => (this.fan ? fanCsv(this.fan) : { header: [], rows: [] }),
      detail: () => `${spec.unit}; ${this.card.said.textContent}`,
    });
    this.stage = svg("svg", { class: "cc-fan", tabindex: "0", role: "slider", "aria-valuemin": 0 });
    this.tip = html("div", { class: "cc-tip", hidden: true });
    this.steps = html(
      "div", { class: "cc-runs", role: "group", "aria-label": "Run on show" },
      html("button", { type: "button", class: "cc-button", "aria-label": "Previous run", onclick: () => this.chooseNext(-1) }, "‹ run"),
      html("button", { type: "button", class: "cc-button", "aria-label": "Next run", onclick: () => this.chooseNext(1) }, "run ›"),
    );
    this.card.chart.append(this.stage, this.tip);
    this.root.querySelector(".cc-foot").append(this.steps);
    this.stage.addEventListener("keydown", (event) => this.hub.key(event));
    this.stage.addEventListener("pointermove", (event) => this.onMove(event));
    this.stage.addEventListener("pointerleave", () => this.light(-1));
    this.stage.addEventListener("click", (event) => this.onClick(event));
  }

  draw(width) {
    if (this.model.get("spec") !== this.spec && this.model.get("spec").id !== this.spec.id) {
      this.root.replaceChildren();
      this.build();
    }
    this.fan = makeFan(this.spec, this.hub.pair, this.hub.fan);
    if (!this.fan) return void this.card.say(this.hub.fan ? "Not measured in these runs." : "The chart appears once runs are computed.");
    this.steps.hidden = this.fan.runs.length === 0;
    this.lay(width);
    this.paint();
    this.time();
    this.card.fillTable();
  }

  lay(width) {
    const height = this.model.get("compact") ? 190 : Math.round(Math.max(220, Math.min(320, width * 0.5)));
    const { low, high } = fanRange(this.fan);
    const axis = this.spec.axis;
    this.ticks = axis.log ? logTicks(low, high) : niceTicks(low, high, height < 200 ? 4 : 5);
    const longest = Math.max(...this.ticks.map((tick) => tickText(tick, this.ticks).length), 2);
    this.wide = width >= WIDE;
    const box = { left: 12 + 7 * longest, right: width - (this.wide ? 124 : 12), top: 26, bottom: height - 24 };
    const first = Math.max(0, this.fan.quarters.indexOf(axis.start));
    this.first = first;
    this.x = linearScale(first - 0.5, this.fan.quarters.length - 0.5, box.left, box.right);
    this.y = (axis.log ? logScale : linearScale)(low, high, box.bottom, box.top);
    Object.assign(this, { box, width, height });
    setAttribute(this.stage, "viewBox", `0 0 ${width} ${height}`);
    setAttribute(this.stage, "width", width);
    setAttribute(this.stage, "height", height);
  }

  paint() {
    const { fan, box, x, y } = this;
    const clip = uniqueId("cc-clip");
    const inside = svg("g", { "clip-path": `url(#${clip})` });
    inside.append(...this.bandShapes(), ...this.runLines(), ...this.medians(), ...this.dots());
    this.bright = svg("g", { class: "cc-bright" });
    inside.append(this.bright);
    this.cursor = svg("line", { class: "cc-cursor", y1: box.top, y2: box.bottom });
    this.stage.replaceChildren(
      svg("clipPath", { id: clip }, svg("rect", { x: box.left, y: box.top - 4, width: box.right - box.left, height: box.bottom - box.top + 8 })),
      this.ground(), this.grid(), inside, this.rules(), this.names(), this.cursor,
    );
    setAttribute(this.stage, "aria-label", `${this.spec.title}, ${this.spec.unit}, ${fan.periods[0]} to ${fan.periods.at(-1)}`);
    setAttribute(this.stage, "aria-valuemax", this.hub.last);
  }

  // The quarters after the script are scenario, not history.
  ground() {
    const { box, x } = this;
    const data = this.hub.pair ?? this.hub.fan;
    const from = Math.max(x(data.scripted + 0.5), box.left);
    const group = svg("g", {}, svg("rect", { class: "cc-scenario", x: from, y: box.top, width: Math.max(0, box.right - from), height: box.bottom - box.top }));
    if (box.right - from > 60) group.append(svg("text", { class: "cc-soft", x: from + 5, y: box.top + 13 }, "scenario"));
    return group;
  }

  grid() {
    const { box, ticks, x, y } = this;
    const group = svg("g", { class: "cc-axis" });
    for (const tick of ticks) {
      group.append(
        svg("line", { class: tick === 0 ? "cc-zero" : "cc-grid", x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }),
        svg("text", { x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tickText(tick, ticks)),
      );
    }
    const last = this.fan.quarters.length - 1;
    for (const step of yearTicks(this.first, last, box.right - box.left)) {
      group.append(
        svg("line", { class: "cc-tick", x1: x(step - 0.5), x2: x(step - 0.5), y1: box.bottom, y2: box.bottom + 4 }),
        svg("text", { x: x(step + 1.5), y: box.bottom + 17, "text-anchor": "middle" }, this.fan.quarters[step].slice(0, 4)),
      );
    }
    return group;
  }

  bandShapes() {
    const { fan, x, y } = this;
    if (!fan.bands) return [];
    return [1, 0].flatMap((arm) =>
      [[0, 4], [1, 3]].map(([low, high]) =>
        svg("path", { class: `cc-band ${ARM_CLASSES[arm]}`, d: areaPath(fan.at, fan.bands[arm][low], fan.bands[arm][high], x, y) }),
      ),
    );
  }

  runLines() {
    const { fan, x, y } = this;
    const thin = fan.lines.map((arms) => svg("path", { class: "cc-thin", d: linePath(fan.at, arms[0], x, y) }));
    const own = fan.run?.map((row, arm) => svg("path", { class: `cc-run ${ARM_CLASSES[arm]}`, d: linePath(fan.at, row, x, y) })) ?? [];
    return [...thin, ...own];
  }

  medians() {
    const { fan, x, y } = this;
    if (!fan.bands) return [];
    return [1, 0].map((arm) => svg("path", { class: `cc-median ${ARM_CLASSES[arm]}`, d: linePath(fan.at, fan.bands[arm][2], x, y) }));
  }

  dots() {
    const { fan, x, y } = this;
    return fan.observed.flatMap(([at, value, low, high, period]) => {
      const bar = low === null || high === null ? null : svg("path", { class: "cc-error", d: `M${x(at)} ${y(low)}V${y(high)}M${x(at) - 3} ${y(low)}h6M${x(at) - 3} ${y(high)}h6` });
      const dot = svg("circle", { class: "cc-dot", cx: x(at), cy: y(value), r: 3.4 }, svg("title", {}, `observed in ${period}: ${numberText(value)} ${this.spec.unit}`));
      return bar ? [bar, dot] : [dot];
    });
  }

  // Days on which rules took effect, above the plot: US and allies point down, China points up.
  rules() {
    const { box, x } = this;
    const group = svg("g", { class: "cc-rules" });
    for (const tick of this.hub.pair?.ticks ?? []) {
      if (tick.at < this.first || tick.at > this.fan.quarters.length) continue;
      const shape = tick.side === "china" ? "M-3 0L0 -7L3 0z" : "M-3 -7L0 0L3 -7z";
      const mark = svg("path", { class: `cc-rule cc-side-${tick.side}`, d: shape, transform: `translate(${x(tick.at)} ${box.top - 6})` });
      mark.append(svg("title", {}, `${tick.day}, ${tick.jurisdiction}: ${tick.title}`));
      group.append(mark);
    }
    return group;
  }

  // Names of the lines: beside the plot where there is room, else inside, where the lines lie farthest apart.
  names() {
    const { fan, box, x, y } = this;
    const group = svg("g", { class: "cc-names" });
    const rows = fan.bands ? fan.bands.map((arm) => arm[2]) : fan.run;
    if (!rows) return group;
    const ends = rows.map((row) => lastKnown(row));
    if (ends.some((end) => end < 0)) return group;
    const clamp = (value) => Math.max(box.top + 6, Math.min(box.bottom - 6, y(value)));
    if (this.wide) {
      const heights = spreadLabels(rows.map((row, arm) => clamp(row[ends[arm]])), 15, box.top + 6, box.bottom - 2);
      rows.forEach((_, arm) => group.append(svg("text", { class: ARM_CLASSES[arm], x: box.right + 8, y: heights[arm] + 4 }, ARMS_TEXT[arm])));
    } else {
      group.append(...this.namesInside(rows, clamp));
    }
    const dots = fan.observed.map(([at, value]) => ({ x: x(at), y: y(value) }));
    const place = freePlace(dots, [...group.children].map(boxOf), box);
    if (place) group.append(svg("text", { class: "cc-observed", ...place }, "observed"));
    return group;
  }

  namesInside(rows, clamp) {
    const { fan, box, x } = this;
    let [best, most] = [fan.count - 1, -1];
    fan.at.forEach((at, place) => {
      const [one, two] = rows.map((row) => clamp(row[place]));
      const here = x(at);
      const fits = here > box.left + 55 && here < box.right - 55;
      if (fits && Math.abs(one - two) > most && Number.isFinite(one) && Number.isFinite(two)) [best, most] = [place, Math.abs(one - two)];
    });
    const heights = rows.map((row) => clamp(row[best]));
    const upper = heights[0] <= heights[1] ? 0 : 1;
    const middle = Math.max(box.left + 55, Math.min(box.right - 55, x(fan.at[best])));
    return rows.map((_, arm) => {
      const at = arm === upper ? Math.max(heights[arm] - 8, box.top + 10) : Math.min(heights[arm] + 17, box.bottom - 4);
      return svg("text", { class: ARM_CLASSES[arm], x: middle, y: at, "text-anchor": "middle" }, ARMS_TEXT[arm]);
    });
  }

  // --- time and runs --------------------------------------------------------------------------------------------------

  time() {
    if (!this.fan || !this.cursor) return;
    this.cursor.style.transform = `translateX(${this.x(Math.max(this.hub.time, this.first)).toFixed(1)}px)`;
    if (this.told === this.hub.quarter && this.toldFan === this.fan) return;
    [this.told, this.toldFan] = [this.hub.quarter, this.fan];
    const sentence = this.sentence(nearestPeriod(this.fan.at, this.told));
    this.card.say(sentence);
    setAttribute(this.stage, "aria-valuenow", this.told);
    setAttribute(this.stage, "aria-valuetext", sentence);
  }

  sentence(place) {
    const { fan, spec } = this;
    const parts = [];
    if (fan.bands) {
      const [one, two] = fan.bands.map((arm) => numberText(arm[2][place]));
      parts.push(`median ${one} with controls, ${two} without`);
    }
    if (fan.run) parts.push(`this run ${numberText(fan.run[0][place])} and ${numberText(fan.run[1][place])}`);
    return `${fan.periods[place]}: ${parts.join("; ")} (${spec.unit})`;
  }

  pointOf(event) {
    const bounds = this.stage.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  onMove(event) {
    if (!this.fan) return;
    const point = this.pointOf(event);
    this.light(nearestLine(this.fan, point, this.x, this.y), point);
  }

  onClick(event) {
    if (!this.fan) return;
    const line = nearestLine(this.fan, this.pointOf(event), this.x, this.y);
    if (line >= 0) this.choose(line);
    else {
      this.hub.pause();
      this.hub.seek(Math.round(this.x.invert(this.pointOf(event).x)));
    }
  }

  // Lights up one run with its counterfactual and says which it is.
  light(line, point = null) {
    this.tip.hidden = line < 0;
    this.stage.style.cursor = line < 0 ? "" : "pointer";
    if (line >= 0 && point) this.tip.style.transform = `translate(${Math.min(point.x + 12, this.width - 150)}px, ${Math.max(point.y - 44, 0)}px)`;
    if (line === this.lit || !this.bright) return;
    this.lit = line;
    if (line < 0) return void this.bright.replaceChildren();
    const paths = this.fan.lines[line].map((row, arm) => svg("path", { class: `cc-run ${ARM_CLASSES[arm]}`, d: linePath(this.fan.at, row, this.x, this.y) }));
    this.bright.replaceChildren(...paths);
    setText(this.tip, `Run ${this.fan.runs[line]}: click to show it`);
  }

  choose(line) {
    writeTrait(this.model, "run", this.fan.runs[line]);
  }

  chooseNext(by) {
    if (!this.fan?.runs.length) return;
    const now = this.fan.runs.indexOf(this.model.get("run"));
    this.choose((now + by + this.fan.runs.length + (now < 0 && by < 0 ? 1 : 0)) % this.fan.runs.length);
  }
}

// About where a text stands, without asking the browser to lay it out.
function boxOf(text) {
  const [x, y, width] = [Number(text.getAttribute("x")), Number(text.getAttribute("y")), 7.4 * text.textContent.length];
  const left = text.getAttribute("text-anchor") === "middle" ? x - width / 2 : x;
  return { left, right: left + width, top: y - 11, bottom: y + 4 };
}

// A place for the word "observed" beside a dot, away from names and other dots; null if there is none.
function freePlace(dots, taken, box) {
  const width = 62;
  const marks = dots.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  const hits = (one, two) => one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom;
  for (const strict of [true, false]) {
    for (const { x, y } of [...dots].reverse()) {
      for (const [dx, dy] of [[8, 16], [8, -8], [-8 - width, -8], [-8 - width, 16], [8, -22], [-8 - width, -22]]) {
        const mine = { left: x + dx, right: x + dx + width, top: y + dy - 11, bottom: y + dy + 4 };
        const inside = mine.left >= box.left && mine.right <= box.right && mine.top >= box.top && mine.bottom <= box.bottom;
        if (inside && !(strict ? [...taken, ...marks] : taken).some((other) => hits(mine, other))) return { x: mine.left, y: y + dy };
      }
    }
  }
  return null;
}

function lastKnown(row) {
  for (let place = row.length - 1; place >= 0; place -= 1) if (Number.isFinite(row[place])) return place;
  return -1;
}
