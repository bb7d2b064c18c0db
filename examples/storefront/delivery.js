// Delivery in words, the place that the shopper has named, and the form that asks for it.
import { chooseDelivery, readStorage, writeStorage } from "./api.js";
import { chooseCountry, LABELS } from "./address_fields.js";
import { market, shop } from "./state.js";
import { countryName, field, form, formatDates, formatMoney, h, input } from "./view.js";

const KEY = "delivery_place";
const UNSERVED = ["not_serviceable", "too_heavy"];
const FEES = { "Cash on Delivery": "Cash on Delivery fee" }; // by the labels of the shop

/** Return the place, `{country, postal_code, state}`, that the shopper has named last in this market, or null. */
export function rememberedPlace() {
  try {
    const { market: code, ...place } = JSON.parse(readStorage("localStorage", KEY) ?? "{}");
    return code === market().code ? place : null;
  } catch {
    return null; // another page of this origin wrote something else there
  }
}

export function rememberPlace({ country, postal_code, state }) {
  writeStorage("localStorage", KEY, JSON.stringify({ market: market().code, country, postal_code, state }));
}

export function forgetPlace() {
  writeStorage("localStorage", KEY, null);
}

/** Return the cart, delivered to the place that the shopper has named on a product's page unless it has a place of its own. */
export async function withRememberedPlace(cart) {
  const place = rememberedPlace();
  const { country, postal_code: postalCode, state } = cart.delivery;
  const hasPlace = postalCode || state || country !== (market().country ?? "");
  if (!place || hasPlace || !cart.items.length || (place.country === country && !place.postal_code && !place.state)) return cart;
  return chooseDelivery(shop, place).then(({ cart: moved }) => moved, () => cart); // what is missing is asked for at the checkout
}

/** Return a place in a few words, such as "411001, India". */
export function placeText({ postal_code: postalCode, state, country }) {
  return [postalCode, state, countryName(country)].filter(Boolean).join(", ");
}

/** Return what stands in the sums for the price of a delivery: what it costs, or why that is not known. */
export function shippingText(amount, reason, currency) {
  if (amount !== null) return shippingPrice(amount, currency);
  return isUnserved(reason) ? "not possible" : "not known yet";
}

/** Return whether the reason is that nothing is delivered there, and not that the address has to be completed or corrected. */
export function isUnserved(reason) {
  return UNSERVED.includes(reason?.code);
}

/** Return the part of the address that the shop has to know first, such as "state", if that is the reason. */
export function getNeeded(reason) {
  return reason?.code?.match(/^(country|postal_code|state)_needed$/)?.[1];
}

/** Return what a delivery costs. */
export function shippingPrice(amount, currency) {
  return Number(amount) ? formatMoney(amount, currency) : "Free";
}

/** Return what a fee of an order is called, which is the same on all pages. */
export function feeName(label) {
  return FEES[label] ?? label;
}

/** Return when a method delivers and from which value of the goods on it is free, or an empty string. */
export function methodDetails({ price, free_from: freeFrom, earliest, latest }, currency) {
  const threshold = freeFrom !== null && Number(price) > 0 && `free from ${formatMoney(freeFrom, currency)}`;
  return [arrival(earliest, latest), threshold].filter(Boolean).join(", ");
}

/** Return when an order arrives, such as "arrives December 2 – 5", or an empty string if it is not known. */
export function arrival(earliest, latest) {
  if (!earliest && !latest) return "";
  if (!earliest) return `arrives by ${formatDates(latest)}`;
  return latest ? `arrives ${formatDates(earliest, latest)}` : `arrives ${formatDates(earliest)} or later`;
}

/**
 * A form for a place: country and postal code, and the state once the shop asks for it. `send(place)` is called with what is entered.
 *
 * `reason` is why the place has no delivery, if the shop has said so.
 */
export function placeForm(place, countries, { label, reason = null, send }) {
  const select = h("select", { name: "country", autocomplete: "country" }, new Option("Choose a country", ""));
  select.append(...countries.map(({ code, name }) => new Option(name, code)));
  chooseCountry(select, countries, place.country);
  const fields = {
    country: field("Country", select),
    postal_code: field(LABELS.postal_code, input("postal_code", { autocomplete: "postal-code", maxlength: 20, value: place.postal_code })),
    state: field(LABELS.state, input("state", { autocomplete: "address-level1", maxlength: 120, value: place.state })),
  };
  const show = (name, isShown) => (fields[name].hidden = fields[name].control.disabled = !isShown);
  const need = (name) => {
    show(name, true);
    fields[name].control.required = true;
  };
  const applyCountry = () => {
    const country = countries.find(({ code }) => code === select.value);
    for (const name of ["postal_code", "state"]) fields[name].setLabel(country?.labels[name] ?? LABELS[name]);
    show("postal_code", !country || country.fields.includes("postal_code"));
    show("state", Boolean(fields.state.control.value));
    for (const { control } of Object.values(fields)) control.required = false; // until the shop needs it
  };
  select.addEventListener("change", () => {
    fields.state.control.value = fields.postal_code.control.value = "";
    applyCountry();
  });
  applyCountry();
  if (getNeeded(reason)) need(getNeeded(reason));
  const element = form(fields, label, async (values) => {
    try {
      await send({ country: "", postal_code: "", state: "", ...values });
    } catch (refusal) {
      const name = getNeeded(refusal);
      if (name) need(name);
      if (name === "state") refusal.errors = { state: [`${refusal.errors.state[0]}: delivery depends on it`] };
      throw refusal;
    }
  }, {});
  element.classList.add("place");
  return element;
}
