// Play, step, speed, and a slider through time with the dates of rules.

import { html, setAttribute, setText, svg, uniqueId } from "./element.js";
import { SPEEDS } from "./hub.js";
import { mountView, writeTrait } from "./view.js";

const ICONS = {
  first: "M2 2h2.5v12H2zM14 2v12L5.5 8z",
  back: "M12 2v12L3.5 8z",
  play: "M3 1.5v13L14 8z",
  pause: "M3 2h3.5v12H3zM9.5 2H13v12H9.5z",
  forth: "M4 2v12L12.5 8z",
};

function icon(name) {
  return svg("svg", { class: "cc-icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

export function render(context) {
  return mountView(context, ({ model, hub, root, listen }) => {
    const view = new TransportView(model, hub, root);
    listen("quarter", () => hub.seekLabel(model.get("quarter")));
    const end = hub.on("play", () => view.played());
    return { draw: () => view.draw(), time: () => view.time(), end };
  });
}

class TransportView {
  constructor(model, hub, root) {
    Object.assign(this, { model, hub, resting: 0 });
    const button = (label, name, act) => html("button", { type: "button", class: "cc-button cc-round", "aria-label": name, onclick: act }, icon(label));
    this.start = button("first", "First quarter", () => hub.step(-hub.last));
    this.back = button("back", "One quarter back", () => hub.step(-1));
    this.playing = button("play", "Play", () => hub.toggle());
    this.forth = button("forth", "One quarter on", () => hub.step(1));
    const speed = uniqueId("cc-speed");
    this.speed = html("select", { class: "cc-select", id: speed }, ...SPEEDS.map((value) => html("option", { value, selected: value === 1 }, `${value}×`)));
    this.speed.addEventListener("change", () => (hub.speed = Number(this.speed.value)));
    this.slider = html("input", { type: "range", min: 0, max: 0, step: 1, value: 0, class: "cc-slider", "aria-label": "Quarter" });
    this.slider.addEventListener("input", () => {
      hub.pause();
      hub.seek(Number(this.slider.value));
    });
    this.output = html("output", { class: "cc-quarter" });
    this.marks = html("div", { class: "cc-marks", "aria-hidden": "true" });
    this.years = html("div", { class: "cc-years", "aria-hidden": "true" });
    this.rule = html("p", { class: "cc-said" });
    const label = html("label", { for: speed, class: "cc-speed" }, "Speed ", this.speed);
    const track = html("div", { class: "cc-track" }, this.marks, this.slider, this.years);
    const bar = html("div", { class: "cc-bar", role: "group", "aria-label": "Time" }, this.start, this.back, this.playing, this.forth, this.output, track, label);
    root.append(bar, this.rule);
    bar.addEventListener("keydown", (event) => {
      const own = event.target === this.speed || (event.target.tagName === "BUTTON" && event.key === " ");
      if (!own) hub.key(event);
    });
    this.played();
  }

  draw() {
    const { hub } = this;
    const data = hub.pair ?? hub.fan;
    if (!data) return;
    setAttribute(this.slider, "max", hub.last);
    const share = (step) => `${(100 * (step + 0.5)) / (hub.last + 1)}%`;
    const inside = (data.ticks ?? []).filter((tick) => tick.at >= -0.5 && tick.at <= hub.last + 0.5);
    this.marks.replaceChildren(
      ...inside.map((tick) => html("i", { class: `cc-mark cc-side-${tick.side}`, style: `left:${share(tick.at)}`, title: `${tick.day}: ${tick.title}` })),
    );
    const years = data.quarters.map((label, step) => ({ label, step })).filter(({ step }) => step % 8 === 0);
    this.years.replaceChildren(...years.map(({ label, step }) => html("span", { style: `left:${share(step - 0.5)}` }, label.slice(0, 4))));
    const wanted = this.model.get("quarter");
    if (wanted) hub.seekLabel(wanted);
    this.time();
  }

  time() {
    const { hub } = this;
    const label = hub.label();
    if (!label) return;
    this.slider.value = hub.playing ? Math.round(hub.time) : hub.quarter;
    setAttribute(this.slider, "aria-valuetext", label);
    setText(this.output, label);
    const now = (hub.pair?.ticks ?? []).filter((tick) => Math.round(tick.at) === hub.quarter);
    const told = now.map((tick) => `${tick.day}, ${tick.jurisdiction}: ${tick.title}`).join(" · ");
    setText(this.rule, told || "No rule takes effect in this quarter.");
    clearTimeout(this.resting);
    if (!hub.playing) this.resting = setTimeout(() => writeTrait(this.model, "quarter", hub.label()), 160);
  }

  played() {
    this.playing.replaceChildren(icon(this.hub.playing ? "pause" : "play"));
    setAttribute(this.playing, "aria-label", this.hub.playing ? "Pause" : "Play");
    if (!this.hub.playing) this.time();
  }
}
