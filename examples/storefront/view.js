// Small pieces that the pages are made of. Text is always set as text, never as HTML.

/** Make an element: `on…` are listeners, the rest attributes; false, null and undefined leave an attribute or child out. */
export function h(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  return put(made, ...children);
}

/** Let an element hold these children, and only these. Whoever works by keyboard goes on where he was. */
export function put(element, ...children) {
  const held = element.contains(document.activeElement) && labelOf(document.activeElement);
  element.replaceChildren(...children.flat(2).filter((child) => child !== false && child !== null && child !== undefined));
  const controls = held ? [...element.querySelectorAll("a, button, input")] : [];
  if (held) (controls.find((one) => labelOf(one) === held) ?? element.querySelector("h1"))?.focus({ preventScroll: true });
  return element;
}

function labelOf(control) {
  return control.getAttribute("aria-label") ?? control.textContent;
}

export function money(amount, currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
}

export function when(time) {
  return time ? new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(new Date(time)) : "";
}

/** A picture whose place is kept while it loads. */
export function picture(url, alt, size, loading = "lazy") {
  const shape = { width: size, height: size, class: "picture" };
  return url ? h("img", { ...shape, src: url, alt, loading }) : h("span", { ...shape, role: alt ? "img" : null, "aria-label": alt || null });
}

/** The heading of a page, which also stands in the browser's title. */
export function title(text) {
  return h("h1", { tabindex: "-1" }, text);
}

let count = 0;

/** A labelled control; `refuse(words)` says beneath it what is wrong with it. */
export function field(label, control, hint = null) {
  const id = control.id || `field-${++count}`;
  const said = h("span", { class: "wrong", id: `${id}-wrong` });
  control.id = id;
  control.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-wrong` : `${id}-wrong`);
  const more = hint && h("span", { class: "soft", id: `${id}-hint` }, hint);
  const row = h("div", { class: "field" }, h("label", { for: id }, label), control, more, said);
  row.refuse = (words) => {
    said.textContent = words;
    control.setAttribute("aria-invalid", words ? "true" : "false");
  };
  row.control = control;
  return row;
}

export function input(name, given = {}) {
  return h("input", { name, type: "text", ...given });
}

/** Run what a button or form starts, once at a time, and say what was refused. (A button that is `disabled` would lose the focus.) */
export async function once(button, act, refused = fail) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (refusal) {
    refused(refusal);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

export function button(label, act, given = {}) {
  const made = h("button", { type: "button", ...given, onclick: () => once(made, act) }, label);
  return made;
}

/** A form whose fields say what the shop refuses about them; what belongs to no field is said beneath it. */
export function form(fields, label, send) {
  const said = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", { class: "main" }, label);
  const made = h("form", { class: "stack", novalidate: true }, Object.values(fields), said, submit);
  const clear = () => {
    Object.values(fields).forEach((row) => row.refuse(""));
    said.textContent = "";
  };
  const refuse = (refusal) => {
    const errors = refusal.errors ?? {};
    let first = null;
    for (const [name, row] of Object.entries(fields)) {
      if (!errors[name]) continue;
      row.refuse(errors[name].join(" "));
      first ??= row.control;
    }
    const rest = Object.keys(errors).filter((name) => !(name in fields));
    said.textContent = first && !rest.length ? "" : [...rest.flatMap((name) => errors[name])].join(" ") || words(refusal);
    first?.focus();
  };
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    once(submit, () => {
      clear();
      return send(Object.fromEntries(new FormData(made)));
    }, refuse);
  });
  return made;
}

/** Say something to the reader; `good` or `bad`. */
export function notice(text, kind = "good") {
  const place = document.querySelector("#notices");
  const close = h("button", { type: "button", "aria-label": "Close this message", onclick: () => said.remove() }, "×");
  const said = h("div", { class: `notice ${kind}` }, h("p", {}, text), close);
  place.append(said);
  if (kind === "good") setTimeout(() => said.remove(), 8000);
}

export function words(refusal) {
  if (refusal.code === undefined) throw refusal; // not the shop's: a mistake in this page
  const errors = Object.values(refusal.errors ?? {}).flat();
  if (errors.length) return errors.join(" ");
  return refusal.retryAfter && refusal.status === 429 ? `${refusal.message} Try again in ${refusal.retryAfter} seconds.` : refusal.message;
}

export function fail(refusal) {
  notice(words(refusal), "bad");
}
