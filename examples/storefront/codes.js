// Promotion codes: the field to enter one, the codes of the cart, and what they save.
import { addCode, removeCode } from "./api.js";
import { shop } from "./state.js";
import { button, field, form, formatMoney, h, input, notify } from "./view.js";

/**
 * The codes of a cart, with a field to add one. `act(change)` returns a function that applies a change and shows the cart that follows.
 */
export function codes({ codes: entered }, act) {
  const control = input("code", { "aria-label": "Promotion code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 100 });
  const add = async (values) => {
    const { message } = await addCode(shop, values.code).catch(nameField); // if it is refused, this form stays, and shows why
    await act(() => {})();
    notify(`${message}.`);
  };
  return h(
    "div",
    { class: "codes" },
    entered.length > 0 && h("ul", { class: "plain" }, entered.map((entry) => row(entry, act))),
    form({ code: field("Promotion code", control) }, "Apply", add, {}),
  );
}

/** An unknown code is an error of the field. */
function nameField(refusal) {
  throw refusal.code === "code_unknown" ? Object.assign(refusal, { errors: { code: [refusal.message] } }) : refusal;
}

function row({ code, status, reason }, act) {
  const remove = async () => {
    await act(async () => notify(`${(await removeCode(shop, code)).message}.`))();
    document.querySelector(".codes input")?.focus({ preventScroll: true }); // the button with the focus is gone
  };
  const text = h("p", { class: "stack tight" }, h("b", {}, code), h("span", { class: COLOURS[status] }, reason?.text ?? "Applied"));
  return h("li", { class: "code" }, text, button("Remove", remove, { "aria-label": `Remove code ${code}` }));
}

const COLOURS = { applied: "good", waiting: "soft", ended: "wrong" };

/** The discounts of a cart or an order, as rows of its sums. */
export function discountRows({ discounts, currency }) {
  return discounts.map(({ label, code, amount }) => sumRow(code ? `${label} (${code})` : label, `−${formatMoney(amount, currency)}`));
}

/** A row of sums: its name, and an amount as text. */
export function sumRow(name, amount, attributes = {}) {
  return h("div", {}, h("dt", {}, name), h("dd", attributes, amount));
}

/** The price of a line; one with a discount is struck through, with the price after the discount beside it. */
export function linePrice(price, discount, netTotal, currency) {
  const before = formatMoney(price, currency);
  if (!(Number(discount) > 0)) return h("p", { class: "price" }, before);
  return h("p", { class: "price" }, h("span", { class: "unseen" }, "Discounted price: "), formatMoney(netTotal, currency), h("del", {}, h("span", { class: "unseen" }, "before: "), before));
}
