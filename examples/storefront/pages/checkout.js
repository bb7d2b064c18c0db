// The checkout: address, payment method, promotion codes, and the changes to confirm when the cart differs from what was shown.
import { addressFields } from "../address_fields.js";
import { forgetIdempotencyKey, idempotencyKey } from "../api.js";
import { codes, discountRows, sumRow } from "../codes.js";
import { loadCountries, market, refreshCart, saveOrderToken, shop, state } from "../state.js";
import { errorText, field, form, formatMoney, h, input, notify, render, title } from "../view.js";
import { addressText, requiredNote } from "./addresses.js";

const METHODS = { stripe: "By card", cod: "Cash on Delivery" };
const FIELDS = { address: "line1", "address.full_name": "name" };
const CHANGE_TEXTS = {
  price_increased: ({ old, new: current }, currency) => `now ${formatMoney(current, currency)} instead of ${formatMoney(old, currency)}`,
  insufficient_stock: ({ available }) => (available ? `only ${available} left` : "sold out"),
  unavailable: () => "no longer available",
  not_in_cart: () => "no longer in your cart",
  promotion_ended: () => "ended",
  promotion_used_up: () => "used up",
};
const CODE_CHANGES = ["promotion_ended", "promotion_used_up"];

export async function checkout({ go }) {
  const addressBook = state.user ? shop("GET", "/orders/addresses/") : { data: [] };
  const [shown, { data: addresses }, countries] = await Promise.all([loadSummary(), addressBook, loadCountries()]);
  if (!shown.lines.length) return [title("Checkout"), h("p", {}, "Your cart is empty. ", h("a", { href: "/" }, "Go to the catalog"))];
  const fields = buildFields(addresses, countries);
  const sidebar = h("section", { class: "card summary" });
  const refresh = async (changes) => {
    Object.assign(shown, await loadSummary(changes));
    render(sidebar, summary(shown, act));
  };
  const act = (change) => async () => {
    try {
      await change();
    } finally {
      await refresh();
    }
  };
  render(sidebar, summary(shown, act));
  const changesBox = h("div", { role: "alert" });
  const checkoutForm = form(fields, "Place order", async (values) => {
    render(changesBox);
    try {
      await placeOrder(buildOrder(values, shown), go, fields.remember?.control.checked);
    } catch (refusal) {
      if (refusal.code !== "cart_changed") {
        render(changesBox, orderLink(refusal.details));
        throw Object.assign(refusal, { errors: mapErrors(refusal.errors) });
      }
      await refresh(refusal.details.changes);
      render(changesBox, changeList(refusal.details.changes, shown.currency));
    }
  });
  checkoutForm.append(changesBox);
  return [title("Checkout"), h("div", { class: "columns" }, h("section", {}, requiredNote(), checkoutForm), sidebar)];
}

/** Link to the existing order that awaits its payment or was paid in another tab. */
function orderLink({ order: number, order_token: token } = {}) {
  if (!number) return null;
  if (token) saveOrderToken(number, token);
  return h("p", {}, h("a", { href: `/orders/${number}` }, `View order ${number}`));
}

/**
 * Load the cart at current prices; `changes` are those for which the shop has just refused the order.
 *
 * The order knows more than the cart, such as that this buyer has used a code before. Then its total is the one to confirm.
 */
async function loadSummary(changes = []) {
  const { data: cart } = await shop("GET", "/cart/");
  const refusedCodes = changes.filter(({ code }) => CODE_CHANGES.includes(code)).map(({ old }) => old);
  const { new: orderTotal = 0 } = changes.find(({ code, item }) => code === "price_increased" && !item) ?? {};
  const entered = cart.codes.map((entry) => (refusedCodes.includes(entry.code) && entry.status !== "ended" ? refusedCode(entry) : entry));
  const total = Number(orderTotal) > Number(cart.total_estimate) ? orderTotal : cart.total_estimate;
  return { ...cart, codes: entered, lines: cart.items.filter(({ quantity }) => quantity > 0), total };
}

function refusedCode({ code }) {
  return { code, status: "ended", reason: { text: "You cannot use this code for this order" } };
}

function summary(shown, act) {
  const { lines, currency, current_subtotal: subtotal, shipping_estimate: shipping, total_estimate: estimate, total } = shown;
  const lost = Number(total) - Number(estimate);
  const row = (name, amount) => sumRow(name, formatMoney(amount, currency));
  return [
    h("h2", {}, "Your order"),
    h("ul", { class: "plain" }, lines.map((line) => h("li", {}, `${line.quantity} × ${line.name}`))),
    h(
      "dl",
      { class: "sums" },
      row("Subtotal", subtotal),
      discountRows(shown),
      lost > 0 && row("Discounts that do not apply", lost),
      row("Shipping", shipping),
      row("Total", total),
    ),
    codes(shown, act),
  ];
}

/** The fields of the form; those of a customer begin with a choice from their address book, default first. */
function buildFields(addresses, countries) {
  const ownName = [state.user?.first_name, state.user?.last_name].filter(Boolean).join(" ");
  const withName = (address = {}) => ({ ...address, full_name: address.full_name || ownName });
  const { fields: postal, fill } = addressFields(withName(addresses[0]), countries, market().country);
  const { full_name: name, phone, ...others } = postal;
  const book = addresses.length > 0 && addressChoice(addresses, (address) => {
    fill(withName(address));
    remember.hidden = Boolean(address);
  });
  const remember = field("Remember this address", input("remember", { type: "checkbox" }));
  remember.hidden = addresses.length > 0;
  return {
    ...(book && { saved_address: book }),
    name,
    email: field("E-mail", input("email", { type: "email", autocomplete: "email", value: state.user?.email ?? "", required: !state.user })),
    phone,
    ...others,
    ...(state.user && { remember }),
    payment_method: paymentMethods((method) => (phone.control.required = method === "cod")),
  };
}

/** The choice of a saved address; `onChoice(address)` hears of each change, without an address if a new one is to be written. */
function addressChoice(addresses, onChoice) {
  const options = addresses.map((address) => new Option(addressText(address), address.id));
  const select = h("select", { name: "saved_address" }, options, new Option("Another address", ""));
  select.addEventListener("change", () => onChoice(addresses.find(({ id }) => String(id) === select.value)));
  return field("Deliver to", select);
}

/** The choice of the payment method; `onChoice(method)` hears of the first one and of each change. */
function paymentMethods(onChoice) {
  const offered = Object.entries(METHODS).filter(([method]) => state.config.payment_methods.includes(method));
  const option = ([value, label], index) =>
    h("label", { class: "pill" }, h("input", { type: "radio", name: "payment_method", value, checked: index === 0 }), h("span", {}, label));
  const error = h("p", { class: "wrong", id: "payment-wrong" });
  const element = h("fieldset", { "aria-describedby": error.id }, h("legend", {}, "Payment"), offered.map(option), error);
  element.addEventListener("change", ({ target }) => onChoice(target.value));
  onChoice(offered[0]?.[0]);
  return Object.assign(element, { showError: (text) => render(error, text), control: element.querySelector("input") ?? element });
}

/** Build the request body from exactly the lines, prices and total that were shown. The codes are those of the cart. */
function buildOrder({ payment_method, email, full_name, phone, saved_address: _, remember: __, ...address }, { lines, total }) {
  const items = lines.map(({ sku_id, quantity, current_price: price }) => ({ sku_id, quantity, price }));
  return { payment_method, email, name: full_name, phone, address: { full_name, phone, ...address }, items, expected_total: total };
}

async function placeOrder(order, go, isAddressRemembered) {
  let placed = await shop("POST", "/orders/create/", order, { "Idempotency-Key": idempotencyKey(order) });
  if (["cancelled", "expired"].includes(placed.data.status)) {
    forgetIdempotencyKey(); // the key belongs to an earlier order that has ended, so place a new one
    placed = await shop("POST", "/orders/create/", order, { "Idempotency-Key": idempotencyKey(order) });
  }
  const { data, warnings } = placed;
  if (data.order_token) saveOrderToken(data.number, data.order_token);
  warnings.forEach((text) => notify(`${text}.`, "good", { isForNextPage: true }));
  if (isAddressRemembered) await rememberAddress(order.address);
  if (data.checkout_url) return location.assign(data.checkout_url);
  forgetIdempotencyKey();
  refreshCart().catch(() => {}); // the order is placed even if the cart count cannot be refreshed
  return go(`/checkout/success?order=${data.number}`, { replace: true });
}

/** Save the address of an order, which is placed even if the address book is full. */
async function rememberAddress(address) {
  try {
    await shop("POST", "/orders/addresses/", address);
  } catch (refusal) {
    notify(errorText(refusal), "bad", { isForNextPage: true });
  }
}

function changeList(changes, currency) {
  const isPrice = changes.every(({ code }) => code === "price_increased" || CODE_CHANGES.includes(code));
  const name = ({ code, item, old }) => item?.name ?? (CODE_CHANGES.includes(code) ? `Code ${old}` : "The total");
  const text = (change) => `${name(change)}: ${CHANGE_TEXTS[change.code]?.(change, currency) ?? change.code}`;
  return [
    h("p", { class: "wrong" }, "Your cart has changed, so your order was not placed:"),
    h("ul", {}, changes.map((change) => h("li", {}, text(change)))),
    isPrice
      ? h("p", {}, "Place the order again to accept these changes, or ", h("a", { href: "/cart" }, "edit your cart"), ".")
      : h("p", {}, h("a", { href: "/cart" }, "Edit your cart"), " and place the order again."),
  ];
}

/** Map the API's address errors to the fields of this form. */
function mapErrors(errors = {}) {
  return Object.fromEntries(Object.entries(errors).map(([name, messages]) => [FIELDS[name] ?? name.replace("address.", ""), messages]));
}
