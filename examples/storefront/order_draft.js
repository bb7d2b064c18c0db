// What the checkout shows and then orders: the cart, how it can be delivered, and what the shop has said about it.
import { chooseDelivery, getDelivery } from "./api.js";
import { CODE_CHANGES } from "./cart_changes.js";
import { isUnserved, rememberPlace } from "./delivery.js";
import { shop } from "./state.js";
import { errorText, showError } from "./view.js";

export const PLACE_FIELDS = ["country", "postal_code", "state"];

/**
 * Return the draft of an order of this cart to `getPlace()`; `onChange()` hears of each change of the cart and of its delivery.
 *
 * The changes of the delivery are sent one after another, and the answer to the last one is shown; then `settled` resolves.
 */
export function createDraft(cart, getPlace, onChange) {
  const draft = { cart, quotes: null, changes: [], isAnswered: false, settled: Promise.resolve() };
  let answer = {};
  let waiting = 0;
  /** Send a choice. `changes` are those for which the shop has just refused the order. */
  const send = async (choice, changes = []) => {
    answer = { ...answer, isAnswered: false };
    const { data: quotes, cart: changed } = await chooseDelivery(shop, choice).catch(findMissing);
    if (choice.country !== undefined && quotes.serviceable !== undefined) rememberPlace(choice);
    answer = { cart: { ...changed, codes: changed.codes.map((entry) => markRefused(entry, changes)) }, quotes, changes, isAnswered: true };
  };
  const show = () => {
    Object.assign(draft, answer);
    onChange();
  };
  const enqueue = (action) => {
    waiting += 1;
    const finish = () => (waiting -= 1) || show();
    return (draft.settled = draft.settled.then(action).catch(showError).then(finish));
  };
  return Object.assign(draft, {
    /** Show what the shop offers; a place that the cart does not have yet is sent. */
    async start() {
      const isAtPlace = Object.entries(getPlace()).every(([name, text]) => text === cart.delivery[name]);
      if (isAtPlace) answer = { quotes: (await getDelivery(shop)).data, isAnswered: true };
      else await send(getPlace());
      show();
    },
    /** Deliver to the place of the form, and load the cart at current prices. */
    deliver: (changes = []) => enqueue(() => send(getPlace(), changes)),
    /** Deliver by this method. If it is no longer offered, the shopper chooses again. */
    chooseMethod: (method) => enqueue(() => send({ method }).catch(async (refusal) => {
      if (refusal.errors?.method) await send(getPlace());
      throw refusal;
    })),
  });
}

/** Return the cart, and what of the address the shop has to know first; throw any other refusal. */
async function findMissing(refusal) {
  if (!PLACE_FIELDS.some((name) => refusal.errors?.[name])) throw refusal;
  const { data: cart } = await shop("GET", "/cart/");
  return { cart, data: { methods: [], method: null, reason: { code: refusal.code, text: errorText(refusal) }, errors: refusal.errors } };
}

/** Return why nothing is delivered to the place that was chosen last; empty if it is, or the shop has not answered. */
export function getObstacle({ quotes, isAnswered }) {
  return isAnswered && isUnserved(quotes.reason) ? `${quotes.reason.text}.` : "";
}

export function getLines({ items }) {
  return items.filter(({ quantity }) => quantity > 0);
}

/** Return the chosen shipping method with what the cart costs with each payment method, if there is one. */
export function getShipping({ quotes }) {
  return quotes?.methods.find(({ code }) => code === quotes.method?.code);
}

/**
 * Return the amounts with a payment method: `{shipping, fee, discount, total}`; `shipping` and `fee` are null if they are not known.
 *
 * The order knows more than the cart, such as that this buyer has used a code before. Then its total is the one to confirm.
 */
export function getCosts(draft, paymentMethod) {
  const { cart } = draft;
  const shipping = getShipping(draft);
  const payment = shipping?.payments.find(({ payment_method: method }) => method === paymentMethod);
  const costs = payment?.available
    ? { shipping: shipping.price, fee: payment.fee, discount: payment.discount_total, total: payment.total }
    : { shipping: shipping?.price ?? null, fee: null, discount: cart.discount_total, total: cart.total_estimate };
  const refused = draft.changes.find(({ code, item }) => code === "price_increased" && !item);
  return Number(refused?.new) > Number(costs.total) ? { ...costs, lost: Number(refused.new) - Number(costs.total), total: refused.new } : costs;
}

/** A code for which the shop has refused the order counts no more. */
function markRefused(entry, changes) {
  const isRefused = changes.some(({ code, old }) => CODE_CHANGES.includes(code) && old === entry.code);
  return isRefused && entry.status !== "ended" ? { code: entry.code, status: "ended", reason: { text: "You cannot use this code for this order" } } : entry;
}
