// UI helpers shared by the pages. Text is always inserted as text, never as HTML.

/** Create an element: `on…` are listeners, the rest attributes; false, null and undefined attributes and children are omitted. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  return render(element, ...children);
}

/** Replace an element's children; keyboard focus moves to the control with the same label, or to the heading. */
export function render(element, ...children) {
  const focusedLabel = element.contains(document.activeElement) && getLabel(document.activeElement);
  element.replaceChildren(...children.flat(2).filter((child) => child !== false && child !== null && child !== undefined));
  const controls = focusedLabel ? [...element.querySelectorAll("a, button, input")] : [];
  if (focusedLabel) (controls.find((control) => getLabel(control) === focusedLabel) ?? element.querySelector("h1"))?.focus({ preventScroll: true });
  return element;
}

function getLabel(control) {
  return control.getAttribute("aria-label") ?? control.textContent;
}

/** Return whether a product or variant is offered below its compare-at price. */
export function isReduced({ price, compare_at_price: before }) {
  return before !== null && Number(before) > Number(price);
}

export function formatMoney(amount, currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
}

export function formatTime(time) {
  return time ? new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(new Date(time)) : "";
}

/** An image whose space is reserved while it loads. */
export function picture(url, alt, size, loading = "lazy") {
  const attributes = { width: size, height: size, class: "picture" };
  return url ? h("img", { ...attributes, src: url, alt, loading }) : h("span", { ...attributes, role: alt ? "img" : null, "aria-label": alt || null });
}

/** The heading of a page, which is also used as the document title. */
export function title(text) {
  return h("h1", { tabindex: "-1" }, text);
}

let count = 0;

/** A labelled control; `showError(text)` shows a validation error below it. */
export function field(label, control, hint = null) {
  const id = control.id || `field-${++count}`;
  const error = h("span", { class: "wrong", id: `${id}-wrong` });
  control.id = id;
  control.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-wrong` : `${id}-wrong`);
  const hintElement = hint && h("span", { class: "soft", id: `${id}-hint` }, hint);
  const row = h("div", { class: "field" }, h("label", { for: id }, label), control, hintElement, error);
  row.showError = (text) => {
    error.textContent = text;
    control.setAttribute("aria-invalid", text ? "true" : "false");
  };
  row.control = control;
  return row;
}

export function input(name, attributes = {}) {
  return h("input", { name, type: "text", ...attributes });
}

/** Run an action, one at a time per button, and show its error. (A `disabled` button would lose the focus, so it is only marked busy.) */
export async function runOnce(button, action, onError = showError) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (refusal) {
    onError(refusal);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

export function button(label, action, attributes = {}) {
  const element = h("button", { type: "button", ...attributes, onclick: () => runOnce(element, action) }, label);
  return element;
}

/** A form that shows the shop's errors at their fields, and all other errors below the fields. */
export function form(fields, label, send) {
  const alert = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", { class: "main" }, label);
  const element = h("form", { class: "stack", novalidate: true }, Object.values(fields), alert, submit);
  const clear = () => {
    Object.values(fields).forEach((row) => row.showError(""));
    alert.textContent = "";
  };
  const showErrors = (refusal) => {
    const errors = refusal.errors ?? {};
    let first = null;
    for (const [name, row] of Object.entries(fields)) {
      if (!errors[name]) continue;
      row.showError(errors[name].join(" "));
      first ??= row.control;
    }
    const rest = Object.keys(errors).filter((name) => !(name in fields));
    alert.textContent = first && !rest.length ? "" : [...rest.flatMap((name) => errors[name])].join(" ") || errorText(refusal);
    first?.focus();
    first?.closest(".field")?.scrollIntoView({ block: "nearest" }); // with the sentence below it
  };
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    runOnce(submit, () => {
      clear();
      return send(Object.fromEntries(new FormData(element)));
    }, showErrors);
  });
  return element;
}

/** Show a message to the shopper; `kind` is `good` or `bad`. */
export function notify(text, kind = "good") {
  const container = document.querySelector("#notices");
  const close = h("button", { type: "button", "aria-label": "Close this message", onclick: () => message.remove() }, "×");
  const message = h("div", { class: `notice ${kind}` }, h("p", {}, text), close);
  container.append(message);
  if (kind === "good") setTimeout(() => message.remove(), 8000);
}

export function errorText(refusal) {
  if (refusal.code === undefined) throw refusal; // not an error of the shop: a bug in this page
  const errors = Object.values(refusal.errors ?? {}).flat();
  if (errors.length) return errors.join(" ");
  return refusal.retryAfter && refusal.status === 429 ? `${refusal.message} Try again in ${refusal.retryAfter} seconds.` : refusal.message;
}

export function showError(refusal) {
  notify(errorText(refusal), "bad");
}
