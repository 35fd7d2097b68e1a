// The shared clock, and changes of rules.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hubOf, leaveHub } from "../../../visualization/assets/hub.js";
import { changedPolicy, movedChange, quarterName, quarterStep, spanText, stateOf } from "../../../visualization/assets/timeline_model.js";
import { payloadOf } from "./payload.mjs";

const quarters = Array.from({ length: 52 }, (_, step) => quarterName(step));

async function loaded(group) {
  const hub = hubOf(group);
  await hub.take("pair", payloadOf({ quarters, scripted: 26 }, []));
  return hub;
}

const press = (hub, key, more = {}) => hub.key({ key, preventDefault() {}, ...more });

test("views of a group share a clock, which begins at the end of the script", async () => {
  const hub = await loaded("one");
  assert.equal(hubOf("one"), hub);
  assert.notEqual(hubOf("two"), hub);
  assert.equal(hub.label(), "2026Q3");
});

test("keys move the clock and stop at the ends", async () => {
  const hub = await loaded("keys");
  press(hub, "Home");
  assert.equal(hub.label(), "2020Q1");
  press(hub, "ArrowLeft");
  assert.equal(hub.time, 0);
  press(hub, "ArrowRight", { shiftKey: true });
  assert.equal(hub.label(), "2021Q1");
  press(hub, "End");
  assert.equal(hub.label(), "2032Q4");
  assert.equal(press(hub, "x"), false);
  assert.equal(press(hub, "ArrowLeft", { ctrlKey: true }), false, "the browser's own keys stay its own");
});

test("listeners hear of each moment once and can leave", async () => {
  const hub = await loaded("listeners");
  const heard = [];
  const leave = hub.on("time", () => heard.push(hub.label()));
  hub.seekLabel("2024Q1");
  hub.seekLabel("2024Q1");
  leave();
  hub.seekLabel("2025Q1");
  assert.deepEqual(heard, ["2024Q1"]);
});

test("of two payloads on the way the newest stays, and a new run keeps the quarter", async () => {
  const hub = await loaded("newest");
  hub.seekLabel("2023Q2");
  await Promise.all([
    hub.take("pair", payloadOf({ quarters, scripted: 26, world: 1 }, [])),
    hub.take("pair", payloadOf({ quarters, scripted: 26, world: 2 }, [])),
  ]);
  assert.equal(hub.pair.world, 2);
  assert.equal(hub.label(), "2023Q2");
});

test("charts of the same runs are joined, those of others replaced", async () => {
  const hub = hubOf("charts");
  const part = (id, name) => payloadOf({ id, quarters, scripted: 26, charts: { [name]: {} } }, []);
  await hub.take("pair", part(1, "lead"));
  await hub.take("pair", part(1, "yield"));
  assert.deepEqual(Object.keys(hub.pair.charts), ["lead", "yield"]);
  await hub.take("pair", part(2, "hazard"));
  assert.deepEqual(Object.keys(hub.pair.charts), ["hazard"]);
});

test("what cannot be read is told and changes nothing", async () => {
  const hub = await loaded("trouble");
  const told = [];
  hub.on("trouble", (text) => told.push(text));
  await hub.take("pair", new Uint8Array([1, 2, 3]));
  assert.equal(told.length, 1);
  assert.equal(hub.pair.quarters.length, 52);
});

test("a group is forgotten when its last view leaves", async () => {
  const hub = await loaded("leaving");
  hub.views = 2;
  leaveHub("leaving");
  assert.equal(hubOf("leaving"), hub);
  leaveHub("leaving");
  assert.equal(hubOf("leaving").pair, null);
});

const row = { id: "rule", title: "Rule", start: "2022Q4", end: null, graded: true };
const ended = { ...row, id: "ended", end: "2025Q3" };

test("quarters are counted from 2020", () => {
  assert.equal(quarterStep("2022Q4"), 11);
  assert.equal(quarterName(51), "2032Q4");
  assert.equal(quarterStep("soon"), null);
});

test("a block moves as a whole or by an end, inside the record, at least a quarter long", () => {
  assert.deepEqual(movedChange(stateOf(row, {}), "block", 2), { start: "2023Q2" });
  assert.deepEqual(movedChange(stateOf(row, {}), "block", -99), { start: "2020Q1" });
  assert.deepEqual(movedChange(stateOf(ended, {}), "block", 1), { start: "2023Q1", end: "2025Q4" });
  assert.deepEqual(movedChange(stateOf(ended, {}), "end", -99), { end: "2023Q1" });
  assert.deepEqual(movedChange(stateOf(row, {}), "end", -4), { end: "2032Q1" });
  assert.deepEqual(movedChange(stateOf(ended, {}), "start", 99), { start: "2025Q2" });
  assert.deepEqual(movedChange(stateOf(ended, {}), "end", 99), { end: "2032Q4" }, "one that ends cannot last for ever");
  assert.deepEqual(movedChange(stateOf(row, { rule: { end: "2030Q1" } }), "end", 99), { end: null });
});

test("what is as the law has it is left out of the policy", () => {
  const moved = changedPolicy({}, row, { start: "2023Q1", severity: 0.5 });
  assert.deepEqual(moved, { rule: { start: "2023Q1", severity: 0.5 } });
  assert.deepEqual(changedPolicy(moved, row, { start: "2022Q4" }), { rule: { severity: 0.5 } });
  assert.deepEqual(changedPolicy(moved, row, { start: row.start, end: row.end, severity: 1, off: false }), {});
  assert.deepEqual(changedPolicy({ other: { off: true } }, row, { off: true }), { other: { off: true }, rule: { off: true } });
});

test("a rule that ends keeps its length when its start is moved, unless its end was set", () => {
  assert.equal(stateOf(ended, { ended: { start: "2023Q4" } }).end, quarterStep("2026Q3"));
  assert.equal(stateOf(ended, { ended: { start: "2023Q4", end: "2025Q1" } }).end, quarterStep("2025Q1"));
  assert.equal(spanText(stateOf(row, {})), "from 2022Q4 for ever");
  assert.equal(spanText(stateOf(row, { rule: { off: true } })), "dropped");
  assert.equal(spanText(stateOf(row, { rule: { severity: 0.5 } })), "from 2022Q4 for ever, 50 % of it");
});
