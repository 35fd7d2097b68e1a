// Small helpers to make elements, shared by the controls of the page.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A number with three digits that count, as a person writes it. */
export function written(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-GB");
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/**
 * Sends events to the page's Python side, one at a time: while one is being answered only the newest waits.
 * The answer is the `seen` trait, which is the number of the event last handled.
 */
export class Sender {
  constructor(model) {
    this.model = model;
    this.sent = model.get("seen");
    this.waiting = new Map();
    model.on("change:seen", () => this.next());
  }

  send(name, value) {
    this.waiting.delete(name);
    this.waiting.set(name, value);
    if (this.sent === this.model.get("seen")) this.next();
  }

  next() {
    const first = this.waiting.entries().next();
    if (first.done || this.sent !== this.model.get("seen")) return;
    const [name, value] = first.value;
    this.waiting.delete(name);
    this.sent += 1;
    this.model.set("event", { name, value, number: this.sent });
    this.model.save_changes();
  }
}
