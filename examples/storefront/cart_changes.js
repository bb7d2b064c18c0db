// What differs from what the buyer was shown, in the words of the checkout: the `changes` of a refusal with the code `cart_changed`.
import { formatMoney, h } from "./view.js";

export const CODE_CHANGES = ["promotion_ended", "promotion_used_up"];
const ACCEPTABLE = ["price_increased", "shipping_changed", "fee_changed", ...CODE_CHANGES]; // by placing the order again
const REFUSALS = ["not_serviceable", "cod_unavailable"]; // nothing has changed: the order is not possible like this
const PAYMENTS = { stripe: "Payment by card", cod: "Cash on Delivery" };

/** Return the changes as a list, and what the buyer can do. `names` are the shipping methods by code, those that have ended included. */
export function changeList(changes, currency, names) {
  const isAcceptable = changes.every(({ code }) => ACCEPTABLE.includes(code));
  return [
    h("p", { class: "wrong" }, "Your cart has changed, so your order was not placed:"),
    h("ul", {}, changes.map((change) => h("li", {}, changeText(change, currency, names)))),
    isAcceptable
      ? h("p", {}, "Place the order again to accept these changes, or ", h("a", { href: "/cart" }, "edit your cart"), ".")
      : h("p", {}, nextStep(changes), h("a", { href: "/cart" }, "edit your cart"), " and place the order again."),
  ];
}

function nextStep(changes) {
  const codes = changes.map(({ code }) => code);
  if (changes.some(isAboutPayment)) return "Choose another payment method, or ";
  if (codes.includes("not_serviceable")) return "Deliver to another address, or ";
  return "Please ";
}

/** Return the sentences for changes that are none, but say why the order is not possible; null if there are others. */
export function refusalTexts(changes) {
  return changes.every(({ code }) => REFUSALS.includes(code)) ? changes.map((change) => `${refusalText(change)}.`) : null;
}

/** Return the changes with the fee as the buyer was shown it; a fee that is as it was shown is no change. `fee` is null if none was shown. */
export function compareFee(changes, fee) {
  return changes
    .filter(({ code, new: now }) => code !== "fee_changed" || fee === null || Number(now) !== Number(fee))
    .map((change) => (change.code === "fee_changed" ? { ...change, old: fee } : change));
}

function refusalText(change) {
  if (change.code === "cod_unavailable") return "Cash on Delivery is not available for this order";
  return isAboutPayment(change) ? `${PAYMENTS[change.old]} is not available for this address` : "We do not deliver there";
}

/** Return whether another payment method would help. */
export function isAboutPayment({ code, old }) {
  return code === "cod_unavailable" || (code === "not_serviceable" && old in PAYMENTS);
}

function changeText(change, currency, names) {
  const { code, item, old, available } = change;
  const [before, now] = ["old", "new"].map((side) => !Number.isNaN(Number(change[side])) && formatMoney(change[side], currency));
  const amounts = old === null ? `now ${now}` : `now ${now} instead of ${before}`;
  switch (code) {
    case "price_increased":
      return `${item?.name ?? "The total"}: ${amounts}`;
    case "insufficient_stock":
      return `${item.name}: ${available ? `only ${available} left` : "sold out"}`;
    case "unavailable":
      return `${item.name}: no longer available`;
    case "not_in_cart":
      return `${item.name}: no longer in your cart`;
    case "promotion_ended":
      return `Code ${old}: ended`;
    case "promotion_used_up":
      return `Code ${old}: used up`;
    case "shipping_changed":
      return names.has(old) ? `${names.get(old)}: no longer available, now ${names.get(change.new) ?? change.new}` : `Shipping: ${amounts}`;
    case "fee_changed":
      return `Cash on Delivery fee: ${amounts}`;
    case "cod_unavailable":
    case "not_serviceable":
      return refusalText(change);
    default:
      return [item?.name, code].filter(Boolean).join(": ");
  }
}
