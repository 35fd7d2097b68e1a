// The bar at the top: scenario, undo, redo, share link, theme; and the address bar, which holds the state.
import { make, Sender } from "./dom.js";

const THEMES = ["auto", "light", "dark"];

export default {
  render({ model, el }) {
    const sender = new Sender(model);
    const select = make("select", { id: "scenario", onchange: () => sender.send("scenario", select.value) });
    const undo = make("button", { type: "button", title: "Undo (Ctrl+Z)", onclick: () => sender.send("undo", true) }, "Undo");
    const redo = make(
      "button",
      { type: "button", title: "Redo (Ctrl+Shift+Z)", onclick: () => sender.send("redo", true) },
      "Redo",
    );
    const said = make("span", { class: "lab-said", role: "status" });
    const share = make("button", { type: "button", onclick: copy }, "Copy link");
    const theme = make("select", { id: "theme", onchange: () => window.curbsTheme(theme.value) });
    theme.append(...THEMES.map((name) => make("option", { value: name }, name)));
    theme.value = localStorage.getItem("curbs:theme") ?? "auto";

    async function copy() {
      const address = location.href;
      try {
        await navigator.clipboard.writeText(address);
        say("Link copied");
      } catch {
        const field = make("input", { value: address, readonly: true, "aria-label": "Share link" });
        share.after(field);
        field.select();
        say("Copy the selected link");
        field.addEventListener("blur", () => field.remove());
      }
    }

    function say(text) {
      said.textContent = text;
      setTimeout(() => (said.textContent = ""), 4000);
    }

    function scenarios() {
      const listed = model.get("scenarios");
      select.replaceChildren(...listed.map(([name, about]) => make("option", { value: name, title: about }, name)));
      select.value = model.get("scenario");
      about.textContent = listed.find(([name]) => name === model.get("scenario"))?.[1] ?? "";
    }

    function steps() {
      undo.disabled = !model.get("can_undo");
      redo.disabled = !model.get("can_redo");
    }

    function address() {
      const query = model.get("query");
      const target = location.pathname + (query ? `?${query}` : "") + location.hash;
      if (target !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", target);
      for (const link of document.querySelectorAll("a[data-carry]")) link.search = query ? `?${query}` : "";
    }

    function key(event) {
      if (event.key === "Escape") open(false);
      const field = event.target.closest?.("input:not([type=range]), textarea, [contenteditable]");
      if (field || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      const action = event.shiftKey ? "redo" : "undo";
      if (model.get(`can_${action}`)) sender.send(action, true);
    }

    const about = make("p", { class: "lab-about" });
    el.append(
      make(
        "div",
        { class: "lab-bar", role: "group", "aria-label": "Scenario and page" },
        make("label", { for: "scenario" }, "Scenario"),
        select,
        undo,
        redo,
        share,
        said,
        make("label", { for: "theme", class: "lab-right" }, "Theme"),
        theme,
      ),
      about,
    );
    const sheet = make("button", { type: "button", class: "lab-open", "aria-expanded": "false", onclick: () => open() });
    function open(wanted = document.documentElement.dataset.sheet !== "open") {
      document.documentElement.dataset.sheet = wanted ? "open" : "closed";
      sheet.setAttribute("aria-expanded", String(wanted));
      sheet.textContent = wanted ? "Show what follows" : "Change policy and assumptions";
    }
    el.append(sheet);
    open(false);
    scenarios();
    steps();
    address();
    model.on("change:scenarios change:scenario", scenarios);
    model.on("change:can_undo change:can_redo", steps);
    model.on("change:query", address);
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  },
};
