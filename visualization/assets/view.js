// What all views do: theme, data of the group, width, the card around a chart with its table and downloads.

import { html, setText, uniqueId } from "./element.js";
import { csvText, pngOf, saveFile, standaloneSvg } from "./export.js";
import { hubOf, leaveHub } from "./hub.js";

// Mounts a view. `build(context)` gives { draw, time, traits }: draw(width) after data or width changed, time() as the
// clock moves, traits as names of traits after whose change it draws. Returns what undoes it all.
export function mountView({ model, el }, build) {
  const group = model.get("group");
  const hub = hubOf(group);
  hub.views += 1;
  const trouble = html("p", { class: "cc-trouble", role: "alert", hidden: true });
  const root = html("div", {});
  const outer = html("div", { class: "cc" }, trouble, root);
  el.append(outer);
  const dress = () => outer.setAttribute("data-theme", model.get("theme"));
  dress();
  const tell = (text) => {
    trouble.hidden = !text || !["pair", "fan"].some((kind) => model.get(kind)?.byteLength);
    trouble.textContent = text;
  };
  const undo = [hub.on("trouble", tell)];
  const listen = (name, act) => {
    model.on(`change:${name}`, act);
    undo.push(() => model.off(`change:${name}`, act));
  };
  listen("theme", dress);
  for (const kind of ["pair", "fan"]) {
    const take = () => hub.take(kind, model.get(kind));
    listen(kind, take);
    take();
  }
  const view = build({ model, hub, root, listen });
  let width = 0;
  let waiting = 0;
  const draw = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => width > 0 && view.draw?.(width));
  };
  const sized = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now > 0 && now !== width) {
      width = now;
      draw();
    }
  });
  sized.observe(root);
  for (const name of view.traits ?? []) listen(name, draw);
  for (const kind of ["pair", "fan"]) {
    undo.push(hub.on(kind, () => {
      tell("");
      draw();
    }));
  }
  undo.push(() => sized.disconnect(), () => view.end?.(), () => leaveHub(group));
  if (view.time) undo.push(hub.on("time", () => width > 0 && view.time()));
  return () => {
    cancelAnimationFrame(waiting);
    for (const act of undo) act();
    outer.remove();
  };
}

// A chart with heading, definition, table and downloads. `parts`: title, unit, definition, note, name (of files),
// table() → { header, rows, caption } and csv() of the same form, detail() → line under the title of pictures.
export function makeCard(root, parts) {
  const heading = html("h3", { class: "cc-title", id: uniqueId("cc-title") }, parts.title);
  const unit = html("span", { class: "cc-unit" }, parts.unit ? `in ${parts.unit}` : "");
  const said = html("p", { class: "cc-said" });
  const chart = html("div", { class: "cc-chart" });
  const table = html("div", { class: "cc-table", hidden: true, tabindex: "0", role: "region" });
  table.setAttribute("aria-labelledby", heading.id);
  const card = { root, heading, said, chart, table, tabled: false };
  const button = (label, hint, act) =>
    html("button", { type: "button", class: "cc-button", "aria-label": `${hint}: ${parts.title}`, onclick: act }, label);
  const toggle = button("Table", "Show as a table", () => {
    card.tabled = !card.tabled;
    toggle.setAttribute("aria-pressed", String(card.tabled));
    [chart.hidden, table.hidden] = [card.tabled, !card.tabled];
    card.fillTable();
  });
  toggle.setAttribute("aria-pressed", "false");
  const picture = () =>
    standaloneSvg(chart.querySelector("svg"), { title: parts.title, detail: parts.detail?.() ?? parts.unit });
  const tools = html(
    "div", { class: "cc-tools", role: "group", "aria-label": `Table and downloads: ${parts.title}` }, toggle,
    button("CSV", "Download numbers as CSV", () => {
      const found = (parts.csv ?? parts.table)();
      saveFile(`${parts.name}.csv`, csvText(found.header, found.rows), "text/csv");
    }),
    button("SVG", "Download picture as SVG", () => saveFile(`${parts.name}.svg`, picture(), "image/svg+xml")),
    button("PNG", "Download picture as PNG", async () => saveFile(`${parts.name}.png`, await pngOf(picture()))),
  );
  const about = html(
    "details", { class: "cc-about" }, html("summary", {}, "What is this?"), html("p", {}, parts.definition),
    parts.note ? html("p", {}, parts.note) : null,
  );
  root.append(html("div", { class: "cc-head" }, heading, unit), said, chart, table, html("div", { class: "cc-foot" }, about, tools));
  card.fillTable = () => {
    if (card.tabled) table.replaceChildren(tableOf(parts.table()));
  };
  card.say = (text) => setText(said, text);
  return card;
}

export function tableOf({ caption, header, rows, text = (cell) => String(cell ?? "–") }) {
  const head = html("tr", {}, ...header.map((cell) => html("th", { scope: "col" }, cell)));
  const body = rows.map(([first, ...rest]) =>
    html("tr", {}, html("th", { scope: "row" }, text(first)), ...rest.map((cell) => html("td", {}, text(cell)))),
  );
  return html("table", {}, html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, ...body));
}

// Writes a trait and sends it.
export function writeTrait(model, name, value) {
  if (model.get(name) === value) return;
  model.set(name, value);
  model.save_changes();
}

export function calmMotion() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
