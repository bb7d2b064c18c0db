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

/** Return a date without a time, or the range between two. */
export function formatDates(first, last = first) {
  return new Intl.DateTimeFormat("en", { month: "long", day: "numeric", timeZone: "UTC" }).formatRange(new Date(first), new Date(last));
}

/** Return the English name of a country given by its code; other texts stay as they are. */
export function countryName(text) {
  return /^[A-Z]{2}$/.test(text) ? new Intl.DisplayNames("en", { type: "region" }).of(text) : text;
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
  const labelElement = h("label", { for: id }, label);
  control.id = id;
  control.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-wrong` : `${id}-wrong`);
  const hintElement = hint && h("span", { class: "soft", id: `${id}-hint` }, hint);
  const row = h("div", { class: "field" }, labelElement, control, hintElement, error);
  row.showError = (text) => {
    error.textContent = text;
    control.setAttribute("aria-invalid", text ? "true" : "false");
  };
  row.setLabel = (text) => (labelElement.textContent = text);
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

/**
 * A form that shows the shop's errors at their fields, until they change, and all other errors below the fields; `attributes` are the button's.
 *
 * `block(reason)` keeps it from being sent and shows why; an empty reason lets it be sent again.
 */
export function form(fields, label, send, attributes = { class: "main" }) {
  const alert = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", attributes, label);
  const obstacle = h("p", { class: "wrong", id: `obstacle-${++count}` });
  const element = h("form", { class: "stack", novalidate: true }, Object.values(fields), alert, submit);
  element.block = (reason) => {
    obstacle.textContent = reason;
    if (reason) submit.after(obstacle);
    else obstacle.remove();
    submit.setAttribute("aria-disabled", reason ? "true" : "false"); // a `disabled` button would lose the focus
    submit.setAttribute("aria-describedby", reason ? obstacle.id : "");
  };
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
    first?.focus({ preventScroll: true });
    first?.closest(".field, fieldset")?.scrollIntoView({ block: "center" }); // clear of the header, with the sentence below it
  };
  element.addEventListener("input", ({ target }) => {
    Object.values(fields).find((row) => row.contains(target))?.showError("");
    alert.textContent = "";
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (obstacle.textContent) return;
    clear();
    const unchosen = Object.entries(fields).filter(([, { control }]) => control?.matches("select:invalid"));
    if (unchosen.length) showErrors({ errors: Object.fromEntries(unchosen.map(([name]) => [name, ["Choose one"]])) });
    else runOnce(submit, () => send(Object.fromEntries(new FormData(element))), showErrors);
  });
  return element;
}

/**
 * Show a message at the bottom of the window; `kind` is `good` or `bad`.
 *
 * It replaces the message before it. A message belongs to the page on which it appears and goes with it; `isForNextPage` keeps it
 * over one navigation, with others for that page.
 */
export function notify(text, kind = "good", { isForNextPage = false } = {}) {
  const close = h("button", { type: "button", "aria-label": "Close this message", onclick: () => removeNotice(message) }, "×");
  const message = h("div", { class: `notice ${kind}` }, h("p", {}, text), close);
  message.isForNextPage = isForNextPage;
  for (const earlier of [...getNotices().children]) if (!earlier.isForNextPage) earlier.remove();
  getNotices().append(message);
  if (kind === "good") setTimeout(() => removeNotice(message), 8000);
  reserveSpace();
  const hidden = document.activeElement.getBoundingClientRect().bottom - getNotices().getBoundingClientRect().top;
  if (document.activeElement.matches("button, a, input, select, textarea") && hidden > 0) scrollBy({ top: hidden + 8, behavior: "instant" });
}

/** Remove the messages of the page that is left, or the errors of one that is loaded again. */
export function clearNotices({ isSamePage }) {
  for (const message of [...getNotices().children]) {
    const isKept = isSamePage ? !message.matches(".bad") : message.isForNextPage;
    if (!isSamePage) message.isForNextPage = false;
    if (!isKept) removeNotice(message);
  }
}

function getNotices() {
  return document.querySelector("#notices");
}

function removeNotice(message) {
  message.remove();
  reserveSpace();
}

/** Let the page scroll so far, and keep what has the focus so far up, that messages cover nothing for good. */
function reserveSpace() {
  const height = getNotices().children.length ? `${getNotices().offsetHeight}px` : "";
  document.body.style.paddingBottom = document.documentElement.style.scrollPaddingBottom = height;
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
