// Fan charts, verdict, strategies and the triangle of weights without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  areaPath, fanCsv, fanRange, fanRows, linePath, makeFan, nearestLine, nearestPeriod, nested,
} from "../../../visualization/assets/fan_model.js";
import { csvText } from "../../../visualization/assets/export.js";
import { strategyShares } from "../../../visualization/assets/strategy.js";
import { ternaryCells, ternaryPlace } from "../../../visualization/assets/ternary.js";
import { inkOn, verdictRows } from "../../../visualization/assets/verdict.js";

const block = (shape, data) => ({ shape, data: Float64Array.from(data) });
const axis = { log: false, floor: 0, ceiling: null, start: "2020Q1" };
const spec = { id: "lead", title: "Lead", unit: "months", axis };
const about = { periods: ["2020Q1", "2020Q2"], at: [0, 1], observed: [[1, 3, 2, 4, "2020Q2"]] };
const fan = {
  quarters: ["2020Q1", "2020Q2"],
  lines: [4, 7],
  charts: {
    lead: {
      ...about,
      bands: block([2, 5, 2], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
      lines: block([2, 2, 2], [3, 3, 2, 2, 9, 9, 8, 8]),
    },
  },
};
const pair = { quarters: fan.quarters, charts: { lead: { ...about, values: block([2, 2], [6, 7, 5, NaN]) } } };

test("a chart takes bands from the ensemble and its run from the pair, and does with one of them", () => {
  const both = makeFan(spec, pair, fan);
  assert.deepEqual([...both.bands[0][2]], [3, 3]);
  assert.deepEqual([...both.lines[1][0]], [9, 9]);
  assert.deepEqual([...both.run[0]], [6, 7]);
  assert.equal(makeFan(spec, pair, null).bands, null);
  assert.equal(makeFan({ ...spec, id: "other" }, pair, fan), null);
});

test("the axis holds 90 % of pairs, the run and the observations", () => {
  const { low, high } = fanRange(makeFan(spec, pair, fan));
  assert.equal(low, 0);
  assert.ok(high >= 7 && high < 8);
  const log = fanRange(makeFan({ ...spec, axis: { ...axis, log: true, floor: null } }, pair, fan));
  assert.ok(log.low > 0.5 && log.low < 1 && log.high > 7);
});

test("lines and areas break where a number is missing", () => {
  const same = (value) => value;
  assert.equal(linePath([0, 1, 2, 3], [1, NaN, 2, 3], same, same), "M0.0 1.0M2.0 2.0L3.0 3.0");
  assert.equal(areaPath([0, 1, 2], [0, 0, NaN], [1, 1, 1], same, same).match(/M/g).length, 1);
});

test("the nearest line is found within reach, and none beyond it", () => {
  const found = makeFan(spec, pair, fan);
  const [x, y] = [(at) => 100 * at, (value) => 10 * value];
  assert.equal(nearestLine(found, { x: 50, y: 88 }, x, y), 1);
  assert.equal(nearestLine(found, { x: 50, y: 60 }, x, y), -1);
  assert.equal(nearestPeriod([1.5, 5.5], 3), 0);
});

test("tables and downloads hold every number of the picture", () => {
  const found = makeFan(spec, pair, fan);
  const { header, rows } = fanRows(found);
  assert.equal(header.length, rows[0].length);
  assert.deepEqual(rows[1].slice(0, 4), ["2020Q2", 3, 1, 5]);
  assert.equal(rows[1].at(-1), 3);
  assert.equal(rows[0].at(-1), null, "nothing observed then");
  const csv = fanCsv(found);
  assert.equal(csv.rows.filter(([series]) => series === "median").length, 4);
  assert.equal(csv.rows.filter(([series]) => series === "run 7").length, 4);
  assert.equal(csv.rows.filter(([series]) => series.startsWith("observed")).length, 3);
});

test("CSV quotes what needs it and leaves unknown numbers empty", () => {
  assert.equal(csvText(["a", "b"], [['x, "y"', NaN], [1.23456789, null]]), 'a,b\r\n"x, ""y""",\r\n1.23457,\r\n');
});

test("blocks nest by their shape", () => {
  assert.deepEqual(nested(block([2, 1, 2], [1, 2, 3, 4])).map((arm) => arm.map((row) => [...row])), [[[1, 2]], [[3, 4]]]);
});

test("a verdict's rows say what changed since before", () => {
  const table = (share) => ({
    regimes: [{ name: "one" }, { name: "two" }],
    horizons: [{ year: "2028", rows: [[share, 0, 1], [1 - share, 0, 1]] }],
  });
  const rows = verdictRows(table(0.75), "2028", table(0.5));
  assert.deepEqual(rows.map((row) => row.change), [0.25, -0.25]);
  assert.equal(verdictRows(table(0.75), "2028")[0].change, null);
});

test("text on a colour has a contrast of at least 4.5", () => {
  const light = (colour) => {
    const parts = [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16) / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (const colour of ["#0072B2", "#56B4E9", "#009E73", "#5b6b73", "#d9d9d9", "#F0E442", "#CC79A7", "#E69F00", "#D55E00", "#ffffff"]) {
    const [one, two] = [light(colour), light(inkOn(colour))].sort((first, second) => second - first);
    assert.ok((one + 0.05) / (two + 0.05) >= 4.5, colour);
  }
});

test("shares of a bloc are means over its firms that exist; the rest is full stack", () => {
  const firms = {
    ids: ["a", "b", "c"], blocs: ["CN", "CN", "US"], begins: [0, 1, 0],
    series: {
      firm_efficiency_share: block([3, 2, 2], [0.5, 0.5, 0, 0, 0.7, 0.7, 0, 0, 1, 1, 0, 0]),
      firm_porting_share: block([3, 2, 2], [0.2, 0.2, 0, 0, 0.2, 0.2, 0, 0, 0, 0, 0, 0]),
    },
  };
  const [efficiency, porting, full] = strategyShares(firms, "CN", 0);
  assert.equal(efficiency[0], 0.5, "the second firm comes later");
  assert.ok(Math.abs(efficiency[1] - 0.6) < 1e-12);
  assert.ok(Math.abs(efficiency[1] + porting[1] + full[1] - 1) < 1e-12);
  assert.equal(strategyShares(firms, "c", 0)[0][1], 1);
  assert.ok(Number.isNaN(strategyShares(firms, "b", 0)[0][0]));
});

test("the triangle of weights is counted row by row and covered by its cells", () => {
  const steps = 4;
  let place = 0;
  for (let first = 0; first <= steps; first += 1) {
    for (let second = 0; second + first <= steps; second += 1) {
      assert.equal(ternaryPlace(steps, first, second), place);
      place += 1;
    }
  }
  const cells = ternaryCells(steps, Array.from({ length: place }, (_, index) => index / place));
  assert.equal(cells.length, steps * steps);
  assert.equal(ternaryCells(steps, Array(place).fill(null))[0].share, null);
});
