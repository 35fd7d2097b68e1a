// The law as blocks on a time axis: drag a block or its ends, or use the arrow keys; details in a form and in a table.

import { html, setAttribute, svg } from "./element.js";
import { linearScale, yearTicks } from "./scale.js";
import { QUARTER_COUNT, changedPolicy, movedChange, quarterName, spanText, stateOf } from "./timeline_model.js";
import { mountView, writeTrait } from "./view.js";

const ROW = 30;

export function render(context) {
  return mountView(context, ({ model, hub, root }) => {
    const view = new TimelineView(model, hub, root);
    return { draw: (width) => view.draw(width), time: () => view.time(), traits: ["rows", "policy"] };
  });
}

class TimelineView {
  constructor(model, hub, root) {
    Object.assign(this, { model, hub, chosen: null, tabled: false, drag: null });
    this.stage = svg("svg", { class: "cc-timeline", role: "group", "aria-label": "Rules by date" });
    this.form = html("div", { class: "cc-edit", role: "group" });
    this.table = html("div", { class: "cc-table", tabindex: "0", role: "region", "aria-label": "Rules as a table", hidden: true });
    this.toggle = html("button", { type: "button", class: "cc-button", "aria-pressed": "false" }, "Table");
    this.toggle.addEventListener("click", () => {
      this.tabled = !this.tabled;
      this.toggle.setAttribute("aria-pressed", String(this.tabled));
      [this.stage.hidden, this.table.hidden] = [this.tabled, !this.tabled];
      this.stage.style.display = this.tabled ? "none" : "";
      this.fillTable();
    });
    this.count = html("p", { class: "cc-said", "aria-live": "polite" });
    root.append(html("div", { class: "cc-head" }, this.count, this.toggle), this.form, this.stage, this.table);
    this.stage.addEventListener("pointermove", (event) => this.onDrag(event));
    for (const name of ["pointerup", "pointercancel"]) this.stage.addEventListener(name, () => this.endDrag());
  }

  get policy() {
    return this.preview ?? this.model.get("policy");
  }

  draw(width) {
    const rows = this.model.get("rows");
    this.width = width;
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.chosen = this.rows.has(this.chosen) ? this.chosen : (rows[0]?.id ?? null);
    const focused = document.activeElement?.closest?.(".cc-timeline, .cc-edit, .cc-table") && document.activeElement.dataset?.keep;
    this.lay(rows, width);
    this.fillForm();
    this.fillTable();
    this.time();
    const changed = Object.keys(this.model.get("policy")).length;
    this.count.textContent = changed ? `${changed} of ${rows.length} rules changed` : `${rows.length} rules as the law has them`;
    if (focused) this.stage.parentNode.querySelector(`[data-keep="${CSS.escape(focused)}"]`)?.focus();
  }

  lay(rows, width) {
    this.narrow = width < 640;
    const left = this.narrow ? 12 : Math.min(330, width * 0.34);
    const rowHeight = this.narrow ? 44 : ROW;
    this.x = linearScale(0, QUARTER_COUNT, left, width - 16);
    let y = 26;
    const parts = [];
    let group = "";
    for (const row of rows) {
      if (row.group !== group) {
        group = row.group;
        parts.push(svg("text", { class: "cc-group", x: 0, y: y + 16 }, group));
        y += 24;
      }
      parts.push(this.rowMark(row, y, rowHeight, left));
      y += rowHeight;
    }
    const axis = svg("g", { class: "cc-axis" });
    for (const step of yearTicks(0, QUARTER_COUNT - 1, width - 16 - left)) {
      axis.append(svg("line", { class: "cc-grid", x1: this.x(step), x2: this.x(step), y1: 20, y2: y }), svg("text", { x: this.x(step + 2), y: 14, "text-anchor": "middle" }, quarterName(step).slice(0, 4)));
    }
    this.cursor = svg("line", { class: "cc-cursor", y1: 20, y2: y });
    setAttribute(this.stage, "width", width);
    setAttribute(this.stage, "height", y + 8);
    setAttribute(this.stage, "viewBox", `0 0 ${width} ${y + 8}`);
    this.stage.replaceChildren(axis, ...parts, this.cursor);
  }

  rowMark(row, y, rowHeight, left) {
    const state = stateOf(row, this.policy);
    const at = this.narrow ? y + 20 : y + 4;
    const tall = 20;
    const [from, to] = [this.x(state.start), this.x(Math.min(state.end ?? QUARTER_COUNT, QUARTER_COUNT))];
    const group = svg("g", { class: `cc-law cc-side-${row.group === "China" ? "china" : "us"}${state.off ? " cc-off" : ""}${state.changed ? " cc-changed" : ""}` });
    const room = Math.floor((this.narrow ? this.width - 24 : left - 14) / 6.9);
    const title = row.title.length > room ? `${row.title.slice(0, room - 1)}…` : row.title;
    const label = svg("text", { class: "cc-law-name", x: this.narrow ? 12 : left - 8, y: this.narrow ? y + 14 : at + 15, "text-anchor": this.narrow ? "start" : "end" }, title);
    label.append(svg("title", {}, `${row.day}: ${row.title}`));
    label.addEventListener("click", () => this.choose(row.id));
    const block = this.handle(row, "block", { class: "cc-block", x: from, y: at, width: Math.max(to - from, 6), height: tall, rx: 3 });
    const strength = svg("rect", { class: "cc-strength", x: from, y: at + tall * (1 - state.severity), width: Math.max(to - from, 6), height: tall * state.severity, rx: 3 });
    const ends = ["start", "end"].map((part) => this.handle(row, part, { class: "cc-handle", x: (part === "start" ? from : to) - 5, y: at - 2, width: 10, height: tall + 4, rx: 3 }));
    group.append(svg("rect", { class: "cc-row-ground", x: left, y: at - 3, width: this.width - 16 - left, height: tall + 6 }), label, strength, block, ...ends);
    return group;
  }

  handle(row, part, attributes) {
    const state = stateOf(row, this.policy);
    const name = { block: "whole rule", start: "start", end: "end" }[part];
    const value = part === "end" ? (state.end ?? QUARTER_COUNT) : state.start;
    const element = svg("rect", {
      ...attributes, tabindex: part === "block" || row.id === this.chosen ? "0" : "-1", role: "slider", "data-keep": `${row.id} ${part}`,
      "aria-label": `${row.title}, ${name}`, "aria-valuemin": 0, "aria-valuemax": QUARTER_COUNT, "aria-valuenow": value, "aria-valuetext": spanText(state),
    });
    element.addEventListener("focus", () => this.choose(row.id));
    element.addEventListener("keydown", (event) => this.onKey(event, row, part));
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.choose(row.id);
      this.stage.setPointerCapture(event.pointerId);
      this.drag = { row, part, from: event.clientX, state, policy: this.model.get("policy") };
    });
    return element;
  }

  onKey(event, row, part) {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -4, PageUp: 4 }[event.key];
    if (by !== undefined) this.change(row, movedChange(stateOf(row, this.policy), part, event.shiftKey ? by * 4 : by));
    else if (event.key === "Delete" || event.key === "Backspace") this.change(row, { off: !stateOf(row, this.policy).off });
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.focusNext(row, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  focusNext(row, by) {
    const ids = [...this.rows.keys()];
    const next = ids[ids.indexOf(row.id) + by];
    if (next) this.stage.querySelector(`[data-keep="${CSS.escape(`${next} block`)}"]`).focus();
  }

  onDrag(event) {
    if (!this.drag) return;
    const { row, part, from, state, policy } = this.drag;
    const by = Math.round((event.clientX - from) / (this.x(1) - this.x(0)));
    this.preview = by ? changedPolicy(policy, row, movedChange(state, part, by)) : policy;
    this.draw(this.width);
  }

  endDrag() {
    if (!this.drag) return;
    const found = this.preview;
    [this.drag, this.preview] = [null, undefined];
    if (found) writeTrait(this.model, "policy", found);
    this.draw(this.width);
  }

  change(row, change) {
    writeTrait(this.model, "policy", changedPolicy(this.model.get("policy"), row, change));
    this.draw(this.width);
  }

  choose(id) {
    if (this.chosen === id) return;
    this.chosen = id;
    for (const end of this.stage.querySelectorAll(".cc-handle")) {
      setAttribute(end, "tabindex", end.dataset.keep.startsWith(`${id} `) ? "0" : "-1");
    }
    this.fillForm();
  }

  // --- the same in words ----------------------------------------------------------------------------------------------

  fillForm() {
    const row = this.rows?.get(this.chosen);
    if (!row) return void this.form.replaceChildren();
    const state = stateOf(row, this.policy);
    setAttribute(this.form, "aria-label", row.title);
    this.form.replaceChildren(
      html("strong", { class: "cc-edit-title" }, row.title),
      html("span", { class: "cc-soft-text" }, `${row.day}. ${row.citation}`),
      html("div", { class: "cc-fields" }, ...this.fields(row, state)),
    );
  }

  fields(row, state) {
    const keep = (part) => `form ${row.id} ${part}`;
    const quarters = (first, last, chosen, open) => [
      ...Array.from({ length: Math.max(last - first + 1, 0) }, (_, place) => html("option", { value: quarterName(first + place), selected: chosen === first + place }, quarterName(first + place))),
      ...(open ? [html("option", { value: "", selected: chosen === null }, "for ever")] : []),
    ];
    const start = html("select", { class: "cc-select", "data-keep": keep("start") }, ...quarters(0, (state.end ?? QUARTER_COUNT) - 1, state.start, false));
    start.addEventListener("change", () => this.change(row, { start: start.value }));
    const end = html("select", { class: "cc-select", "data-keep": keep("end") }, ...quarters(state.start + 1, QUARTER_COUNT - 1, state.end, row.end === null));
    end.addEventListener("change", () => this.change(row, { end: end.value || null }));
    const severity = html("input", { type: "range", min: 0, max: 100, step: 5, value: Math.round(100 * state.severity), disabled: !row.graded, "data-keep": keep("severity") });
    const told = html("output", {}, `${Math.round(100 * state.severity)} %`);
    severity.addEventListener("input", () => (told.textContent = `${severity.value} %`));
    severity.addEventListener("change", () => this.change(row, { severity: Number(severity.value) / 100 }));
    const off = html("input", { type: "checkbox", checked: state.off, "data-keep": keep("off") });
    off.addEventListener("change", () => this.change(row, { off: off.checked }));
    const reset = html("button", { type: "button", class: "cc-button", disabled: !state.changed, "data-keep": keep("reset") }, "As the law has it");
    reset.addEventListener("click", () => this.change(row, { start: row.start, end: row.end, severity: 1, off: false }));
    return [
      html("label", {}, "From ", start), html("label", {}, "until ", end), html("label", {}, "Severity ", severity, told),
      html("label", {}, off, " dropped"), reset,
    ];
  }

  fillTable() {
    if (!this.tabled || !this.rows) return;
    const head = html("tr", {}, ...["rule", "law of", "now", "change"].map((cell) => html("th", { scope: "col" }, cell)));
    const body = [...this.rows.values()].map((row) => {
      const state = stateOf(row, this.policy);
      return html("tr", {}, html("th", { scope: "row" }, row.title), html("td", {}, row.day), html("td", {}, spanText(state)), html("td", { class: "cc-fields" }, ...this.fields(row, state)));
    });
    this.table.replaceChildren(html("table", {}, html("caption", {}, "Rules"), html("thead", {}, head), html("tbody", {}, ...body)));
  }

  time() {
    if (this.cursor && this.hub.last) this.cursor.style.transform = `translateX(${this.x(this.hub.time + 0.5).toFixed(1)}px)`;
  }
}
