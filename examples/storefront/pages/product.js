// The product page: images, variant selection, adding to the cart or wishlist, and what delivery costs.
import { deliveryEstimate, loadEstimate } from "../delivery_estimate.js";
import { describeProduct } from "../metadata.js";
import { forgetViewed, getRecentlyViewed, rememberViewed } from "../recently_viewed.js";
import { rememberForWishlist, shop, state, update } from "../state.js";
import { button, field, form, formatMoney, h, input, isReduced, notify, picture, render, title } from "../view.js";
import { card, stockText } from "./catalog.js";

const MAX_CARDS = 6; // in a row below the product

export async function product({ param, go, describe }) {
  const { data } = await shop("GET", `/products/${encodeURIComponent(param)}/`).catch((refusal) => {
    if (refusal.status === 404) forgetViewed(param);
    throw refusal;
  });
  const [related, estimate] = await Promise.all([loadRelated(data), loadEstimate(data.id)]);
  describe(describeProduct(data));
  const viewed = getRecentlyViewed().filter(({ slug }) => slug !== data.slug).slice(0, MAX_CARDS);
  rememberViewed(data);
  const offer = h("div", { class: "stack tight", "aria-live": "polite" });
  const pictures = gallery(data);
  const options = variantOptions(data, (variant) => {
    if (variant) pictures.showImage(variant.image_id);
    render(offer, renderOffer(data, variant, go));
  });
  const article = h(
    "article",
    { class: "product" },
    pictures.element,
    h("div", { class: "stack" }, title(data.name), data.category && category(data.category), options, offer, deliveryEstimate(data, estimate), h("p", { class: "text" }, data.description)),
  );
  return [article, row("You may also like", related.map((other) => card(other, "h3"))), row("Recently viewed", viewed.map(viewedCard))];
}

/** Return other products of the same category; none if they cannot be loaded, because the page does not depend on them. */
async function loadRelated({ slug, category }) {
  if (!category) return [];
  const { data } = await shop("GET", `/products/?category=${encodeURIComponent(category.slug)}&page_size=${MAX_CARDS + 1}`).catch(() => ({ data: [] }));
  return data.filter((other) => other.slug !== slug).slice(0, MAX_CARDS);
}

function row(heading, cards) {
  return cards.length > 0 && h("section", { class: "stack" }, h("h2", {}, heading), h("ul", { class: "grid small" }, cards));
}

function viewedCard({ slug, name, image }) {
  return h("li", { class: "card" }, picture(image, "", 200), h("h3", {}, h("a", { href: `/product/${slug}` }, name)));
}

function category({ name, slug }) {
  return h("p", { class: "soft" }, h("a", { href: `/?category=${slug}` }, name));
}

/** Return the pictures, and a function that enlarges the one with an id, or else the first. */
function gallery({ name, images, primary_image }) {
  const all = images.length ? images : [{ url: primary_image, alt: name, thumbnail: primary_image, width: 800, height: 800 }];
  const large = h("div", { class: "large" });
  const enlarge = ({ url, alt }) => render(large, picture(url, alt || name, 800, "eager"));
  enlarge(all[0]);
  const small = all.map((image, index) =>
    h("button", { type: "button", "aria-label": `Picture ${index + 1} of ${all.length}`, onclick: () => enlarge(image) }, picture(image.thumbnail, "", 80)),
  );
  return {
    element: h("div", { class: "gallery" }, large, all.length > 1 && h("div", { class: "thumbnails" }, small)),
    showImage: (imageId) => enlarge(all.find(({ id }) => id === imageId) ?? all[0]),
  };
}

/** Return the controls to select a variant; calls `onSelect` with the matching variant, or null if the combination does not exist. */
function variantOptions({ variants }, onSelect) {
  if (variants.length === 1) {
    onSelect(variants[0]);
    return null;
  }
  const names = [...new Set(variants.flatMap(({ options }) => Object.keys(options)))];
  const first = variants.find(({ stock }) => stock) ?? variants[0];
  if (!names.length) return variantSelect(variants, first, onSelect);
  const element = h("form", { class: "stack" }, names.map((name) => optionGroup(name, variants, first.options[name])));
  const select = () => {
    const selected = Object.fromEntries(new FormData(element));
    onSelect(variants.find(({ options }) => names.every((name) => (options[name] ?? "") === (selected[name] ?? ""))) ?? null);
  };
  element.addEventListener("change", select);
  select();
  return element;
}

function optionGroup(name, variants, selected) {
  const values = [...new Set(variants.map(({ options }) => options[name] ?? ""))];
  const option = (value) =>
    h("label", { class: "pill" }, h("input", { type: "radio", name, value, checked: value === selected }), h("span", {}, value || "–"));
  return h("fieldset", {}, h("legend", {}, name), values.map(option));
}

function variantSelect(variants, first, onSelect) {
  const element = h("select", {}, variants.map(({ id, name }) => new Option(name, id, false, id === first.id)));
  element.addEventListener("change", () => onSelect(variants.find(({ id }) => String(id) === element.value)));
  onSelect(first);
  return field("Variant", element);
}

function renderOffer(product, variant, go) {
  if (!variant) return [h("p", { class: "wrong" }, "This combination is not available.")];
  const { price, compare_at_price: before, currency, stock, lowest_price_30_days: lowest } = variant;
  const max = Math.min(stock, state.config.limits.max_quantity);
  const quantity = field("Quantity", input("quantity", { type: "number", min: 1, max, value: 1, inputmode: "numeric" }));
  const add = form({ quantity }, "Add to cart", async (values) => {
    const { message, cart } = await shop("POST", "/cart/add/", { sku_id: variant.id, quantity: Number(values.quantity) });
    update({ units: cart.total_items });
    notify(`${message}.`);
  });
  add.classList.add("row");
  const addToWishlist = async () => {
    if (!state.user) {
      rememberForWishlist(product.id);
      return go(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    }
    notify(`${(await shop("POST", "/cart/wishlist/add/", { product_id: product.id })).message}.`);
  };
  return [
    h("p", { class: "price large" }, formatMoney(price, currency), isReduced(variant) && h("del", {}, formatMoney(before, currency))),
    isReduced(variant) && h("p", { class: "soft" }, `Lowest price of the last 30 days: ${formatMoney(lowest, currency)}`),
    h("p", { class: stock ? "soft" : "wrong" }, stockText(stock, product.is_low_stock || stock <= 5)),
    stock > 0 && add,
    button("Add to wishlist", addToWishlist),
  ];
}
