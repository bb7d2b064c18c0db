// The catalog: search, filters, and "Show more". The URL contains all parameters, so that it can be bookmarked and shared.
import { market, shop } from "../state.js";
import { button, field, formatMoney, h, input, isReduced, picture, title } from "../view.js";

const ORDERINGS = { newest: "Newest", relevance: "Relevance", price: "Price, low to high", "-price": "Price, high to low", name: "Name" };
const PARAMETERS = ["search", "category", "min_price", "max_price", "in_stock", "ordering"];
let last = null; // the page as the shopper left it, for the Back button: { address, nodes, y }

export async function catalog({ query, isBack, go, onLeave }) {
  const address = location.search + market().code;
  const nodes = isBack && last?.address === address ? last.nodes : await loadCatalog(query, go);
  const y = isBack && last?.address === address ? last.y : 0;
  onLeave(() => (last = { address, nodes, y: scrollY }));
  if (y) requestAnimationFrame(() => scrollTo(0, y));
  return nodes;
}

async function loadCatalog(query, go) {
  const parameters = new URLSearchParams([...query].filter(([name, value]) => PARAMETERS.includes(name) && value));
  parameters.set("page_size", "24");
  const [tree, first] = await Promise.all([shop("GET", "/products/categories/"), shop("GET", `/products/?${parameters}`)]);
  const grid = h("ul", { class: "grid" }, first.data.map((product) => card(product)));
  const more = button("Show more", async () => {
    const next = await shop("GET", more.next);
    const cards = next.data.map((product) => card(product));
    grid.append(...cards);
    cards[0]?.querySelector("a").focus();
    setNextPage(next);
  });
  const setNextPage = ({ pagination }) => {
    more.next = pagination.next;
    more.hidden = !pagination.next;
  };
  setNextPage(first);
  const search = query.get("search");
  document.querySelector("#search-words").value = search ?? "";
  return [
    title(search ? `Results for “${search}”` : "Catalog"),
    first.search && h("p", { role: "status" }, "Showing results for ", h("strong", {}, first.search.guessed), `, because nothing matches “${search}”.`),
    filters(query, tree.data, go),
    first.data.length ? grid : noResults(query),
    h("p", { class: "centre" }, more),
  ];
}

/** Return the message for an empty result, with advice and links to a wider one. */
function noResults(query) {
  const search = query.get("search");
  const hasFilters = PARAMETERS.some((name) => !["search", "ordering"].includes(name) && query.get(name));
  const advice = hasFilters ? "Try it with fewer filters." : search ? "Check the spelling, or try other or fewer words." : "There are no products here yet.";
  const withoutFilters = `/?${new URLSearchParams(search ? { search } : {})}`;
  return h(
    "div",
    { class: "stack", role: "status" },
    h("p", {}, search ? `No products found for “${search}”. ` : "No products found. ", advice),
    h("p", { class: "row" }, hasFilters && h("a", { href: withoutFilters }, "Remove the filters"), h("a", { href: "/" }, "Show all products")),
  );
}

function filters(query, tree, go) {
  const value = (name) => query.get(name) ?? "";
  const amount = { inputmode: "decimal", size: 7, pattern: "[0-9]+([.][0-9]+)?" };
  const search = value("search");
  const orderings = Object.entries(ORDERINGS).filter(([value]) => search || value !== "relevance");
  const element = h(
    "form",
    { class: "filters", "aria-label": "Filters" },
    search && h("input", { type: "hidden", name: "search", value: search }),
    field("Category", h("select", { name: "category" }, new Option("All", ""), options(tree, value("category")))),
    field("Sort by", select("ordering", orderings, value("ordering") || (search ? "relevance" : "newest"))),
    field("Price from", input("min_price", { ...amount, value: value("min_price") })),
    field("Price to", input("max_price", { ...amount, value: value("max_price") })),
    field("In stock only", input("in_stock", { type: "checkbox", value: "true", checked: value("in_stock") === "true" })),
    h("button", {}, "Apply"),
  );
  const apply = (options) => go(`/?${new URLSearchParams([...new FormData(element)].filter(([, value]) => value))}`, options);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  // Apply lists and checkboxes at once, and keep the focus for keyboard users. Amounts wait for the button, because there are two.
  element.addEventListener("change", ({ target }) => target.matches("select, [type=checkbox]") && apply({ keepFocus: true }));
  return element;
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

/** The card of a product in a grid; `level` is that of its heading. */
export function card(product, level = "h2") {
  const price = (product.variants_count > 1 ? "from " : "") + formatMoney(product.price, product.currency);
  return h(
    "li",
    { class: "card" },
    picture(product.primary_image, "", 400),
    h(level, {}, h("a", { href: `/product/${product.slug}` }, product.name)),
    h("p", { class: "price" }, price, isReduced(product) && h("del", {}, formatMoney(product.compare_at_price, product.currency))),
    h("p", { class: product.stock ? "soft" : "wrong" }, stockText(product.stock, product.is_low_stock)),
  );
}

export function stockText(stock, isLow) {
  return stock === 0 ? "Sold out" : isLow ? `Only ${stock} left` : "In stock";
}
