// One product: pictures, the choice of a variant, and into the cart or onto the wishlist.
import { changed, shop, state } from "../state.js";
import { button, field, form, h, input, money, notice, picture, put, title } from "../view.js";
import { stockWords } from "./catalog.js";

export async function product({ part, go }) {
  const { data } = await shop("GET", `/products/${encodeURIComponent(part)}/`);
  const chosen = h("div", { class: "stack tight", "aria-live": "polite" });
  const choice = chooser(data, (variant) => put(chosen, offer(data, variant, go)));
  return h(
    "article",
    { class: "product" },
    gallery(data),
    h("div", { class: "stack" }, title(data.name), data.category && category(data.category), choice, chosen, h("p", { class: "text" }, data.description)),
  );
}

function category({ name, slug }) {
  return h("p", { class: "soft" }, h("a", { href: `/?category=${slug}` }, name));
}

function gallery({ name, images, primary_image }) {
  const all = images.length ? images : [{ url: primary_image, alt: name, thumbnail: primary_image, width: 800, height: 800 }];
  const large = h("div", { class: "large" });
  const enlarge = ({ url, alt }) => put(large, picture(url, alt || name, 800, "eager"));
  enlarge(all[0]);
  const small = all.map((image, index) =>
    h("button", { type: "button", "aria-label": `Picture ${index + 1} of ${all.length}`, onclick: () => enlarge(image) }, picture(image.thumbnail, "", 80)),
  );
  return h("div", { class: "gallery" }, large, all.length > 1 && h("div", { class: "thumbnails" }, small));
}

/** Let the reader choose a variant by its options; tells `choose` the one that fits, or null where there is none such. */
function chooser({ variants }, choose) {
  if (variants.length === 1) {
    choose(variants[0]);
    return null;
  }
  const names = [...new Set(variants.flatMap(({ options }) => Object.keys(options)))];
  const first = variants.find(({ stock }) => stock) ?? variants[0];
  if (!names.length) return byName(variants, first, choose);
  const made = h("form", { class: "stack" }, names.map((name) => group(name, variants, first.options[name])));
  const tell = () => {
    const wanted = Object.fromEntries(new FormData(made));
    choose(variants.find(({ options }) => names.every((name) => (options[name] ?? "") === (wanted[name] ?? ""))) ?? null);
  };
  made.addEventListener("change", tell);
  tell();
  return made;
}

function group(name, variants, chosen) {
  const values = [...new Set(variants.map(({ options }) => options[name] ?? ""))];
  const one = (value) =>
    h("label", { class: "pill" }, h("input", { type: "radio", name, value, checked: value === chosen }), h("span", {}, value || "–"));
  return h("fieldset", {}, h("legend", {}, name), values.map(one));
}

function byName(variants, first, choose) {
  const made = h("select", {}, variants.map(({ id, name }) => new Option(name, id, false, id === first.id)));
  made.addEventListener("change", () => choose(variants.find(({ id }) => String(id) === made.value)));
  choose(first);
  return field("Variant", made);
}

function offer(product, variant, go) {
  if (!variant) return [h("p", { class: "wrong" }, "This combination is not made.")];
  const { price, compare_at_price: before, currency, stock, lowest_price_30_days: lowest } = variant;
  const most = Math.min(stock, state.config.limits.max_quantity);
  const quantity = field("Quantity", input("quantity", { type: "number", min: 1, max: most, value: 1, inputmode: "numeric", required: true }));
  const add = form({ quantity }, "Add to cart", async (given) => {
    const { message, cart } = await shop("POST", "/cart/add/", { sku_id: variant.id, quantity: Number(given.quantity) });
    changed({ units: cart.total_items });
    notice(`${message}.`);
  });
  add.classList.add("row");
  const wish = async () => {
    if (!state.user) return go(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    notice(`${(await shop("POST", "/cart/wishlist/add/", { product_id: product.id })).message}.`);
  };
  return [
    h("p", { class: "price large" }, money(price, currency), before && h("del", {}, money(before, currency))),
    before && h("p", { class: "soft" }, `Lowest price of the last 30 days: ${money(lowest, currency)}`),
    h("p", { class: stock ? "soft" : "wrong" }, stockWords(stock, product.is_low_stock || stock <= 5)),
    stock > 0 && add,
    button("Add to wishlist", wish),
  ];
}
