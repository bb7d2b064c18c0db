// The wishlist, with price changes since each product was added.
import { refreshCart, shop, state } from "../state.js";
import { button, formatMoney, h, notify, picture, render, title } from "../view.js";

export async function wishlist({ go }) {
  if (!state.user) return go("/sign-in?next=/wishlist", { replace: true });
  const container = h("div", { class: "stack" });
  await fill(container, go);
  return container;
}

async function fill(container, go) {
  const list = h("ul", { class: "lines" });
  const more = button("Show more", () => load(more.next));
  const act = (change) => async () => {
    notify(`${(await change()).message}.`);
    await Promise.all([fill(container, go), refreshCart()]);
  };
  const load = async (path) => {
    const { data, pagination } = await shop("GET", path);
    list.append(...data.map((entry) => renderEntry(entry, act, go)));
    more.next = pagination.next;
    more.hidden = !pagination.next;
  };
  await load("/cart/wishlist/");
  const emptyText = h("p", {}, "Your wishlist is empty. ", h("a", { href: "/" }, "Go to the catalog"));
  render(container, title("Wishlist"), list.children.length ? list : emptyText, h("p", { class: "centre" }, more));
}

/** Move a wishlist entry to the cart; if the product has several variants, open its page to choose one. */
async function moveToCart(id, slug, go) {
  try {
    return await shop("POST", `/cart/wishlist/move-to-cart/${id}/`, {});
  } catch (refusal) {
    if (refusal.code !== "variant_required") throw refusal;
    await go(`/product/${slug}`);
    return { message: "Choose a variant and add it to the cart" };
  }
}

function renderEntry(entry, act, go) {
  const { id, product, currency, current_price: now, price_at_addition: was } = entry;
  const stock = !entry.is_available ? "Not available" : !entry.is_in_stock ? "Sold out" : entry.is_back_in_stock ? "Back in stock" : "In stock";
  return h(
    "li",
    { class: "line" },
    picture(product.primary_image, "", 96),
    h(
      "div",
      { class: "stack tight" },
      h("h2", {}, h("a", { href: `/product/${product.slug}` }, product.name)),
      (now ?? was) !== null && h("p", { class: "price" }, formatMoney(now ?? was, currency)),
      entry.price_changed && h("p", { class: entry.price_difference > 0 ? "wrong" : "good" }, `It was ${formatMoney(was, currency)} when you added it`),
      h("p", { class: entry.is_in_stock ? "soft" : "wrong" }, stock),
      h(
        "div",
        { class: "row" },
        entry.is_in_stock && button("Move to cart", act(() => moveToCart(id, product.slug, go))),
        button("Remove", act(() => shop("DELETE", `/cart/wishlist/remove/${id}/`)), { "aria-label": `Remove ${product.name}` }),
      ),
    ),
  );
}
