// Changes of instruments without a browser: what an editor's row shows, and what stays of a change.

export const FIRST_YEAR = 2020;
export const QUARTER_COUNT = 52;

export function quarterStep(label) {
  const match = /^(\d{4})Q([1-4])$/.exec(label ?? "");
  return match ? (Number(match[1]) - FIRST_YEAR) * 4 + Number(match[2]) - 1 : null;
}

export function quarterName(step) {
  return `${FIRST_YEAR + Math.floor(step / 4)}Q${(step % 4) + 1}`;
}

// A row as it is now: start, end (null: for ever), severity, off, changed; open if the law itself sets no end.
export function stateOf(row, policy) {
  const change = policy[row.id] ?? {};
  const start = quarterStep(change.start ?? row.start);
  const moved = start - quarterStep(row.start);
  const own = row.end === null ? null : Math.min(quarterStep(row.end) + moved, QUARTER_COUNT);
  const end = change.end ? quarterStep(change.end) : own;
  return { start, end, severity: change.severity ?? 1, off: change.off ?? false, changed: row.id in policy, open: row.end === null };
}

// The policy after one row was changed; what is as the law has it is left out.
export function changedPolicy(policy, row, change) {
  const merged = { ...policy[row.id], ...change };
  const kept = {};
  if (merged.start && merged.start !== row.start) kept.start = merged.start;
  if (merged.end && merged.end !== row.end) kept.end = merged.end;
  if (merged.severity !== undefined && merged.severity !== 1) kept.severity = merged.severity;
  if (merged.off) kept.off = true;
  const rest = Object.fromEntries(Object.entries(policy).filter(([id]) => id !== row.id));
  return Object.keys(kept).length ? { ...rest, [row.id]: kept } : rest;
}

// The change when a block, its start or its end moves by some quarters; it stays in the record and at least a quarter long.
export function movedChange(state, part, by) {
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  const last = state.end ?? QUARTER_COUNT;
  if (part === "start") return { start: quarterName(clamp(state.start + by, 0, last - 1)) };
  if (part === "end") {
    const end = clamp(last + by, state.start + 1, state.open ? QUARTER_COUNT : QUARTER_COUNT - 1);
    return { end: end >= QUARTER_COUNT ? null : quarterName(end) };
  }
  const step = clamp(by, -state.start, (state.end === null ? QUARTER_COUNT - 1 : QUARTER_COUNT - 1 - (state.end - state.start)) - state.start);
  const change = { start: quarterName(state.start + step) };
  if (state.end !== null && state.end < QUARTER_COUNT) change.end = quarterName(Math.min(state.end + step, QUARTER_COUNT - 1));
  return change;
}

export function spanText(state) {
  if (state.off) return "dropped";
  const until = state.end === null || state.end >= QUARTER_COUNT ? "for ever" : `until ${quarterName(state.end)}`;
  const strength = state.severity === 1 ? "" : `, ${Math.round(100 * state.severity)} % of it`;
  return `from ${quarterName(state.start)} ${until}${strength}`;
}
