// The wishlist, with what has become of the prices since.
import { recount, shop } from "../state.js";
import { button, h, money, notice, picture, put, title } from "../view.js";

export async function wishlist() {
  const place = h("div", { class: "stack" });
  await fill(place);
  return place;
}

async function fill(place) {
  const { data } = await shop("GET", "/cart/wishlist/");
  const act = (change) => async () => {
    notice(`${(await change()).message}.`);
    await Promise.all([fill(place), recount()]);
  };
  const rows = data.map((row) => one(row, act));
  put(
    place,
    title("Wishlist"),
    rows.length ? h("ul", { class: "lines" }, rows) : h("p", {}, "Nothing is on your wishlist. ", h("a", { href: "/" }, "To the catalog")),
  );
}

function one(row, act) {
  const { id, product, currency, current_price: now, price_at_addition: was } = row;
  const stock = !row.is_available ? "Not available" : !row.is_in_stock ? "Sold out" : row.is_back_in_stock ? "Back in stock" : "In stock";
  return h(
    "li",
    { class: "line" },
    picture(product.primary_image, "", 96),
    h(
      "div",
      { class: "stack tight" },
      h("h2", {}, h("a", { href: `/product/${product.slug}` }, product.name)),
      h("p", { class: "price" }, money(now ?? was, currency)),
      row.price_changed && h("p", { class: row.price_difference > 0 ? "wrong" : "good" }, `It was ${money(was, currency)} when you added it`),
      h("p", { class: row.is_in_stock ? "soft" : "wrong" }, stock),
      h(
        "div",
        { class: "row" },
        row.is_in_stock && button("Move to cart", act(() => shop("POST", `/cart/wishlist/move-to-cart/${id}/`, {}))),
        button("Remove", act(() => shop("DELETE", `/cart/wishlist/remove/${id}/`)), { "aria-label": `Remove ${product.name}` }),
      ),
    ),
  );
}
