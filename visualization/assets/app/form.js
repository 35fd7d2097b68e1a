// A few native controls: selects, check boxes, buttons, files, progress. What they are is said by `fields`.
import { make, Sender } from "./dom.js";

const MAKERS = { select, check, button, file, progress, note };

export default {
  render({ model, el }) {
    const sender = new Sender(model);
    const form = make("form", { class: "lab-form", onsubmit: (event) => event.preventDefault() });
    const update = new Map();
    let shape = "";

    function draw() {
      const fields = model.get("fields");
      const now = JSON.stringify(fields.map(({ kind, name, label, options }) => [kind, name, label, options]));
      if (now !== shape) {
        shape = now;
        update.clear();
        const parts = fields.map((one) => {
          const [part, change] = MAKERS[one.kind](one, (value) => sender.send(one.name, value), model);
          update.set(one.name, change);
          return part;
        });
        form.replaceChildren(...parts);
      }
      for (const one of fields) update.get(one.name)(one);
    }

    el.append(form);
    draw();
    model.on("change:fields", draw);
  },
};

const place = (model, one) => `f-${model.get("place")}-${one.name}`;

function labelled(model, one, control, after = null) {
  const id = place(model, one);
  control.id = id;
  return make("div", { class: `lab-field lab-${one.kind}` }, make("label", { for: id }, one.label), control, after);
}

function select(one, send, model) {
  const control = make("select", { onchange: () => send(control.value) });
  control.append(...one.options.map(([value, text]) => make("option", { value }, text)));
  return [
    labelled(model, one, control),
    (now) => {
      control.value = now.value;
      control.disabled = Boolean(now.disabled);
    },
  ];
}

function check(one, send, model) {
  const control = make("input", { type: "checkbox", onchange: () => send(control.checked) });
  return [labelled(model, one, control), (now) => (control.checked = Boolean(now.value))];
}

function button(one, send) {
  const control = make("button", { type: "button", onclick: () => send(true) }, one.label);
  return [
    control,
    (now) => {
      control.disabled = Boolean(now.disabled);
      if (now.pressed !== undefined) control.setAttribute("aria-pressed", String(now.pressed));
    },
  ];
}

function file(one, send, model) {
  const control = make("input", { type: "file", accept: one.accept, onchange: read });
  async function read() {
    const chosen = control.files[0];
    control.value = "";
    if (!chosen) return;
    if (chosen.size > one.most) send({ name: chosen.name, size: chosen.size, text: null });
    else send({ name: chosen.name, size: chosen.size, text: await chosen.text() });
  }
  return [labelled(model, one, control), () => {}];
}

function progress(one) {
  const bar = make("progress", { max: 1, "aria-label": one.label });
  const text = make("span", { role: "status" });
  const part = make("div", { class: "lab-field lab-progress" }, bar, text);
  return [
    part,
    (now) => {
      part.hidden = now.value === null;
      if (now.value !== null) bar.value = now.value;
      text.textContent = now.text;
    },
  ];
}

function note() {
  const text = make("p", { class: "lab-note" });
  return [
    text,
    (now) => {
      text.textContent = now.text;
      text.hidden = !now.text;
    },
  ];
}
