// Scales, ticks and numbers as text; pure.

export function linearScale(low, high, from, to) {
  const slope = (to - from) / (high - low || 1);
  const scale = (value) => from + (value - low) * slope;
  scale.invert = (place) => low + (place - from) / slope;
  return Object.assign(scale, { low, high });
}

export function logScale(low, high, from, to) {
  const inner = linearScale(Math.log(low), Math.log(high), from, to);
  const scale = (value) => inner(Math.log(Math.max(value, low)));
  scale.invert = (place) => Math.exp(inner.invert(place));
  return Object.assign(scale, { low, high });
}

// Round numbers between two ends, about `count` of them.
export function niceTicks(low, high, count = 5) {
  const rough = (high - low) / Math.max(count, 1);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

// Powers of ten between two ends, with twos and fives where they are few.
export function logTicks(low, high, count = 5) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const within = (value) => value >= low * 0.999 && value <= high * 1.001;
  const powers = (factors) =>
    Array.from({ length: last - first + 1 }, (_, place) => 10 ** (first + place))
      .flatMap((power) => factors.map((factor) => factor * power))
      .filter(within)
      .map((value) => Number(value.toPrecision(12)));
  for (const factors of [[1, 2, 5], [1, 3]]) if (powers(factors).length <= count + 1) return powers(factors);
  const found = powers([1]);
  const every = Math.ceil(found.length / (count + 1));
  return found.filter((_, place) => place % every === 0);
}

// A number with three significant digits, a thin space between thousands, and a real minus sign.
export function numberText(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 10 ** -(digits + 1)) return "≈ 0";
  const before = size >= 1 ? Math.floor(Math.log10(size)) + 1 : Math.ceil(Math.log10(size) + 1e-12);
  const places = Math.max(0, Math.min(6, digits - before));
  const [whole, part] = size.toFixed(places).split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  const sign = value < 0 && Number(size.toFixed(places)) !== 0 ? "−" : "";
  return sign + grouped + (part ? `.${part}` : "");
}

export function tickText(value, ticks) {
  const step = ticks.length > 1 ? Math.min(...ticks.slice(1).map((tick, place) => Math.abs(tick - ticks[place]))) : 1;
  const places = step >= 1 || step === 0 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
  const text = Math.abs(value).toFixed(Number.isInteger(value) ? 0 : places);
  const [whole, part] = text.split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return (value < 0 ? "−" : "") + grouped + (part ? `.${part}` : "");
}

export function percentText(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const hundred = 100 * share;
  if (hundred > 0 && hundred < 0.5) return "<1 %";
  if (hundred > 99.5 && hundred < 100) return ">99 %";
  return `${hundred.toFixed(0)} %`;
}

// Years whose labels fit: quarters 0, 4, 8 … are first quarters; the label stands at the middle of the year.
export function yearTicks(first, last, room) {
  const years = Math.floor((last - first + 1) / 4);
  const every = [1, 2, 3, 4, 6].find((step) => (room / Math.max(years, 1)) * step >= 38) ?? 12;
  const found = [];
  for (let step = Math.ceil(first / 4) * 4; step <= last; step += 4 * every) found.push(step);
  return found;
}

// Moves labels apart: heights in order of their wishes, each at least `gap` from the next, within bounds.
export function spreadLabels(wanted, gap, low, high) {
  const order = wanted.map((at, place) => ({ at, place })).sort((one, two) => one.at - two.at);
  order.forEach((one, place) => {
    one.at = Math.max(one.at, low, place ? order[place - 1].at + gap : low);
  });
  for (let place = order.length - 1, most = high; place >= 0; place -= 1) {
    order[place].at = Math.min(order[place].at, most);
    most = order[place].at - gap;
  }
  const found = [];
  for (const one of order) found[one.place] = one.at;
  return found;
}
