// The supply network of one paired run: tiers from left to right, width = USD bn, shape and colour = bloc.

import { html, setAttribute, svg } from "./element.js";
import { ARM_INDEX, Flows, THINNEST, flowPath, flowWidth, layoutNetwork, makeNetwork, neighbourOf, shapePath, stackedFlows } from "./network_model.js";
import { numberText } from "./scale.js";
import { calmMotion, makeCard, mountView, writeTrait } from "./view.js";

const NARROW = 720; // px, below which agents are joined to groups
const ARM_NAMES = { controls: "with controls", without: "without controls", difference: "with less without controls" };
const STATUS_NAMES = {
  free: "free", nac: "after notification", licence: "needs a licence", "partly denied": "denied in part",
  denied: "blocked by law", unknown: "status unknown", evasion: "evades the law",
};
const TIER_KINDS = { supply_node: "supplier", channel: "intermediary", vendor: "chip vendor", offer: "channel", ai_firm: "AI firm" };

export function render(context) {
  return mountView(context, ({ model, hub, root, listen }) => {
    const view = new NetworkView(model, hub, root);
    listen("selected", () => view.select(model.get("selected"), false));
    return { draw: (width) => view.draw(width), time: () => view.time(), traits: ["arm", "detail"] };
  });
}

class NetworkView {
  constructor(model, hub, root) {
    Object.assign(this, { model, hub, focused: 0, selected: "", shown: null, hovered: null });
    this.card = makeCard(root, {
      title: "Who delivers to whom",
      unit: "USD bn a quarter",
      definition:
        "Deliveries of one simulated world in one quarter, from toolmakers through foundries, memory, vendors and " +
        "channels to AI firms. Lines grow with the square root of what is paid, so that small flows stay visible.",
      note: "Choose a node with a click, or with Tab, the arrow keys and Enter; Escape shows all again.",
      name: "supply_network",
      table: () => this.table(),
      csv: () => this.everything(),
      detail: () => `${hub.label()}, ${ARM_NAMES[model.get("arm")]}`,
    });
    this.stage = svg("svg", { class: "cc-network", role: "group" });
    this.tip = html("div", { class: "cc-tip", hidden: true });
    this.key = html("ul", { class: "cc-key", "aria-label": "How to read the lines" });
    this.card.chart.append(this.stage, this.tip, this.key);
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    this.stage.addEventListener("pointerleave", () => this.hover(null));
    this.stage.addEventListener("click", (event) => {
      if (event.target === this.stage) this.select("");
    });
  }

  get arm() {
    return this.model.get("arm");
  }

  draw(width) {
    const data = this.hub.pair?.network;
    if (!data) return void this.card.say("The network appears once a run is computed.");
    const wanted = this.model.get("detail");
    const narrow = width < NARROW;
    const grouped = wanted === "groups" || (wanted === "auto" && narrow);
    if (this.source !== data || this.grouped !== grouped) {
      [this.source, this.grouped] = [data, grouped];
      this.flows = new Flows(data);
      this.network = makeNetwork(data, grouped);
      this.strokes = this.network.statuses.map((status) => data.strokes[status]);
      this.largest = this.flows.largest;
      this.focused = Math.min(this.focused, this.network.nodes.length - 1);
    }
    this.lay(width, grouped && width < 900);
    this.select(this.model.get("selected"), false);
    this.time(true);
    this.explainLines();
  }

  lay(width, narrow) {
    const { nodes, edges } = this.network;
    const layout = layoutNetwork(nodes, width, narrow);
    this.places = layout.places;
    setAttribute(this.stage, "viewBox", `0 0 ${width} ${layout.height}`);
    this.stage.setAttribute("width", width);
    this.stage.setAttribute("height", layout.height);
    const heads = this.source.tiers.map((tier, place) => {
      const x = layout.left + ((layout.right - layout.left) * place) / 4;
      return svg("text", { class: "cc-head-text", x, y: 16, "text-anchor": "middle" }, narrow ? this.source.short_tiers[place] : tier);
    });
    this.paths = edges.map((edge) => {
      const [from, to] = [this.places[edge.from], this.places[edge.to]];
      const path = svg("path", { class: `cc-flow cc-bloc-${nodes[edge.from].bloc}`, d: flowPath(from, to) });
      path.addEventListener("pointerenter", (event) => this.hover({ edge }, event));
      return path;
    });
    this.marks = nodes.map((node) => this.nodeMark(node, narrow));
    this.stage.replaceChildren(svg("g", {}, ...heads), svg("g", { class: "cc-flows" }, ...this.paths), svg("g", {}, ...this.marks));
    this.shown = new Float64Array(edges.length).fill(NaN);
    this.styled = new Array(edges.length).fill("");
    this.far = new Array(edges.length).fill(false);
  }

  nodeMark(node, narrow) {
    const { x, y } = this.places[node.place];
    const shape = this.source.blocs.find((bloc) => bloc.id === node.bloc).shape;
    const side = node.tier === 0 ? { x: -12, y: 4, "text-anchor": "end" } : { x: 12, y: 4 };
    const mark = svg(
      "g", { class: `cc-node cc-bloc-${node.bloc}`, transform: `translate(${x} ${y})`, role: "button", tabindex: "-1" },
      svg("circle", { class: "cc-target", r: 14 }),
      svg("path", { class: "cc-shape", d: shapePath(shape, 7) }),
      narrow ? labelBelow(node.label) : svg("text", side, node.label),
    );
    mark.addEventListener("click", () => this.select(this.selected === node.id ? "" : this.nameOf(node)));
    mark.addEventListener("pointerenter", (event) => this.hover({ node }, event));
    mark.addEventListener("focus", () => this.focus(node.place));
    return mark;
  }

  // --- time -----------------------------------------------------------------------------------------------------------

  time(force = false) {
    if (!this.network) return;
    const { hub, network, flows, arm } = this;
    const step = hub.quarter;
    const moment = calmMotion() ? step : Math.min(hub.time, hub.last);
    const fresh = force || step !== this.step || arm !== this.drawnArm;
    network.edges.forEach((edge, place) => {
      const value = this.valueAt(edge, moment);
      if (value !== this.shown[place] || fresh) this.paint(place, edge, value, fresh);
    });
    if (!fresh) return;
    [this.step, this.drawnArm] = [step, arm];
    this.card.say(`${hub.label(step)}, ${ARM_NAMES[arm]}`);
    setAttribute(this.stage, "aria-label", `Supply network, ${hub.label(step)}, ${ARM_NAMES[arm]}`);
    this.values = network.edges.map((edge) => this.valueAt(edge, step));
    this.totals = stackedFlows(network.edges, this.values.map(Math.abs), network.nodes.length);
    this.fade();
    if (!hub.playing) this.describe();
    if (this.hovered) this.fillTip();
    this.card.fillTable();
  }

  valueAt(edge, moment) {
    if (this.arm !== "difference") return this.flows.value(edge, ARM_INDEX[this.arm], moment);
    return this.flows.value(edge, 0, moment) - this.flows.value(edge, 1, moment);
  }

  paint(place, edge, value, fresh) {
    const path = this.paths[place];
    this.shown[place] = value;
    const width = flowWidth(value, this.largest, this.arm === "difference" ? 0 : THINNEST);
    if (fresh) {
      const style = `${this.strokeOf(edge, value)}${this.far[place] ? " cc-far" : ""}`;
      if (style !== this.styled[place]) {
        path.setAttribute("class", `cc-flow cc-bloc-${this.network.nodes[edge.from].bloc} ${style}`);
        if (style.startsWith("cc-gap")) path.setAttribute("pathLength", "100");
        else path.removeAttribute("pathLength");
        this.styled[place] = style;
      }
    }
    path.style.strokeWidth = width > 0 ? width.toFixed(2) : this.styled[place].includes("cc-gap") ? "1" : "0";
  }

  strokeOf(edge, value) {
    if (this.arm === "difference") return value < 0 ? "cc-less" : "cc-more";
    const code = this.flows.status(edge, ARM_INDEX[this.arm], this.hub.quarter);
    return code < 0 ? "cc-none" : `cc-${this.strokes[code]}`;
  }

  // Nodes through which nothing flows stand back.
  fade() {
    const { incoming, outgoing } = this.totals;
    this.marks.forEach((mark, place) => mark.classList.toggle("cc-idle", incoming[place] + outgoing[place] === 0));
  }

  // --- choosing -------------------------------------------------------------------------------------------------------

  nameOf(node) {
    return this.grouped && node.members.length === 1 ? node.members[0] : node.id;
  }

  select(name, tell = true) {
    this.selected = name ?? "";
    if (tell) writeTrait(this.model, "selected", this.selected);
    if (!this.network) return;
    const place = this.network.nodes.findIndex((node) => node.id === name || node.members.includes(name));
    const near = new Set([place]);
    this.network.edges.forEach((edge, index) => {
      const mine = place < 0 || edge.from === place || edge.to === place;
      if (mine) near.add(edge.from).add(edge.to);
      this.far[index] = !mine;
    });
    this.marks.forEach((mark, index) => {
      mark.classList.toggle("cc-far", place >= 0 && !near.has(index));
      mark.setAttribute("aria-pressed", String(index === place));
    });
    if (place >= 0) this.focused = place;
    this.marks.forEach((mark, index) => setAttribute(mark, "tabindex", index === this.focused ? "0" : "-1"));
    if (this.values) this.network.edges.forEach((edge, index) => this.paint(index, edge, this.shown[index], true));
  }

  focus(place) {
    this.marks[this.focused]?.setAttribute("tabindex", "-1");
    this.focused = place;
    this.marks[place].setAttribute("tabindex", "0");
    this.describe();
    this.hover({ node: this.network.nodes[place] });
  }

  onKey(event) {
    if (event.key === "Enter" && this.network) {
      const node = this.network.nodes[this.focused];
      this.select(this.selected === this.nameOf(node) ? "" : this.nameOf(node));
    } else if (event.key === "Escape") {
      this.select("");
      this.hover(null);
    } else if (event.key.startsWith("Arrow") && this.network) {
      this.marks[neighbourOf(this.network.nodes, this.places, this.focused, event.key)].focus();
    } else {
      this.hub.key(event);
      return;
    }
    event.preventDefault();
  }

  // --- telling --------------------------------------------------------------------------------------------------------

  describe() {
    const node = this.network?.nodes[this.focused];
    if (node && this.totals) setAttribute(this.marks[this.focused], "aria-label", this.textOf(node).join(". "));
  }

  textOf(node) {
    const { incoming, outgoing } = this.totals;
    const bloc = this.source.blocs.find((one) => one.id === node.bloc).name;
    const lines = [`${node.label}, ${TIER_KINDS[node.kind]}, ${bloc}`];
    if (incoming[node.place] > 0) lines.push(`buys for ${numberText(incoming[node.place])} USD bn`);
    if (outgoing[node.place] > 0) lines.push(`sells for ${numberText(outgoing[node.place])} USD bn`);
    const ranked = this.network.edges
      .map((edge, place) => ({ edge, value: this.values[place] }))
      .filter(({ edge, value }) => value !== 0 && (edge.from === node.place || edge.to === node.place))
      .sort((one, two) => Math.abs(two.value) - Math.abs(one.value))
      .slice(0, 4);
    for (const { edge, value } of ranked) {
      const other = this.network.nodes[edge.from === node.place ? edge.to : edge.from];
      lines.push(`${edge.from === node.place ? "to" : "from"} ${other.label}: ${numberText(value)} USD bn`);
    }
    if (lines.length === 1) lines.push("no deliveries in this quarter");
    return lines;
  }

  edgeText(edge) {
    const [from, to] = [this.network.nodes[edge.from].label, this.network.nodes[edge.to].label];
    const lines = [`${from} to ${to}: ${edge.stage.replaceAll("_", " ")}`, `${numberText(this.valueAt(edge, this.step))} USD bn`];
    if (this.arm === "difference") return lines;
    const amount = this.flows.amount(edge, ARM_INDEX[this.arm], this.step);
    if (amount !== null) lines.push(`${numberText(amount)} ${edge.unit}`);
    const code = this.flows.status(edge, ARM_INDEX[this.arm], this.step);
    if (code >= 0) lines.push(STATUS_NAMES[this.network.statuses[code]]);
    return lines;
  }

  hover(found, event = null) {
    this.hovered = found;
    this.tip.hidden = found === null;
    if (!found) return;
    this.fillTip();
    const bounds = this.card.chart.getBoundingClientRect();
    const at = found.node ? this.places[found.node.place] : { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
    const left = Math.max(4, Math.min(at.x + 14, bounds.width - this.tip.offsetWidth - 4));
    const over = at.y - this.tip.offsetHeight - 12;
    this.tip.style.transform = `translate(${left}px, ${over > 0 ? over : at.y + 16}px)`;
  }

  fillTip() {
    if (!this.totals) return;
    const [first, ...rest] = this.hovered.node ? this.textOf(this.hovered.node) : this.edgeText(this.hovered.edge);
    this.tip.replaceChildren(html("strong", {}, first), ...rest.map((line) => html("div", {}, line)));
  }

  explainLines() {
    const sample = (style, width = 3) =>
      svg("svg", { width: 40, height: 14, "aria-hidden": "true" }, svg("path", { class: `cc-flow ${style}`, d: "M2 7H38", pathLength: style === "cc-gap" ? "100" : null, style: `stroke-width:${width}` }));
    const shape = (bloc) =>
      svg("svg", { width: 18, height: 18, "aria-hidden": "true" }, svg("path", { class: `cc-shape cc-bloc-${bloc.id}`, d: shapePath(bloc.shape, 7), transform: "translate(9 9)" }));
    const widths = [0.1, 1, 10, 100].filter((value) => value <= this.largest * 2);
    const lines =
      this.arm === "difference"
        ? [[sample("cc-more"), "more with controls"], [sample("cc-less"), "less with controls"]]
        : [[sample("cc-neutral cc-dash"), "licensed or let through in part"], [sample("cc-neutral cc-dots"), "evades the law"], [sample("cc-gap", 1.5), "blocked"]];
    const sizes = widths.map((value) => [sample("cc-neutral", flowWidth(value, this.largest)), `${value} USD bn`]);
    const blocs = this.source.blocs.map((bloc) => [shape(bloc), bloc.name]);
    this.key.replaceChildren(...[...blocs, ...lines, ...sizes].map(([picture, text]) => html("li", {}, picture, text)));
  }

  table() {
    const step = this.hub.quarter;
    if (!this.network) return { caption: "No run yet", header: ["supplier"], rows: [] };
    const rows = this.network.edges
      .map((edge) => this.rowOf(edge, step))
      .filter((row) => row[3] > 0 || row[4] > 0)
      .sort((one, two) => two[3] - one[3]);
    const header = ["supplier", "customer", "what", "with controls, USD bn", "without, USD bn", "law, with controls"];
    return { caption: `Deliveries in ${this.hub.label(step)}`, header, rows, text: (cell) => (typeof cell === "number" ? numberText(cell) : cell) };
  }

  rowOf(edge, step) {
    const code = this.flows.status(edge, 0, step);
    const [from, to] = [this.network.nodes[edge.from].label, this.network.nodes[edge.to].label];
    const values = [0, 1].map((arm) => this.flows.value(edge, arm, step));
    return [from, to, edge.stage.replaceAll("_", " "), ...values, code < 0 ? "" : STATUS_NAMES[this.network.statuses[code]]];
  }

  // All edges of all quarters, agents apart, whatever is on show.
  everything() {
    const header = ["quarter", "supplier", "customer", "stage", "controls_usd_bn", "without_usd_bn", "controls_amount", "without_amount", "unit", "controls_status"];
    if (!this.source) return { header, rows: [] };
    const apart = makeNetwork(this.source, false);
    const rows = this.hub.pair.quarters.flatMap((quarter, step) =>
      apart.edges.map((edge) => {
        const values = [0, 1].map((arm) => this.flows.value(edge, arm, step));
        const amounts = [0, 1].map((arm) => this.flows.amount(edge, arm, step));
        const status = apart.statuses[this.flows.status(edge, 0, step)] ?? "";
        return [quarter, apart.nodes[edge.from].id, apart.nodes[edge.to].id, edge.stage, ...values, ...amounts, edge.unit, status];
      }),
    );
    return { header, rows: rows.filter((row) => row[4] > 0 || row[5] > 0) };
  }
}

// A name under its node, in two lines if it has several words.
function labelBelow(name) {
  const words = name.split(" ");
  const lines = words.length > 1 ? [words.slice(0, -1).join(" "), words.at(-1)] : [name];
  return svg("text", { "text-anchor": "middle", class: "cc-below" }, ...lines.flatMap((line, place) => [place ? " " : null, svg("tspan", { x: 0, y: 20 + 12 * place }, line)]));
}
