// The checkout: address, delivery, payment method, promotion codes, and the changes to confirm when the cart differs from what was shown.
import { addressFields } from "../address_fields.js";
import { forgetIdempotencyKey, idempotencyKey } from "../api.js";
import { changeList, compareFee, isAboutPayment, refusalTexts } from "../cart_changes.js";
import { paymentMethods, shippingMethods } from "../checkout_options.js";
import { codes, discountRows, sumRow } from "../codes.js";
import { feeName, getNeeded, shippingText, withRememberedPlace } from "../delivery.js";
import { createDraft, getCosts, getLines, getObstacle, getShipping, PLACE_FIELDS } from "../order_draft.js";
import { loadCountries, market, refreshCart, saveOrderToken, shop, state } from "../state.js";
import { errorText, field, form, formatMoney, h, input, notify, render, title } from "../view.js";
import { addressText, requiredNote } from "./addresses.js";

const FIELDS = { address: "line1", "address.full_name": "name" };

export async function checkout({ go }) {
  const addressBook = state.user ? shop("GET", "/orders/addresses/") : { data: [] };
  const [{ data: cart }, { data: addresses }, countries] = await Promise.all([shop("GET", "/cart/"), addressBook, loadCountries()]);
  if (!getLines(cart).length) return [title("Checkout"), h("p", {}, "Your cart is empty. ", h("a", { href: "/" }, "Go to the catalog"))];
  const sidebar = summary();
  const draft = createDraft(await withRememberedPlace(cart), () => getPlace(fields), () => show());
  const shipping = shippingMethods(draft.chooseMethod);
  const payment = paymentMethods((method) => {
    fields.phone.control.required = method === "cod";
    sidebar.showSums(draft, method);
  });
  const { fields, need } = buildFields(addresses, countries, draft, { shipping, payment });
  const show = () => {
    shipping.show(draft.quotes, draft.cart.currency);
    payment.show(getShipping(draft)?.payments ?? [], draft.cart.currency);
    sidebar.showCart(draft);
    checkoutForm.block(getObstacle(draft));
    if (draft.isAnswered) showPlaceErrors(draft.quotes, fields, need);
  };
  const changesBox = h("div", { role: "alert" });
  const send = async (values) => {
    render(changesBox);
    const order = buildOrder(values, draft); // what is shown now, although another delivery may be on its way
    await draft.settled;
    await placeOrder(order, go, fields.remember?.control.checked);
  };
  const checkoutForm = form(fields, "Place order", (values) => {
    const shownFee = getCosts(draft, values.payment_method).fee;
    return send(values).catch((refusal) => explain(refusal, { changesBox, draft, payment, shownFee }));
  });
  checkoutForm.append(changesBox);
  checkoutForm.addEventListener("change", ({ target }) => [...PLACE_FIELDS, "saved_address"].includes(target.name) && checkoutForm.block(""));
  await draft.start();
  return [title("Checkout"), h("div", { class: "columns" }, h("section", {}, requiredNote(), checkoutForm), sidebar.element)];
}

/** Show why the shop has refused the order: what has changed, or an order that exists, or the errors of the form. */
async function explain(refusal, { changesBox, draft, payment, shownFee }) {
  if (refusal.code !== "cart_changed") {
    render(changesBox, orderLink(refusal.details));
    throw Object.assign(refusal, { errors: mapErrors(refusal.errors) });
  }
  const { changes } = refusal.details;
  const before = draft.quotes?.methods ?? [];
  await draft.deliver(changes);
  if (changes.some(isAboutPayment)) payment.reset();
  const texts = refusalTexts(changes);
  if (texts) throw Object.assign(refusal, { message: texts.filter((text) => text !== getObstacle(draft)).join(" ") });
  const names = new Map([...before, ...(draft.quotes?.methods ?? [])].map(({ code, name }) => [code, name]));
  render(changesBox, changeList(compareFee(changes, shownFee), draft.cart.currency, names));
}

/** Show what the shop says about the place: what is wrong at its field, and what is missing as required. */
function showPlaceErrors({ reason, errors = {} }, fields, need) {
  const needed = getNeeded(reason);
  if (needed) need(needed);
  for (const name of PLACE_FIELDS) {
    const { control } = fields[name];
    if (errors[name] && !needed) fields[name].showError(errors[name].join(" "));
    else if (!reason && (control.value || !control.required)) fields[name].showError("");
  }
}

/** Link to the existing order that awaits its payment or was paid in another tab. */
function orderLink({ order: number, order_token: token } = {}) {
  if (!number) return null;
  if (token) saveOrderToken(number, token);
  return h("p", {}, h("a", { href: `/orders/${number}` }, `View order ${number}`));
}

/** What the order contains and costs, beside the form. */
function summary() {
  const [lines, sums, codesBox] = [h("ul", { class: "plain" }), h("dl", { class: "sums" }), h("div")];
  const total = h("p", { class: "unseen", role: "status" }); // one live region, so that each change of it is announced
  return {
    element: h("section", { class: "card summary" }, h("h2", {}, "Your order"), lines, sums, total, codesBox),
    showSums(draft, paymentMethod) {
      render(sums, sumRows(draft, paymentMethod));
      total.textContent = `Total: ${formatMoney(getCosts(draft, paymentMethod).total, draft.cart.currency)}`;
    },
    showCart(draft) {
      const act = (change) => async () => {
        try {
          await change();
        } finally {
          await draft.deliver();
        }
      };
      render(lines, getLines(draft.cart).map((line) => h("li", {}, `${line.quantity} × ${line.name}`)));
      if (codesBox.dataset.shown === JSON.stringify(draft.cart.codes)) return; // a code may be half written
      codesBox.dataset.shown = JSON.stringify(draft.cart.codes);
      render(codesBox, codes(draft.cart, act));
    },
  };
}

function sumRows(draft, paymentMethod) {
  const { cart } = draft;
  const { shipping, fee, discount, lost, total } = getCosts(draft, paymentMethod);
  const row = (name, amount) => sumRow(name, formatMoney(amount, cart.currency));
  const hasSameDiscounts = Number(discount) === Number(cart.discount_total); // a promotion may depend on the payment method
  return [
    row("Subtotal", cart.current_subtotal),
    hasSameDiscounts ? discountRows(cart) : sumRow("Discounts", `−${formatMoney(discount, cart.currency)}`),
    lost > 0 && row("Discounts that do not apply", lost),
    sumRow("Shipping", shippingText(shipping, draft.quotes.reason, cart.currency)),
    Number(fee) > 0 && row(feeName("Cash on Delivery"), fee),
    row("Total", total),
  ];
}

/** The fields of the form, and a function that requires one; those of a customer begin with a choice from their address book, default first. */
function buildFields(addresses, countries, draft, { shipping, payment }) {
  const ownName = [state.user?.first_name, state.user?.last_name].filter(Boolean).join(" ");
  const withName = (address = {}) => ({ ...address, full_name: address.full_name || ownName });
  const { fields: postal, fill, need } = addressFields(withName(addresses[0] ?? draft.cart.delivery), countries, market().country);
  for (const name of PLACE_FIELDS) postal[name].control.addEventListener("change", () => draft.deliver());
  const { full_name: name, phone, ...others } = postal;
  const book = addresses.length > 0 && addressChoice(addresses, (address) => {
    fill(withName(address));
    draft.deliver();
    remember.hidden = Boolean(address);
  });
  const remember = field("Remember this address", input("remember", { type: "checkbox" }));
  remember.hidden = addresses.length > 0;
  const fields = {
    ...(book && { saved_address: book }),
    name,
    email: field("E-mail", input("email", { type: "email", autocomplete: "email", value: state.user?.email ?? "", required: !state.user })),
    phone,
    ...others,
    ...(state.user && { remember }),
    shipping_method: shipping,
    payment_method: payment,
  };
  return { fields, need };
}

/** The choice of a saved address; `onChoice(address)` hears of each change, without an address if a new one is to be written. */
function addressChoice(addresses, onChoice) {
  const options = addresses.map((address) => new Option(addressText(address), address.id));
  const select = h("select", { name: "saved_address" }, options, new Option("Another address", ""));
  select.addEventListener("change", () => onChoice(addresses.find(({ id }) => String(id) === select.value)));
  return field("Deliver to", select);
}

/** Return the place of the address in the form; what its country does not use is empty. */
function getPlace(fields) {
  return Object.fromEntries(PLACE_FIELDS.map((name) => [name, fields[name].control.disabled ? "" : fields[name].control.value.trim()]));
}

/** Build the request body from exactly the lines, prices, delivery and total that were shown. The codes are those of the cart. */
function buildOrder({ payment_method, email, full_name, phone, saved_address: _, remember: __, shipping_method: ___, ...address }, draft) {
  const items = getLines(draft.cart).map(({ sku_id, quantity, current_price: price }) => ({ sku_id, quantity, price }));
  const { total: expected_total } = getCosts(draft, payment_method);
  const shipping_method = getShipping(draft)?.code;
  return { payment_method, shipping_method, email, name: full_name, phone, address: { full_name, phone, ...address }, items, expected_total };
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

/** Map the API's address errors to the fields of this form. */
function mapErrors(errors = {}) {
  return Object.fromEntries(Object.entries(errors).map(([name, messages]) => [FIELDS[name] ?? name.replace("address.", ""), messages]));
}
