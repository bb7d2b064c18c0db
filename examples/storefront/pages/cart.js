// The cart: warnings and price changes, lines, items saved for later, promotion codes, delivery, and the estimated total.
import { chooseDelivery, getDelivery } from "../api.js";
import { shippingMethods } from "../checkout_options.js";
import { codes, discountRows, linePrice, sumRow } from "../codes.js";
import { getNeeded, isUnserved, methodDetails, placeForm, placeText, rememberPlace, shippingText, withRememberedPlace } from "../delivery.js";
import { loadCountries, shop, state, update } from "../state.js";
import { button, formatMoney, h, notify, picture, render, runOnce, title } from "../view.js";

export async function cart() {
  const container = h("div", { class: "stack" });
  await fill(container);
  return container;
}

/** Apply a change and show the updated cart; repeat until `isDone`, in case the control was used again in the meantime. */
async function fill(container, change = () => {}, isDone = () => true) {
  let contents;
  do {
    try {
      await change();
    } catch (refusal) {
      show(container, await loadCart()); // the page may be outdated: another tab may have changed the cart
      throw refusal;
    }
    contents = await loadCart();
  } while (!isDone());
  show(container, contents);
}

async function loadCart() {
  const [{ data: loaded, warnings }, countries] = await Promise.all([shop("GET", "/cart/"), loadCountries()]);
  const data = await withRememberedPlace(loaded);
  const hasIssues = data.has_unavailable_items || data.has_stock_issues;
  const { data: validation } = hasIssues ? await shop("GET", "/cart/validate/") : { data: { issues: [] } };
  const quotes = data.delivery.method && (await getDelivery(shop).then((answer) => answer.data, () => null)); // the checkout asks again
  update({ units: data.total_items });
  return { data, warnings, countries, quotes, issues: validation.issues };
}

function show(container, { data, warnings, countries, quotes, issues }) {
  const active = data.items.filter(({ quantity }) => quantity > 0);
  const later = data.items.filter(({ quantity }) => quantity === 0);
  const act = (change, isDone) => () => fill(container, change, isDone);
  const renderLine = (line) => row(line, data.currency, issues.find(({ item_id: id }) => id === line.id), act);
  render(
    container,
    title("Cart"),
    ...warnings.map((text) => h("p", { class: "notice bad" }, `${text}.`)),
    ...(data.has_price_changes ? [acceptPrices(act)] : []),
    active.length ? h("ul", { class: "lines" }, active.map(renderLine)) : h("p", {}, "Your cart is empty. ", h("a", { href: "/" }, "Go to the catalog")),
    ...(active.length || data.codes.length ? [codes(data, act)] : []),
    ...(active.length ? [delivery(data, { countries, quotes }, act), sums(data), actions(act)] : []),
    ...(later.length ? [h("h2", {}, "Saved for later"), h("ul", { class: "lines" }, later.map(renderLine))] : []),
  );
}

function acceptPrices(act) {
  const accept = act(async () => notify(`${(await shop("POST", "/cart/accept-prices/", {})).message}.`));
  return h("p", {}, button("Accept the new prices", accept));
}

/** Where and how the cart is delivered, or what has to be known for that, with a form to change the place. */
function delivery({ delivery: to, currency }, { countries, quotes }, act) {
  const move = async (place) => {
    const { data } = await chooseDelivery(shop, place); // if it is refused, this form stays, and shows why
    rememberPlace(place);
    await act(() => {})();
    document.querySelector(".delivery summary")?.focus({ preventScroll: true }); // the button with the focus is gone
    if (data.serviceable !== false) notify("Delivery saved.");
  };
  const hasChoice = quotes?.methods.length > 1;
  const facts = !hasChoice && to.method && [to.method.name, methodDetails(to.method, currency)].filter(Boolean).join(", ");
  const change = placeForm(to, countries, { label: "Save", reason: to.reason, send: move });
  return h(
    "section",
    { class: "delivery stack tight" },
    h("h2", {}, "Delivery"),
    h("p", {}, [placeText(to), facts].filter(Boolean).join(": ")),
    hasChoice && methodChoice(quotes, currency, act),
    to.reason && h("p", { class: isUnserved(to.reason) ? "wrong" : "soft" }, `${to.reason.text}.`),
    h("details", { open: Boolean(getNeeded(to.reason)) }, h("summary", {}, "Change the place"), change),
  );
}

/** The shipping methods; the last of quick choices counts. */
function methodChoice(quotes, currency, act) {
  let [wanted, sent] = [];
  const send = () => chooseDelivery(shop, { method: (sent = wanted) });
  const element = shippingMethods(async (method) => {
    wanted = method;
    await runOnce(element, act(send, () => sent === wanted));
    document.querySelector(".delivery input:checked")?.focus({ preventScroll: true }); // the one with the focus is gone
  }, "Shipping method");
  element.show(quotes, currency);
  return element;
}

/** What the cart will probably cost: shipping may depend on the address, and some discounts on the payment method. */
function sums(data) {
  const { currency, current_subtotal: subtotal, shipping_estimate: shipping, total_estimate: total } = data;
  return h(
    "dl",
    { class: "sums" },
    sumRow("Subtotal", formatMoney(subtotal, currency), { id: "subtotal" }),
    discountRows(data),
    sumRow("Shipping (estimate)", shippingText(shipping, data.delivery.reason, currency), { id: "shipping" }),
    sumRow("Total (estimate)", formatMoney(total, currency), { id: "total" }),
  );
}

function actions(act) {
  const clear = act(async () => notify(`${(await shop("DELETE", "/cart/clear/")).message}.`));
  return h("div", { class: "row" }, h("a", { class: "button main", href: "/checkout" }, "Checkout"), button("Clear cart", clear));
}

function row(line, currency, issue, act) {
  const set = (quantity) => act(() => shop("PATCH", `/cart/update/${line.id}/`, { quantity }));
  const isLater = line.quantity === 0;
  return h(
    "li",
    { class: "line" },
    picture(line.thumbnail, "", 96),
    h(
      "div",
      { class: "stack tight" },
      h("h3", {}, h("a", { href: `/product/${line.product.slug}` }, line.name)),
      priceText(line, currency),
      issue?.issues.map((text) => h("p", { class: "wrong" }, text)),
      h(
        "div",
        { class: "row" },
        !isLater && quantityStepper(line, act),
        isLater ? button("Move to cart", set(1)) : button("Save for later", set(0)),
        button("Remove", act(() => shop("DELETE", `/cart/remove/${line.id}/`)), { "aria-label": `Remove ${line.name}` }),
      ),
    ),
    !isLater && linePrice(currentPrice(line) * line.quantity, line.discount, line.net_total, currency),
  );
}

/** A line that is no longer sold has no current price. */
function currentPrice(line) {
  return line.current_price ?? line.price_at_addition;
}

function priceText(line, currency) {
  const now = formatMoney(currentPrice(line), currency);
  if (!line.price_changed) return h("p", { class: "soft" }, `${now} each`);
  const was = formatMoney(line.price_at_addition, currency);
  return h("p", { class: line.price_difference > 0 ? "wrong" : "good" }, `${now} each, was ${was} when you added it`);
}

function quantityStepper(line, act) {
  const { max_quantity: max } = state.config.limits;
  const control = h("input", { type: "number", min: 1, max, value: line.quantity, inputmode: "numeric", "aria-label": `Quantity of ${line.name}` });
  let sent = line.quantity;
  const send = () => shop("PATCH", `/cart/update/${line.id}/`, { quantity: (sent = Number(control.value)) });
  const showRefusal = (text) => {
    control.value = line.quantity;
    notify(text, "bad");
  };
  const set = () => runOnce(control, act(send, () => sent === Number(control.value)), (refusal) => showRefusal(refusal.errors?.quantity?.[0] ?? refusal.message));
  control.addEventListener("change", () => (Number(control.value) > 0 ? set() : showRefusal("The quantity must be at least 1.")));
  // At its limit a button is only marked disabled, so that it keeps the keyboard focus.
  const step = (by, label) => {
    const move = () => {
      const next = Number(control.value) + by;
      if (next < 1 || next > max) return;
      control.value = next;
      set();
    };
    const isOutOfRange = line.quantity + by < 1 || line.quantity + by > max;
    return h("button", { type: "button", "aria-label": `${label} of ${line.name}`, "aria-disabled": isOutOfRange && "true", onclick: move }, by > 0 ? "+" : "−");
  };
  return h("span", { class: "stepper" }, step(-1, "One less"), control, step(1, "One more"));
}
