// Ticks and numbers as readers see them.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  linearScale, logScale, logTicks, niceTicks, numberText, percentText, spreadLabels, tickText, yearTicks,
} from "../../../visualization/assets/scale.js";

test("ticks are round, inside, and about as many as asked", () => {
  assert.deepEqual(niceTicks(0, 97, 5), [0, 20, 40, 60, 80]);
  assert.deepEqual(niceTicks(-0.3, 0.31, 5), [-0.2, 0, 0.2]);
  assert.deepEqual(niceTicks(3, 3), [3]);
});

test("ticks of a logarithmic axis are powers of ten, with steps between where there is room", () => {
  assert.deepEqual(logTicks(1, 100000, 5), [1, 10, 100, 1000, 10000, 100000]);
  assert.deepEqual(logTicks(2, 60, 5), [2, 5, 10, 20, 50]);
  assert.ok(logTicks(0.001, 1e9, 5).length <= 7);
});

test("numbers have three digits, thin spaces and a real minus", () => {
  assert.equal(numberText(1234567), "1\u202f234\u202f567");
  assert.equal(numberText(-3.14159), "−3.14");
  assert.equal(numberText(0.05), "0.0500");
  assert.equal(numberText(0), "0");
  assert.equal(numberText(NaN), "–");
  assert.equal(numberText(null), "–");
  assert.equal(numberText(-Infinity), "−∞");
  assert.equal(numberText(-0.00001), "≈ 0");
});

test("labels of ticks have as many digits as their step needs", () => {
  assert.equal(tickText(0.25, [0.2, 0.25, 0.3]), "0.25");
  assert.equal(tickText(0.2, [0, 0.2, 0.4]), "0.2");
  assert.equal(tickText(-20000, [-20000, 0]), "−20\u202f000");
});

test("shares near the ends do not become 0 or 100", () => {
  assert.equal(percentText(0.001), "<1 %");
  assert.equal(percentText(0.999), ">99 %");
  assert.equal(percentText(0), "0 %");
  assert.equal(percentText(1), "100 %");
  assert.equal(percentText(0.347), "35 %");
  assert.equal(percentText(null), "–");
});

test("scales turn back", () => {
  const linear = linearScale(10, 20, 0, 100);
  assert.equal(linear(15), 50);
  assert.equal(linear.invert(50), 15);
  const log = logScale(1, 100, 0, 100);
  assert.equal(Math.round(log(10)), 50);
  assert.equal(Math.round(log.invert(50)), 10);
  assert.equal(log(0), 0, "nothing lies at the lower end");
});

test("years are thinned until their labels fit", () => {
  assert.deepEqual(yearTicks(0, 51, 2000).length, 13);
  assert.deepEqual(yearTicks(0, 51, 300), [0, 8, 16, 24, 32, 40, 48]);
});

test("labels are moved apart and stay inside", () => {
  const found = spreadLabels([50, 52, 49], 12, 0, 100);
  const sorted = [...found].sort((one, two) => one - two);
  assert.ok(sorted[1] - sorted[0] >= 12 && sorted[2] - sorted[1] >= 12);
  assert.ok(found[2] < found[0] && found[0] < found[1], "order is kept");
  assert.deepEqual(spreadLabels([99, 100], 12, 0, 100), [88, 100]);
});
