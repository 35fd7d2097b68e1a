// Numbers of a fan chart without a browser: bands, lines, range of the axis, values at a moment.

const BAND_COUNT = 5; // 5, 25, 50, 75, 95 %
export const BAND_NAMES = ["5 %", "25 %", "median", "75 %", "95 %"];

// What a chart shows: periods with their places, bands [arm][band][period], lines [run][arm][period], the run on show.
export function makeFan(spec, pair, fan) {
  const mine = pair?.charts[spec.id];
  const theirs = fan?.charts[spec.id];
  const axis = theirs ?? mine;
  if (!axis) return null;
  const count = axis.at.length;
  const bands = theirs ? nested(theirs.bands) : null;
  const lines = theirs ? nested(theirs.lines) : [];
  const run = mine ? nested(mine.values) : null;
  const quarters = (pair ?? fan).quarters;
  return { spec, count, at: axis.at, periods: axis.periods, observed: axis.observed, bands, lines, run, runs: fan?.lines ?? [], quarters };
}

// Rows of a block as nested arrays of numbers.
export function nested(block) {
  const cut = (shape, start) => {
    if (shape.length === 1) return block.data.subarray(start, start + shape[0]);
    const size = shape.slice(1).reduce((product, length) => product * length, 1);
    return Array.from({ length: shape[0] }, (_, place) => cut(shape.slice(1), start + place * size));
  };
  return cut(block.shape, 0);
}

// Ends of the vertical axis: 90 % of pairs in both arms, the run on show and the observations.
export function fanRange(fan) {
  const { axis } = fan.spec;
  const first = Math.max(0, fan.quarters.indexOf(axis.start));
  const seen = [];
  const look = (row) => row.forEach((value, place) => {
    if (fan.at[place] >= first && Number.isFinite(value)) seen.push(value);
  });
  if (fan.bands) for (const arm of fan.bands) [arm[0], arm[BAND_COUNT - 1]].forEach(look);
  if (fan.run) fan.run.forEach(look);
  for (const [, value, low, high] of fan.observed) seen.push(...[value, low, high].filter((one) => one !== null));
  if (axis.log) {
    const positive = seen.filter((value) => value > 0);
    if (!positive.length) return { low: 1, high: 10 };
    const high = Math.max(...positive);
    const low = Math.max(Math.min(...positive), high / 3000);
    return { low: low / 1.15, high: high * 1.3 };
  }
  if (!seen.length) return { low: 0, high: 1 };
  let [low, high] = [Math.min(...seen), Math.max(...seen)];
  const room = 0.06 * (high - low || Math.abs(high) || 1);
  [low, high] = [low < 0 || axis.floor === null ? low - room : low, high + room];
  if (axis.floor !== null) low = Math.min(axis.floor, low);
  if (axis.ceiling !== null) high = Math.min(Math.max(high, 0), Math.max(axis.ceiling, high - room));
  return { low, high };
}

// A line through the points that are known, as the `d` of a path; it breaks where one is not.
export function linePath(at, values, x, y) {
  let [text, open] = ["", false];
  at.forEach((place, index) => {
    const value = values[index];
    if (!Number.isFinite(value)) open = false;
    else {
      text += `${open ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
      open = true;
    }
  });
  return text;
}

// The area between two rows, in pieces where either is unknown.
export function areaPath(at, low, high, x, y) {
  let text = "";
  let piece = [];
  const close = () => {
    if (piece.length > 1) {
      const there = piece.map((index) => `${x(at[index]).toFixed(1)} ${y(high[index]).toFixed(1)}`);
      const back = piece.map((index) => `${x(at[index]).toFixed(1)} ${y(low[index]).toFixed(1)}`).reverse();
      text += `M${there.join("L")}L${back.join("L")}Z`;
    }
    piece = [];
  };
  at.forEach((_, index) => {
    if (Number.isFinite(low[index]) && Number.isFinite(high[index])) piece.push(index);
    else close();
  });
  close();
  return text;
}

// Place of the period on the axis that is nearest to a moment.
export function nearestPeriod(at, time) {
  let best = 0;
  at.forEach((place, index) => {
    if (Math.abs(place - time) < Math.abs(at[best] - time)) best = index;
  });
  return best;
}

// The run whose line passes nearest to a point of the page, within `reach` px; -1 for none.
export function nearestLine(fan, point, x, y, reach = 12) {
  let [best, found] = [reach, -1];
  fan.lines.forEach((arms, index) => {
    for (let place = 1; place < fan.count; place += 1) {
      const [x0, x1] = [x(fan.at[place - 1]), x(fan.at[place])];
      if (point.x < x0 - 1 || point.x > x1 + 1) continue;
      const [y0, y1] = [y(arms[0][place - 1]), y(arms[0][place])];
      const share = x1 === x0 ? 0 : Math.max(0, Math.min(1, (point.x - x0) / (x1 - x0)));
      const away = Math.abs(y0 + share * (y1 - y0) - point.y);
      if (away < best) [best, found] = [away, index];
    }
  });
  return found;
}

// Rows of the chart's table: a period each; observations beside the period in whose middle they lie.
export function fanRows(fan) {
  const header = ["period"];
  if (fan.bands) for (const arm of ["with controls", "without"]) header.push(...["median", "5 %", "95 %"].map((name) => `${arm}, ${name}`));
  if (fan.run) header.push("this run, with controls", "this run, without");
  if (fan.observed.length) header.push("observed");
  const dots = new Map(fan.observed.map((dot) => [dot[4], dot[1]]));
  const rows = fan.periods.map((period, place) => {
    const row = [period];
    if (fan.bands) for (const arm of fan.bands) row.push(arm[2][place], arm[0][place], arm[4][place]);
    if (fan.run) row.push(fan.run[0][place], fan.run[1][place]);
    if (fan.observed.length) row.push(dots.get(period) ?? null);
    return row;
  });
  return { header, rows };
}

// Everything of the chart as a long table: bands, lines that were sent, the run on show, observations.
export function fanCsv(fan) {
  const header = ["series", "arm", "period", "value"];
  const rows = [];
  const add = (series, arms) =>
    arms.forEach((row, arm) => row.forEach((value, place) => rows.push([series, ["controls", "without"][arm], fan.periods[place], value])));
  if (fan.bands) BAND_NAMES.forEach((name, band) => add(name, fan.bands.map((arm) => arm[band])));
  if (fan.run) add("run on show", fan.run);
  fan.lines.forEach((arms, index) => add(`run ${fan.runs[index]}`, arms));
  for (const [, value, low, high, period] of fan.observed) {
    rows.push(["observed", "", period, value]);
    if (low !== null) rows.push(["observed, low", "", period, low]);
    if (high !== null) rows.push(["observed, high", "", period, high]);
  }
  return { header, rows };
}
