// What delivery of a product costs, on its page: the shopper names a place, which is remembered for the cart.
import { checkDelivery } from "./api.js";
import { methodDetails, placeForm, placeText, rememberedPlace, rememberPlace, shippingPrice } from "./delivery.js";
import { loadCountries, market, shop } from "./state.js";
import { h, render } from "./view.js";

/** Load what the estimate shows at first; the page does not depend on it, so it is null if it cannot be loaded. */
export async function loadEstimate(productId) {
  const place = rememberedPlace();
  const [countries, checked] = await Promise.all([
    loadCountries().catch(() => null),
    place && checkDelivery(shop, place, productId).catch(() => null),
  ]);
  return countries && { countries, place, check: checked?.data };
}

/** The form for a place, and how the product is delivered there. */
export function deliveryEstimate(product, loaded) {
  if (!loaded) return null;
  const place = loaded.place ?? { country: market().country ?? "", postal_code: "", state: "" };
  const answer = h("div", { class: "stack tight", role: "status" }, loaded.check && result(loaded.check, place));
  const check = async (wanted) => {
    render(answer);
    const { data } = await checkDelivery(shop, wanted, product.id);
    rememberPlace(wanted);
    render(answer, result(data, wanted));
  };
  return h("section", { class: "stack" }, h("h2", {}, "Delivery"), placeForm(place, loaded.countries, { label: "Check", send: check }), answer);
}

function result({ serviceable, cod, methods }, place) {
  if (!serviceable) return h("p", { class: "wrong" }, `We do not deliver this to ${placeText(place)}.`);
  const { currency } = market();
  const row = (method) => {
    const name = h("span", {}, `${method.name} `, h("span", { class: "soft" }, methodDetails(method, currency)));
    return h("li", { class: "method" }, name, h("b", {}, shippingPrice(method.price, currency)));
  };
  return [
    h("p", {}, `To ${placeText(place)}:`),
    h("ul", { class: "plain" }, methods.map(row)),
    h("p", { class: cod ? "good" : "soft" }, cod ? "Cash on Delivery available" : "Cash on Delivery is not available there"),
  ];
}
