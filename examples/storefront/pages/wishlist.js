// The wishlist, with what has become of the prices since.
import { recount, shop, state } from "../state.js";
import { button, h, money, notice, picture, put, title } from "../view.js";

export async function wishlist({ go }) {
  if (!state.user) return go("/sign-in?next=/wishlist", { replace: true });
  const place = h("div", { class: "stack" });
  await fill(place, go);
  return place;
}

async function fill(place, go) {
  const list = h("ul", { class: "lines" });
  const more = button("Show more", () => load(more.next));
  const act = (change) => async () => {
    notice(`${(await change()).message}.`);
    await Promise.all([fill(place, go), recount()]);
  };
  const load = async (path) => {
    const { data, pagination } = await shop("GET", path);
    list.append(...data.map((row) => one(row, act, go)));
    more.next = pagination.next;
    more.hidden = !pagination.next;
  };
  await load("/cart/wishlist/");
  const nothing = h("p", {}, "Nothing is on your wishlist. ", h("a", { href: "/" }, "To the catalog"));
  put(place, title("Wishlist"), list.children.length ? list : nothing, h("p", { class: "centre" }, more));
}

/** Move a wish to the cart; of what comes in several variants, one has to be chosen first. */
async function move(id, slug, go) {
  try {
    return await shop("POST", `/cart/wishlist/move-to-cart/${id}/`, {});
  } catch (refusal) {
    if (refusal.code !== "variant_required") throw refusal;
    await go(`/product/${slug}`);
    return { message: "Choose which one, and add it to the cart" };
  }
}

function one(row, act, go) {
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
      (now ?? was) !== null && h("p", { class: "price" }, money(now ?? was, currency)),
      row.price_changed && h("p", { class: row.price_difference > 0 ? "wrong" : "good" }, `It was ${money(was, currency)} when you added it`),
      h("p", { class: row.is_in_stock ? "soft" : "wrong" }, stock),
      h(
        "div",
        { class: "row" },
        row.is_in_stock && button("Move to cart", act(() => move(id, product.slug, go))),
        button("Remove", act(() => shop("DELETE", `/cart/wishlist/remove/${id}/`)), { "aria-label": `Remove ${product.name}` }),
      ),
    ),
  );
}
