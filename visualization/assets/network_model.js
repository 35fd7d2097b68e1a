// The supply network without a browser: agents or groups of them, flows of a moment, places on the page.

export const ARM_INDEX = { controls: 0, without: 1 };
export const THICKEST = 26; // px, for the largest flow of the run
export const THINNEST = 0.35;

// Nodes and edges of a payload's network, as agents or joined to groups of one tier, name and bloc.
export function makeNetwork(network, grouped) {
  const places = new Map();
  const nodes = [];
  const home = network.nodes.map((node) => {
    const key = grouped ? `${node.tier} ${node.group}` : node.id;
    if (!places.has(key)) {
      places.set(key, nodes.length);
      const label = grouped ? node.group : node.label;
      nodes.push({ ...node, id: grouped ? key : node.id, label, members: [], place: nodes.length });
    }
    nodes[places.get(key)].members.push(node.id);
    return places.get(key);
  });
  const found = new Map();
  network.edges.forEach(([from, to, stage, unit], index) => {
    const key = grouped ? `${home[from]} ${home[to]}` : `${home[from]} ${home[to]} ${stage} ${unit}`;
    if (!found.has(key)) found.set(key, { from: home[from], to: home[to], stage, unit, parts: [] });
    const edge = found.get(key);
    edge.parts.push(index);
    if (edge.stage !== stage) edge.stage = "several inputs";
  });
  return { nodes, edges: [...found.values()], statuses: network.statuses };
}

// Reads the flows of one payload: value(edge, arm, step), status(edge, arm, step).
export class Flows {
  constructor(network) {
    [this.count, this.arms, this.quarters] = network.value.shape;
    this.values = network.value.data;
    this.amounts = network.amount.data;
    this.amountRow = new Map(network.amount.edges.map((edge, row) => [edge, row]));
    this.codes = new Int8Array(this.values.length).fill(-1);
    network.status.forEach((arms, edge) =>
      arms.forEach((spells, arm) =>
        spells.forEach(([start, code], place) => {
          const stop = place + 1 < spells.length ? spells[place + 1][0] : this.quarters;
          this.codes.fill(code, this.at(edge, arm, start), this.at(edge, arm, start) + stop - start);
        }),
      ),
    );
  }

  at(edge, arm, step) {
    return (edge * this.arms + arm) * this.quarters + step;
  }

  // USD bn of an index between two quarters, linear in time.
  single(index, arm, time) {
    const before = Math.floor(time);
    const share = time - before;
    const here = this.values[this.at(index, arm, before)];
    return share ? here + share * (this.values[this.at(index, arm, before + 1)] - here) : here;
  }

  value(edge, arm, time) {
    let total = 0;
    for (const index of edge.parts) total += this.single(index, arm, time);
    return total;
  }

  // What an edge delivers in its own unit; null where its parts have several, or where it is money.
  amount(edge, arm, step) {
    if (edge.parts.length !== 1) return null;
    const row = this.amountRow.get(edge.parts[0]);
    return row === undefined ? null : this.amounts[(row * this.arms + arm) * this.quarters + step];
  }

  // Status code of the part that carries most; of the first that is there if none carries anything; -1 for none.
  status(edge, arm, step) {
    let [most, found] = [0, -1];
    for (const index of edge.parts) {
      const code = this.codes[this.at(index, arm, step)];
      const value = this.values[this.at(index, arm, step)];
      if (code >= 0 && (found < 0 || value > most)) [most, found] = [Math.max(value, most), code];
    }
    return found;
  }

  get largest() {
    let most = 0;
    for (const value of this.values) if (value > most) most = value;
    return most;
  }
}

// Width of a flow: by its square root, so that small ones are seen beside large ones; not thinner than `least` if any.
export function flowWidth(value, largest, least = THINNEST) {
  const size = Math.abs(value);
  return size > 0 ? Math.max(least, THICKEST * Math.sqrt(size / largest)) : 0;
}

export function stackedFlows(edges, values, count) {
  const total = { incoming: new Float64Array(count), outgoing: new Float64Array(count) };
  edges.forEach((edge, place) => {
    total.outgoing[edge.from] += values[place];
    total.incoming[edge.to] += values[place];
  });
  return total;
}

// Places of nodes: columns by tier, rows in drawing order; labels beside nodes where columns are wide, else below.
export function layoutNetwork(nodes, width, narrow) {
  const columns = new Map();
  for (const node of nodes) columns.set(node.tier, [...(columns.get(node.tier) ?? []), node]);
  const most = Math.max(...[...columns.values()].map((column) => column.length));
  const [row, top, bottom] = narrow ? [62, 34, 40] : [29, 44, 14];
  const height = top + bottom + row * (most - 1);
  const [left, right] = narrow ? [38, width - 38] : [150, width - 138];
  const places = [];
  for (const [tier, column] of columns) {
    const span = height - top - bottom;
    const gap = column.length > 1 ? span / (column.length - 1) : 0;
    column.forEach((node, index) => {
      const x = left + ((right - left) * tier) / 4;
      places[node.place] = { x, y: column.length > 1 ? top + gap * index : top + span / 2 };
    });
  }
  return { places, height, left, right };
}

// A curve from node to node; inside a column, or back to the left, it bulges to the right.
export function flowPath(from, to) {
  const forward = to.x - from.x;
  if (forward > 8) {
    const bend = forward / 2;
    return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
  }
  const bulge = Math.max(from.x, to.x) + 60;
  return `M${from.x} ${from.y}C${bulge} ${from.y} ${bulge} ${to.y} ${to.x} ${to.y}`;
}

// The next node in a direction for the arrow keys: up and down in a column, left and right to the nearest one.
export function neighbourOf(nodes, places, current, key) {
  const tier = nodes[current].tier;
  const column = (wanted) => nodes.filter((node) => node.tier === wanted);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const mine = column(tier);
    const next = mine.indexOf(nodes[current]) + (key === "ArrowDown" ? 1 : -1);
    return mine[Math.max(0, Math.min(mine.length - 1, next))].place;
  }
  const tiers = [...new Set(nodes.map((node) => node.tier))].sort((one, two) => one - two);
  const wanted = tiers[tiers.indexOf(tier) + (key === "ArrowRight" ? 1 : -1)];
  if (wanted === undefined) return current;
  const away = (node) => Math.abs(places[node.place].y - places[current].y);
  return column(wanted).reduce((best, node) => (away(node) < away(best) ? node : best)).place;
}

export function shapePath(shape, radius) {
  const r = radius;
  if (shape === "square") return `M${-r * 0.89} ${-r * 0.89}h${r * 1.78}v${r * 1.78}h${-r * 1.78}z`;
  if (shape === "triangle") return `M0 ${-r * 1.2}L${r * 1.08} ${r * 0.72}H${-r * 1.08}z`;
  return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}
