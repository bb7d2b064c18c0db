// The catalog: search, filters, and as many pages as the reader asks for. The address says it all, so it can be kept and sent.
import { market, shop } from "../state.js";
import { button, field, h, input, money, picture, title } from "../view.js";

const ORDERINGS = { newest: "Newest", relevance: "Relevance", price: "Price, low to high", "-price": "Price, high to low", name: "Name" };
const NAMES = ["search", "category", "min_price", "max_price", "in_stock", "ordering"];
let last = null; // the catalog as it was left, for the way back: { address, nodes, y }

export async function catalog({ query, isBack, go, onLeave }) {
  const address = location.search + market().code;
  const nodes = isBack && last?.address === address ? last.nodes : await made(query, go);
  const y = isBack && last?.address === address ? last.y : 0;
  onLeave(() => (last = { address, nodes, y: scrollY }));
  if (y) requestAnimationFrame(() => scrollTo(0, y));
  return nodes;
}

async function made(query, go) {
  const asked = new URLSearchParams([...query].filter(([name, value]) => NAMES.includes(name) && value));
  asked.set("page_size", "24");
  const [tree, first] = await Promise.all([shop("GET", "/products/categories/"), shop("GET", `/products/?${asked}`)]);
  const grid = h("ul", { class: "grid" }, first.data.map(card));
  const more = button("Show more", async () => {
    const next = await shop("GET", more.next);
    const cards = next.data.map(card);
    grid.append(...cards);
    cards[0]?.querySelector("a").focus();
    turnTo(next);
  });
  const turnTo = ({ pagination }) => {
    more.next = pagination.next;
    more.hidden = !pagination.next;
  };
  turnTo(first);
  const words = query.get("search");
  document.querySelector("#search-words").value = words ?? "";
  return [
    title(words ? `Results for “${words}”` : "Catalog"),
    filters(query, tree.data, go),
    first.data.length ? grid : h("p", {}, "Nothing fits. ", h("a", { href: "/" }, "Show everything")),
    h("p", { class: "centre" }, more),
  ];
}

function filters(query, tree, go) {
  const chosen = (name) => query.get(name) ?? "";
  const amount = { inputmode: "decimal", size: 7, pattern: "[0-9]+([.][0-9]+)?" };
  const words = chosen("search");
  const orderings = Object.entries(ORDERINGS).filter(([value]) => words || value !== "relevance");
  const made = h(
    "form",
    { class: "filters", "aria-label": "Filters" },
    words && h("input", { type: "hidden", name: "search", value: words }),
    field("Category", h("select", { name: "category" }, new Option("All", ""), options(tree, chosen("category")))),
    field("Order", select("ordering", orderings, chosen("ordering") || (words ? "relevance" : "newest"))),
    field("Price from", input("min_price", { ...amount, value: chosen("min_price") })),
    field("Price to", input("max_price", { ...amount, value: chosen("max_price") })),
    field("In stock only", input("in_stock", { type: "checkbox", value: "true", checked: chosen("in_stock") === "true" })),
    h("button", {}, "Apply"),
  );
  const apply = (given) => go(`/?${new URLSearchParams([...new FormData(made)].filter(([, value]) => value))}`, given);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  // Whoever goes through a list by its arrows must not be torn from it; an amount may still be followed by the other one.
  made.addEventListener("change", ({ target }) => target.matches("select, [type=checkbox]") && apply({ stays: true }));
  return made;
}

function options(tree, chosen, depth = 0) {
  return tree.flatMap(({ name, slug, children }) => [
    new Option("\u2003".repeat(depth) + name, slug, false, slug === chosen),
    ...options(children, chosen, depth + 1),
  ]);
}

function select(name, choices, chosen) {
  return h("select", { name }, choices.map(([value, label]) => new Option(label, value, false, value === chosen)));
}

function card(product) {
  const price = (product.variants_count > 1 ? "from " : "") + money(product.price, product.currency);
  return h(
    "li",
    { class: "card" },
    picture(product.primary_image, "", 400),
    h("h2", {}, h("a", { href: `/product/${product.slug}` }, product.name)),
    h("p", { class: "price" }, price, product.compare_at_price && h("del", {}, money(product.compare_at_price, product.currency))),
    h("p", { class: product.stock ? "soft" : "wrong" }, stockWords(product.stock, product.is_low_stock)),
  );
}

export function stockWords(stock, isLow) {
  return stock === 0 ? "Sold out" : isLow ? `Only ${stock} left` : "In stock";
}
