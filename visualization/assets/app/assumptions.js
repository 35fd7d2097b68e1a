// Sliders of all assumptions, made from the metadata of the parameters, which are fetched when the panel is opened.
import { make, Sender, written } from "./dom.js";

export default {
  render({ model, el }) {
    const sender = new Sender(model);
    const found = make("p", { role: "status", class: "lab-note" });
    const list = make("div", { class: "lab-assumptions" });
    const search = make("input", {
      type: "search",
      id: "assumption-search",
      placeholder: "such as smuggling, price, yield",
      oninput: () => show(),
    });
    const only = make("input", { type: "checkbox", id: "assumption-changed", onchange: () => show() });
    el.append(
      make(
        "div",
        { class: "lab-bar" },
        make("label", { for: "assumption-search" }, "Find"),
        search,
        only,
        make("label", { for: "assumption-changed" }, "only what is changed"),
        make("button", { type: "button", onclick: () => sender.send("reset", "") }, "Reset all"),
      ),
      found,
      list,
    );
    const rows = new Map();
    let groups = [];

    async function load() {
      found.textContent = "Loading the assumptions…";
      const answer = await fetch(new URL(model.get("source"), document.baseURI));
      if (!answer.ok) throw new Error(`the list of assumptions did not arrive (${answer.status})`);
      groups = await answer.json();
      for (const group of groups) for (const one of group.parameters) rows.set(one.name, row(one));
      list.append(
        ...groups.map((group, place) => {
          const parts = group.parameters.map((one) => rows.get(one.name).part);
          group.part = make("details", { open: place === 0 }, make("summary", {}, group.title), ...parts);
          return group.part;
        }),
      );
      update();
    }

    function row(one) {
      const id = `a-${one.name}`;
      const state = make("output", { for: id });
      const reset = make(
        "button",
        { type: "button", "aria-label": `Reset: ${one.label}`, onclick: () => sender.send(one.name, null) },
        "Reset",
      );
      const slider = make("input", {
        type: "range",
        id,
        min: one.low,
        max: one.high,
        step: one.step,
        "aria-describedby": `${id}-about`,
        oninput: () => choose(Number(slider.value)),
      });
      const exact = make("input", {
        type: "number",
        "aria-label": `${one.label}: exact value`,
        step: "any",
        onchange: () => (exact.value === "" ? sender.send(one.name, null) : choose(Number(exact.value))),
      });
      const part = make(
        "div",
        { class: "lab-assumption", "data-name": one.name },
        make("label", { for: id }, one.label),
        slider,
        exact,
        make("span", { class: "lab-unit" }, one.unit),
        reset,
        state,
        make("p", { id: `${id}-about`, class: "lab-note" }, one.about),
      );
      function choose(value) {
        say(value);
        sender.send(one.name, value);
      }
      function say(value) {
        const held = value !== undefined;
        part.classList.toggle("lab-changed", held);
        reset.disabled = !held;
        state.textContent = held
          ? `held at ${written(value)} ${one.unit}`
          : `drawn from ${written(one.low)} to ${written(one.high)} ${one.unit}; default ${written(one.own)}`;
      }
      function set(value) {
        if (document.activeElement !== slider) slider.value = value ?? one.own;
        if (document.activeElement !== exact) exact.value = value ?? "";
        say(value);
      }
      return { part, set, words: `${one.name} ${one.label} ${one.about}`.toLowerCase() };
    }

    function update() {
      const values = model.get("values");
      for (const [name, one] of rows) one.set(values[name]);
      show();
    }

    function show() {
      const values = model.get("values");
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const group of groups) {
        let inside = 0;
        for (const { name } of group.parameters) {
          const one = rows.get(name);
          const visible = words.every((word) => one.words.includes(word)) && (!only.checked || name in values);
          one.part.hidden = !visible;
          inside += visible;
        }
        group.part.hidden = inside === 0;
        if (words.length || only.checked) group.part.open = inside > 0;
        count += inside;
      }
      if (groups.length) found.textContent = `${count} assumptions; ${Object.keys(values).length} changed`;
    }

    model.on("change:values", update);
    load().catch((error) => (found.textContent = `${error.message}; load the page again`));
  },
};
