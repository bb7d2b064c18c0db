// The shopper's orders, and the page of one order: it polls for the payment, and offers to pay, cancel or claim the order.
import { forgetIdempotencyKey } from "../api.js";
import { discountRows, linePrice, sumRow } from "../codes.js";
import { arrival, feeName, shippingPrice } from "../delivery.js";
import { nextSteps, statusText } from "../order_status.js";
import { parcels } from "../parcels.js";
import { phoneConfirmation } from "../phone_confirmation.js";
import { orderTokenHeader, orderTokens, refreshCart, saveOrderToken, shop, state } from "../state.js";
import { button, countryName, formatMoney, formatTime, h, notify, picture, render, showError, title } from "../view.js";

const POLL_PAUSES = [1000, 2000, 2000, 3000, 3000, 5000]; // milliseconds between polls; the last one repeats
const MAX_POLLS = 40;

export async function orders() {
  const guestNumbers = Object.keys(orderTokens());
  const signInHint = h("p", {}, h("a", { href: "/sign-in?next=/orders" }, "Sign in"), " to see what you have ordered with your account.");
  if (!state.user && !guestNumbers.length) return [title("Orders"), noOrders(), signInHint];
  const list = h("ul", { class: "lines" });
  const more = button("Show more", () => load(more.next));
  const load = async (path) => {
    const { data, pagination } = await shop("GET", path);
    list.append(...data.map(row));
    more.next = pagination.next;
    more.hidden = !pagination.next;
  };
  if (state.user) await load("/orders/my/");
  const guestOrders = (await Promise.all(guestNumbers.map(getGuestOrder))).filter(Boolean).map(row);
  return [
    title("Orders"),
    state.user && (list.children.length ? list : noOrders()),
    state.user && h("p", { class: "centre" }, more),
    guestOrders.length > 0 && h("h2", {}, "Ordered without an account"),
    guestOrders.length > 0 && h("ul", { class: "lines" }, guestOrders),
    !state.user && signInHint,
  ].filter(Boolean);
}

function noOrders() {
  return h("p", {}, "No orders yet. ", h("a", { href: "/" }, "Go to the catalog"));
}

async function getOrder(number) {
  return (await shop("GET", `/orders/${encodeURIComponent(number)}/`, undefined, orderTokenHeader(number))).data;
}

/** Return a guest's order; forget its token if the order has been claimed by an account or anonymised. */
async function getGuestOrder(number) {
  try {
    return await getOrder(number);
  } catch (refusal) {
    if (refusal.status === 404) saveOrderToken(number, null);
    return null;
  }
}

function row(order) {
  const names = order.items.map(({ name, quantity }) => `${quantity} × ${name}`).join(", ");
  return h(
    "li",
    { class: "line" },
    picture(order.items[0]?.image, "", 96),
    h(
      "div",
      { class: "stack tight" },
      h("h2", {}, h("a", { href: `/orders/${order.number}` }, `Order ${order.number}`)),
      h("p", { class: "soft" }, `${formatTime(order.placed_at)} · ${statusText(order)}`),
      h("p", {}, names),
      shippingText(order) && h("p", { class: "soft" }, shippingText(order)),
      order.fees.map(({ label, amount }) => h("p", { class: "soft" }, `Including ${formatMoney(amount, order.currency)} ${feeName(label)}`)),
      Number(order.discount_total) > 0 && h("p", { class: "good" }, `You saved ${formatMoney(order.discount_total, order.currency)}`),
    ),
    h("p", { class: "price" }, formatMoney(order.total, order.currency)),
  );
}

/** The page of one order. The payment page returns here with the session in the URL; the page then polls until the order is settled. */
export async function order({ param, query, fragment, isActive, reload }) {
  const number = param ?? query.get("order") ?? "";
  if (fragment.get("token")) {
    saveOrderToken(number, fragment.get("token")); // from the link in a guest's e-mail
    history.replaceState({}, "", location.pathname); // keep the token out of a shared URL
  }
  const container = h("div", { class: "stack" });
  const statusLine = h("p", { role: "status", id: "order-status", class: "state" }); // one live region, so that changes are announced
  const fill = (current) => {
    statusLine.dataset.status = current.status;
    statusLine.textContent = statusText(current);
    render(container, orderDetails(current, statusLine, reload));
  };
  const loaded = await getOrder(number).catch((refusal) => {
    if (refusal.status === 404 && !state.user) return null;
    throw refusal;
  });
  if (!loaded) return signInPage();
  fill(loaded);
  if (loaded.status === "pending") poll(number, query.get("session_id"), fill, isActive).catch(showError);
  else finishCheckout();
  return container;
}

/** Shown if the visitor is not signed in and this browser has no token for the order. */
function signInPage() {
  const next = encodeURIComponent(location.pathname + location.search);
  return [
    title("Please sign in"),
    h("p", {}, "If you ordered without an account, open the link in the e-mail about your order."),
    h("p", {}, h("a", { class: "button main", href: `/sign-in?next=${next}` }, "Sign in")),
  ];
}

/** Poll until the order is no longer pending. With a session, the shop asks the payment provider directly. */
async function poll(number, session, fill, isActive) {
  const path = `/orders/verify-payment/?session_id=${encodeURIComponent(session)}`;
  for (let polls = 0; polls < MAX_POLLS; ) {
    const pause = session && !polls ? 0 : POLL_PAUSES[Math.min(polls, POLL_PAUSES.length - 1)];
    await new Promise((done) => setTimeout(done, pause));
    if (!isActive()) return;
    if (document.hidden) continue; // the tab is in the background
    polls += 1;
    const current = await (session ? shop("GET", path, undefined, orderTokenHeader(number)).then(({ data }) => data.order) : getOrder(number)).catch(ignoreTemporaryErrors);
    if (!isActive()) return;
    if (!current || (current.status === "pending" && current.payment_status !== "processing")) continue;
    fill(current);
    finishCheckout();
    if (current.status !== "pending") return;
  }
  notify("Your payment has not been confirmed yet. We will e-mail you when it is; reload this page to check again.", "bad");
}

/** Return null for temporary errors, which the next poll may not have: no connection, throttling, a restart of the shop. */
function ignoreTemporaryErrors(refusal) {
  if (![0, 429, 500, 502, 503].includes(refusal.status)) throw refusal;
  return null;
}

function finishCheckout() {
  forgetIdempotencyKey();
  refreshCart().catch(() => {}); // a stale cart count is not worth an error message
}

function orderDetails(order, statusLine, reload) {
  const { number, status, fulfilment_status: fulfilment, payment_status: payment, currency } = order;
  const isWaiting = status === "pending" && payment !== "processing";
  const act = (name, message) => async () => {
    await shop("POST", `/orders/${number}/${name}/`, {}, orderTokenHeader(number));
    if (name === "claim") saveOrderToken(number, null);
    notify(message);
    await reload();
  };
  const pay = async () => location.assign((await shop("POST", `/orders/${number}/pay/`, {}, orderTokenHeader(number))).data.checkout_url);
  const canCancel = isWaiting || (status === "processing" && fulfilment === "unfulfilled" && payment === "unpaid");
  return [
    title(`Order ${number}`),
    statusLine,
    location.pathname === "/checkout/success" && thanks(order),
    phoneConfirmation(order, reload),
    h(
      "div",
      { class: "row" },
      isWaiting && button("Pay now", pay, { class: "main" }),
      canCancel && button("Cancel order", act("cancel", "Your order has been cancelled.")),
      state.user && orderTokens()[number] && button("Add to my account", act("claim", "The order has been added to your account.")),
    ),
    parcels(order),
    h("ul", { class: "lines" }, order.items.map((item) => line(item, currency))),
    totals(order),
    shippingAddress(order),
  ];
}

/** Shown to a shopper who comes from the checkout or the payment page. */
function thanks(order) {
  const steps = nextSteps(order).filter(Boolean);
  return steps.length > 0 && h("div", { class: "notice good thanks" }, h("h2", {}, "Thank you for your order"), steps.map((text) => h("p", {}, text)));
}

function line(item, currency) {
  const unitPrice = `${item.quantity} × ${formatMoney(item.unit_price, currency)}`;
  const text = h("div", { class: "stack tight" }, h("p", {}, item.name), h("p", { class: "soft" }, unitPrice));
  return h("li", { class: "line" }, picture(item.image, "", 96), text, linePrice(item.line_total, item.discount_total, item.net_total, currency));
}

/** How the order is delivered and, until it has arrived or ended, when; empty for an order without a method. */
function shippingText({ shipping, status }) {
  const isExpected = ["pending", "processing", "shipped"].includes(status);
  return shipping ? [shipping.name, isExpected && arrival(shipping.earliest, shipping.latest)].filter(Boolean).join(", ") : "";
}

function totals(order) {
  const { subtotal, shipping_total: shipping, fees, tax_total: tax, total, currency } = order;
  const row = (name, amount) => sumRow(name, formatMoney(amount, currency));
  return h(
    "dl",
    { class: "sums" },
    row("Subtotal", subtotal),
    discountRows(order),
    sumRow("Shipping", shippingPrice(shipping, currency)),
    fees.map(({ label, amount }) => row(feeName(label), amount)),
    row("Total", total),
    Number(tax) > 0 && row("Including tax", tax),
  );
}

function shippingAddress(order) {
  const { address: to, name, email, phone, payment_method: method, placed_at: at } = order;
  const lines = [to.full_name || name, to.line1, to.line2, [to.postal_code, to.city].filter(Boolean).join(" "), to.state, countryName(to.country), email, phone];
  return h(
    "section",
    {},
    h("h2", {}, "Shipping address"),
    h("p", {}, lines.filter(Boolean).flatMap((text) => [text, h("br")])),
    shippingText(order) && h("p", { id: "shipping" }, shippingText(order)),
    h("p", { class: "soft" }, `Ordered ${formatTime(at)}, ${method === "cod" ? "Cash on Delivery" : "by card"}`),
  );
}
