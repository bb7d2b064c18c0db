// The checkout: where to, how it is paid, and what to do when the cart is not what was shown.
import { attempt, bought } from "../api.js";
import { keepToken, market, recount, shop, state } from "../state.js";
import { field, form, h, input, money, notice, put, title } from "../view.js";

const METHODS = { stripe: "By card", cod: "Cash on Delivery" };
const FIELDS = { address: "line1", "address.full_name": "name" };
const CHANGES = {
  price_increased: ({ old, new: now }, currency) => `${money(now, currency)} now, not ${money(old, currency)}`,
  insufficient_stock: ({ available }) => (available ? `only ${available} left` : "sold out"),
  unavailable: () => "not sold any more",
  not_in_cart: () => "not in your cart any more",
};

export async function checkout({ go }) {
  const book = state.user ? shop("GET", "/orders/addresses/") : { data: [] };
  const [seen, { data: addresses }] = await Promise.all([look(), book]);
  if (!seen.lines.length) return [title("Checkout"), h("p", {}, "Your cart is empty. ", h("a", { href: "/" }, "To the catalog"))];
  const fields = fieldsOf(addresses.find((one) => one.is_default) ?? addresses[0] ?? {});
  const side = h("section", { class: "card summary" }, summary(seen));
  const changes = h("div", { role: "alert" });
  const made = form(fields, "Place order", async (given) => {
    put(changes);
    try {
      await buy(orderOf(given, seen), go);
    } catch (refusal) {
      if (refusal.code !== "cart_changed") {
        put(changes, orderNamed(refusal.details));
        throw Object.assign(refusal, { errors: byField(refusal.errors) });
      }
      Object.assign(seen, await look());
      put(side, summary(seen));
      put(changes, changed(refusal.details.changes, seen.currency));
    }
  });
  made.append(changes);
  return [title("Checkout"), h("div", { class: "columns" }, h("section", {}, made), side)];
}

/** An order that waits for the payment provider, or was paid in another tab, is there to be looked at. */
function orderNamed({ order: number, order_token: token } = {}) {
  if (!number) return null;
  if (token) keepToken(number, token);
  return h("p", {}, h("a", { href: `/orders/${number}` }, `Look at order ${number}`));
}

/** Look at what will be bought, at today's prices, and at what sending it costs. */
async function look() {
  const { data: cart } = await shop("GET", "/cart/");
  const lines = cart.items.filter(({ quantity }) => quantity > 0);
  const digits = market().exponent;
  const subtotal = Number(cart.current_subtotal);
  const { flat, free_from: free } = market().shipping;
  const shipping = free !== null && subtotal >= Number(free) ? 0 : Number(flat);
  return { lines, currency: cart.currency, subtotal, shipping, total: (subtotal + shipping).toFixed(digits) };
}

function summary({ lines, currency, subtotal, shipping, total }) {
  const row = (name, amount) => h("div", {}, h("dt", {}, name), h("dd", {}, money(amount, currency)));
  return [
    h("h2", {}, "Your order"),
    h("ul", { class: "plain" }, lines.map((line) => h("li", {}, `${line.quantity} × ${line.name}`))),
    h("dl", { class: "sums" }, row("Subtotal", subtotal), row("Shipping", shipping), row("Total", total)),
  ];
}

function fieldsOf(address) {
  const known = { ...address, full_name: address.full_name || [state.user?.first_name, state.user?.last_name].filter(Boolean).join(" ") };
  const text = (name, label, autocomplete, given = {}) =>
    field(label, input(name, { autocomplete, value: known[name] ?? "", ...given }));
  const required = { required: true };
  return {
    name: text("full_name", "Name", "name", required),
    email: field("E-mail", input("email", { type: "email", autocomplete: "email", value: state.user?.email ?? "", required: !state.user })),
    phone: text("phone", "Phone", "tel", { type: "tel" }),
    line1: text("line1", "Street and number", "address-line1", required),
    line2: text("line2", "Second line", "address-line2"),
    postal_code: text("postal_code", "Postal code", "postal-code"),
    city: text("city", "City", "address-level2", required),
    state: text("state", "State", "address-level1"),
    country: text("country", "Country", "country-name", required),
    payment_method: methods(),
  };
}

function methods() {
  const offered = Object.entries(METHODS).filter(([method]) => state.config.payment_methods.includes(method));
  const one = ([value, label], index) =>
    h("label", { class: "pill" }, h("input", { type: "radio", name: "payment_method", value, checked: index === 0 }), h("span", {}, label));
  const said = h("p", { class: "wrong", id: "payment-wrong" });
  const made = h("fieldset", { "aria-describedby": said.id }, h("legend", {}, "Payment"), offered.map(one), said);
  return Object.assign(made, { refuse: (words) => put(said, words), control: made.querySelector("input") ?? made });
}

/** What is sent: exactly the lines that were shown, and the prices and the total that were shown for them. */
function orderOf({ payment_method, email, full_name, phone, ...place }, { lines, total }) {
  const items = lines.map(({ sku_id, quantity, current_price: price }) => ({ sku_id, quantity, price }));
  return { payment_method, email, name: full_name, phone, address: { full_name, phone, ...place }, items, expected_total: total };
}

async function buy(order, go) {
  let placed = await shop("POST", "/orders/create/", order, { "Idempotency-Key": attempt(order) });
  if (["cancelled", "expired"].includes(placed.data.status)) {
    bought(); // an answer to an older attempt: this is another one
    placed = await shop("POST", "/orders/create/", order, { "Idempotency-Key": attempt(order) });
  }
  const { data, warnings } = placed;
  if (data.order_token) keepToken(data.number, data.order_token);
  warnings.forEach((text) => notice(`${text}.`));
  if (data.checkout_url) return location.assign(data.checkout_url);
  bought();
  recount().catch(() => {}); // the order is placed, whatever the badge shows
  return go(`/orders/${data.number}`, { replace: true });
}

function changed(changes, currency) {
  const isPrice = changes.every(({ code }) => code === "price_increased");
  const words = ({ code, item, ...numbers }) => `${item?.name ?? "The total"}: ${CHANGES[code]?.(numbers, currency) ?? code}`;
  return [
    h("p", { class: "wrong" }, "Your cart has changed. Nothing was ordered; this is different now:"),
    h("ul", {}, changes.map((one) => h("li", {}, words(one)))),
    isPrice
      ? h("p", {}, "Place the order again if that is fine, or ", h("a", { href: "/cart" }, "change the cart"), ".")
      : h("p", {}, h("a", { href: "/cart" }, "Change the cart"), ", and place the order again."),
  ];
}

/** What the shop says of the address and its parts, at the fields that stand for them here. */
function byField(errors = {}) {
  return Object.fromEntries(Object.entries(errors).map(([name, words]) => [FIELDS[name] ?? name.replace("address.", ""), words]));
}
