// The network without a browser: groups, flows of a moment, law, places, keys.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Flows, THICKEST, flowPath, flowWidth, layoutNetwork, makeNetwork, neighbourOf, stackedFlows,
} from "../../../visualization/assets/network_model.js";

const node = (id, group, tier, bloc = "US") => ({ id, label: id, group, tier, bloc, kind: "vendor", agent: id });

// Three nodes in two tiers, two edges, two arms, three quarters.
function sample() {
  return {
    nodes: [node("a", "makers", 0), node("b", "makers", 0), node("c", "buyer", 1)],
    edges: [[0, 2, "line", "thousand chips"], [1, 2, "line", "USD bn"]],
    status: [[[[0, 0]], [[0, 0]]], [[[0, 0], [2, 4]], [[1, 0]]]],
    statuses: ["free", "nac", "licence", "partly denied", "denied"],
    value: { shape: [2, 2, 3], data: Float64Array.from([1, 2, 3, 4, 5, 6, 10, 20, 0, 40, 50, 60]) },
    amount: { shape: [1, 2, 3], data: Float64Array.from([7, 8, 9, 1, 2, 3]), edges: [0] },
  };
}

test("agents of a tier and group are joined, and their flows add up", () => {
  const network = makeNetwork(sample(), true);
  const flows = new Flows(sample());
  assert.deepEqual(network.nodes.map((one) => one.label), ["makers", "buyer"]);
  assert.equal(network.edges.length, 1);
  assert.equal(flows.value(network.edges[0], 0, 1), 22);
  assert.equal(flows.value(network.edges[0], 1, 1), 55);
  assert.equal(flows.amount(network.edges[0], 0, 1), null, "several units have no common amount");
});

test("between two quarters a flow is interpolated, and the last quarter has no next one", () => {
  const network = makeNetwork(sample(), false);
  const flows = new Flows(sample());
  assert.equal(flows.value(network.edges[0], 0, 0.5), 1.5);
  assert.equal(flows.value(network.edges[0], 0, 2), 3);
  assert.equal(flows.amount(network.edges[0], 1, 2), 3);
  assert.equal(flows.amount(network.edges[1], 0, 0), null, "money has no other unit");
  assert.equal(flows.largest, 60);
});

test("law is read by spells; an edge that is not there yet has none", () => {
  const network = makeNetwork(sample(), false);
  const flows = new Flows(sample());
  assert.deepEqual([0, 1, 2].map((step) => flows.status(network.edges[1], 0, step)), [0, 0, 4]);
  assert.deepEqual([0, 1, 2].map((step) => flows.status(network.edges[1], 1, step)), [-1, 0, 0]);
});

test("the law of a group is that of its largest flow", () => {
  const flows = new Flows(sample());
  const [edge] = makeNetwork(sample(), true).edges;
  assert.equal(flows.status(edge, 0, 2), 0, "what is blocked carries nothing");
});

test("width grows with the square root, nothing has none", () => {
  assert.equal(flowWidth(100, 100), THICKEST);
  assert.equal(flowWidth(25, 100), THICKEST / 2);
  assert.equal(flowWidth(-25, 100), THICKEST / 2);
  assert.equal(flowWidth(0, 100), 0);
  assert.ok(flowWidth(1e-9, 100) > 0);
  assert.ok(flowWidth(1e-9, 100, 0) < 0.01);
});

test("what flows through nodes is the sum of their edges", () => {
  const { edges } = makeNetwork(sample(), false);
  const total = stackedFlows(edges, [3, 4], 3);
  assert.deepEqual([...total.outgoing], [3, 4, 0]);
  assert.deepEqual([...total.incoming], [0, 0, 7]);
});

test("nodes stay inside, by tier from left to right, and never on each other", () => {
  const nodes = Array.from({ length: 60 }, (_, place) => ({ ...node(`n${place}`, "g", place % 5), place }));
  for (const [width, narrow] of [[366, true], [1256, false], [1896, false]]) {
    const { places, height } = layoutNetwork(nodes, width, narrow);
    nodes.forEach((one, place) => {
      assert.ok(places[place].x > 30 && places[place].x < width - 30);
      assert.ok(places[place].y > 20 && places[place].y < height);
      const next = nodes.find((other) => other.tier === one.tier + 1);
      if (next) assert.ok(places[next.place].x > places[place].x);
    });
    const keys = new Set(places.map(({ x, y }) => `${x} ${y}`));
    assert.equal(keys.size, nodes.length);
  }
});

test("curves go forward, and bulge inside a column", () => {
  assert.match(flowPath({ x: 0, y: 0 }, { x: 100, y: 50 }), /^M0 0C50 0 50 50 100 50$/);
  assert.match(flowPath({ x: 10, y: 0 }, { x: 10, y: 50 }), /^M10 0C70 0 70 50 10 50$/);
});

test("arrow keys go up and down a column and to the nearest node of the next", () => {
  const nodes = makeNetwork(sample(), false).nodes;
  const { places } = layoutNetwork(nodes, 900, false);
  assert.equal(neighbourOf(nodes, places, 0, "ArrowDown"), 1);
  assert.equal(neighbourOf(nodes, places, 0, "ArrowUp"), 0);
  assert.equal(neighbourOf(nodes, places, 1, "ArrowRight"), 2);
  assert.equal(neighbourOf(nodes, places, 2, "ArrowRight"), 2);
});
