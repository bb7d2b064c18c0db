// One's orders, and one order: it waits for its payment, and lets it be paid again, cancelled or claimed.
import { bought } from "../api.js";
import { byToken, keepToken, recount, shop, state, tokens } from "../state.js";
import { button, fail, h, money, notice, picture, put, title, when } from "../view.js";

const STATUS = {
  pending: "Waiting for the payment",
  processing: "Being packed",
  shipped: "On its way",
  delivered: "Delivered",
  cancelled: "Cancelled",
  expired: "Expired: it was not paid in time",
};
const PAYMENT = {
  unpaid: "not paid",
  processing: "the money is on its way",
  paid: "paid",
  failed: "the payment failed",
  partially_refunded: "refunded in part",
  refunded: "refunded",
};
const PAUSES = [1000, 2000, 2000, 3000, 3000, 5000]; // milliseconds between looks; the last one again and again
const PATIENCE = 40; // looks

export async function orders() {
  const others = Object.keys(tokens());
  const known = h("p", {}, h("a", { href: "/sign-in?next=/orders" }, "Sign in"), " to see what you have ordered with your account.");
  if (!state.user && !others.length) return [title("Orders"), nothing(), known];
  const list = h("ul", { class: "lines" });
  const more = button("Show more", () => load(more.next));
  const load = async (path) => {
    const { data, pagination } = await shop("GET", path);
    list.append(...data.map(row));
    more.next = pagination.next;
    more.hidden = !pagination.next;
  };
  if (state.user) await load("/orders/my/");
  const guests = (await Promise.all(others.map(byGuest))).filter(Boolean).map(row);
  return [
    title("Orders"),
    state.user && (list.children.length ? list : nothing()),
    state.user && h("p", { class: "centre" }, more),
    guests.length > 0 && h("h2", {}, "Ordered without an account"),
    guests.length > 0 && h("ul", { class: "lines" }, guests),
    !state.user && known,
  ].filter(Boolean);
}

function nothing() {
  return h("p", {}, "Nothing has been ordered yet. ", h("a", { href: "/" }, "To the catalog"));
}

async function get(number) {
  return (await shop("GET", `/orders/${encodeURIComponent(number)}/`, undefined, byToken(number))).data;
}

/** A guest's order; one that has joined an account, or is erased, is not his to see any more, and its token is forgotten. */
async function byGuest(number) {
  try {
    return await get(number);
  } catch (refusal) {
    if (refusal.status === 404) keepToken(number, null);
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
      h("p", { class: "soft" }, `${when(order.placed_at)} · ${STATUS[order.status]}`),
      h("p", {}, names),
    ),
    h("p", { class: "price" }, money(order.total, order.currency)),
  );
}

/** An order. The payment page leads here too, with the session in the address; then the shop is asked until it knows. */
export async function order({ part, query, fragment, isShown, again }) {
  const number = part ?? query.get("order") ?? "";
  if (fragment.get("token")) {
    keepToken(number, fragment.get("token")); // a link of a mail to a guest
    history.replaceState({}, "", location.pathname); // who is shown the address need not be shown the token
  }
  const place = h("div", { class: "stack" });
  const said = h("p", { role: "status", id: "order-status", class: "state" }); // one element: what changes in it is read out
  const fill = (found) => {
    said.dataset.status = found.status;
    said.textContent = `${STATUS[found.status]} – ${PAYMENT[found.payment_status]}`;
    put(place, whole(found, said, again));
  };
  const found = await get(number).catch((refusal) => {
    if (refusal.status === 404 && !state.user) return null;
    throw refusal;
  });
  if (!found) return unknown();
  fill(found);
  if (found.status === "pending") watch(number, query.get("session_id"), fill, isShown).catch(fail);
  else settled();
  return place;
}

/** Nobody knows here whose order this is: he is not signed in, and his browser keeps no token, or is another one. */
function unknown() {
  const next = encodeURIComponent(location.pathname + location.search);
  return [
    title("Please sign in"),
    h("p", {}, "Did you order without an account? Then the mail about your order has a link to it."),
    h("p", {}, h("a", { class: "button main", href: `/sign-in?next=${next}` }, "Sign in")),
  ];
}

/** Ask until the order is not pending any more. With a session the shop asks the payment provider itself. */
async function watch(number, session, fill, isShown) {
  const path = `/orders/verify-payment/?session_id=${encodeURIComponent(session)}`;
  for (let look = 0; look < PATIENCE; ) {
    const pause = session && !look ? 0 : PAUSES[Math.min(look, PAUSES.length - 1)];
    await new Promise((done) => setTimeout(done, pause));
    if (!isShown()) return;
    if (document.hidden) continue; // nobody looks
    look += 1;
    const found = await (session ? shop("GET", path, undefined, byToken(number)).then(({ data }) => data.order) : get(number)).catch(passing);
    if (!isShown()) return;
    if (!found || (found.status === "pending" && found.payment_status !== "processing")) continue;
    fill(found);
    settled();
    if (found.status !== "pending") return;
  }
  notice("The payment is not confirmed yet. There will be a mail; load this page again to look once more.", "bad");
}

/** What will pass is tried again: no connection, too many calls, a shop that is being restarted. */
function passing(refusal) {
  if (![0, 429, 500, 502, 503].includes(refusal.status)) throw refusal;
  return null;
}

function settled() {
  bought();
  recount().catch(() => {}); // the number at the cart is not worth a message
}

function whole(found, said, again) {
  const { number, status, payment_status: payment, currency } = found;
  const isWaiting = status === "pending" && payment !== "processing";
  const act = (name, said) => async () => {
    await shop("POST", `/orders/${number}/${name}/`, {}, byToken(number));
    if (name === "claim") keepToken(number, null);
    notice(said);
    await again();
  };
  const pay = async () => location.assign((await shop("POST", `/orders/${number}/pay/`, {}, byToken(number))).data.checkout_url);
  const canCancel = isWaiting || (status === "processing" && payment === "unpaid");
  return [
    title(`Order ${number}`),
    said,
    h(
      "div",
      { class: "row" },
      isWaiting && button("Pay now", pay, { class: "main" }),
      canCancel && button("Cancel the order", act("cancel", "The order is cancelled.")),
      state.user && tokens()[number] && button("Add to my account", act("claim", "The order is in your account now.")),
    ),
    h("ul", { class: "lines" }, found.items.map((item) => line(item, currency))),
    sums(found),
    address(found),
  ];
}

function line(item, currency) {
  const each = `${item.quantity} × ${money(item.unit_price, currency)}`;
  const text = h("div", { class: "stack tight" }, h("p", {}, item.name), h("p", { class: "soft" }, each));
  return h("li", { class: "line" }, picture(item.image, "", 96), text, h("p", { class: "price" }, money(item.line_total, currency)));
}

function sums({ subtotal, shipping_total: shipping, tax_total: tax, total, currency }) {
  const one = (name, amount) => h("div", {}, h("dt", {}, name), h("dd", {}, money(amount, currency)));
  return h(
    "dl",
    { class: "sums" },
    one("Subtotal", subtotal),
    one("Shipping", shipping),
    one("Total", total),
    Number(tax) > 0 && one("Tax within it", tax),
  );
}

function address({ address: to, name, email, phone, payment_method: method, placed_at: at }) {
  const lines = [to.full_name || name, to.line1, to.line2, [to.postal_code, to.city].filter(Boolean).join(" "), to.state, to.country, email, phone];
  return h(
    "section",
    {},
    h("h2", {}, "Sent to"),
    h("p", {}, lines.filter(Boolean).flatMap((text) => [text, h("br")])),
    h("p", { class: "soft" }, `Ordered ${when(at)}, ${method === "cod" ? "Cash on Delivery" : "by card"}`),
  );
}
