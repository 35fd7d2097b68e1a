// What the views of a group share: decoded data, the clock, the crosshair. Bundles of several widgets meet in one place.

import { bytesOf, decodePayload } from "./codec.js";

export const SPEEDS = [0.5, 1, 2, 4];
const PACE = 2; // quarters a second at speed 1
const HUBS = Symbol.for("chip-curbs.hubs");

export function hubOf(group) {
  const hubs = (globalThis[HUBS] ??= new Map());
  if (!hubs.has(group)) hubs.set(group, new Hub());
  return hubs.get(group);
}

// Forgets the data of a group once its last view is gone.
export function leaveHub(group) {
  const hub = hubOf(group);
  hub.views -= 1;
  if (hub.views > 0) return;
  hub.pause();
  globalThis[HUBS].delete(group);
}

export class Hub {
  constructor() {
    this.views = 0;
    this.pair = null; // one paired run
    this.fan = null; // an ensemble
    this.time = 0; // in quarters; whole while nothing plays
    this.playing = false;
    this.speed = 1;
    this.listeners = new Map();
    this.turn = { pair: 0, fan: 0 };
    this.frame = 0;
  }

  get last() {
    return (this.pair ?? this.fan)?.quarters.length - 1 || 0;
  }

  get quarter() {
    return Math.round(this.time);
  }

  label(step = this.quarter) {
    return (this.pair ?? this.fan)?.quarters[step] ?? "";
  }

  // Returns a function that ends the subscription. Events: "pair", "fan", "time", "play", "trouble".
  on(event, listener) {
    const known = this.listeners.get(event) ?? new Set();
    known.add(listener);
    this.listeners.set(event, known);
    return () => known.delete(listener);
  }

  tell(event, detail) {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(detail);
  }

  // Takes bytes of a payload; of several on the way at once the newest stays.
  async take(kind, value) {
    const bytes = bytesOf(value);
    if (!bytes.length) return;
    this.turn[kind] += 1;
    const mine = this.turn[kind];
    try {
      const header = await decodePayload(bytes);
      if (mine !== this.turn[kind]) return;
      const first = this.pair === null && kind === "pair";
      const old = this[kind];
      if (old && old.id === header.id) {
        // the same runs with other charts
        header.charts = { ...old.charts, ...header.charts };
        for (const part of ["network", "firms"]) header[part] ??= old[part];
      }
      this[kind] = header;
      if (first) this.time = Math.min(header.scripted, header.quarters.length - 1);
      this.time = Math.min(this.time, this.last);
      this.tell(kind);
      if (first) this.tell("time");
    } catch (error) {
      this.tell("trouble", String(error.message ?? error));
    }
  }

  seek(time) {
    const bounded = Math.max(0, Math.min(this.last, time));
    if (bounded === this.time) return;
    this.time = bounded;
    this.tell("time");
  }

  seekLabel(label) {
    const step = (this.pair ?? this.fan)?.quarters.indexOf(label) ?? -1;
    if (step >= 0 && step !== this.quarter) this.seek(step);
  }

  step(by) {
    this.pause();
    this.seek(this.quarter + by);
  }

  play() {
    if (this.playing || this.last === 0) return;
    if (this.time >= this.last) this.seek(0);
    this.playing = true;
    this.tell("play");
    let before = performance.now();
    const advance = (now) => {
      if (!this.playing) return;
      const gone = Math.min(now - before, 250) / 1000;
      before = now;
      this.seek(this.time + gone * PACE * this.speed);
      if (this.time >= this.last) this.pause();
      else this.frame = requestAnimationFrame(advance);
    };
    this.frame = requestAnimationFrame(advance);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.seek(this.quarter);
    this.tell("play");
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  // Keys that move the clock; true if the key was one of them.
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return false;
    const act = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.step(event.shiftKey ? -4 : -1),
      ArrowRight: () => this.step(event.shiftKey ? 4 : 1),
      Home: () => this.step(-this.last),
      End: () => this.step(this.last),
    }[event.key];
    if (!act) return false;
    event.preventDefault();
    act();
    return true;
  }
}
