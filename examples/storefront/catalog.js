// Lists the catalog from the API on another origin: the smallest shop front there is.
const port = new URLSearchParams(location.search).get("api") ?? "8000";
const API = `${location.protocol}//${location.hostname}:${port}/api`;
const form = document.querySelector("#filters");
const list = document.querySelector("#products");
const state = document.querySelector("#state");
const more = document.querySelector("#more");
let next = null;
let asked = 0;

async function get(url) {
  const response = await fetch(url, { credentials: "include", headers: { "X-Market": form.market.value || "in" } });
  const body = await response.json();
  if (!body.success) throw new Error(body.message);
  return body;
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function card(product) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  Object.assign(picture, { src: product.primary_image ?? "data:,", alt: "", width: 800, height: 800, loading: "lazy" });
  const price = element("p", `${product.variants_count > 1 ? "from " : ""}${product.price} ${product.currency} `, "price");
  if (product.compare_at_price) price.append(element("del", product.compare_at_price));
  const left = product.stock === 0 ? "Sold out" : product.is_low_stock ? `Only ${product.stock} left` : "In stock";
  const text = document.createElement("div");
  text.append(element("h2", product.name), price, element("p", `${product.category?.name ?? ""} · ${left}`));
  item.append(picture, text);
  return item;
}

async function show(url, isMore = false) {
  const turn = ++asked;
  state.textContent = "Loading …";
  try {
    const body = await get(url);
    if (turn !== asked) return; // a newer question has been asked meanwhile
    if (!isMore) list.replaceChildren();
    list.append(...body.data.map(card));
    next = body.pagination.next;
    state.textContent = list.children.length ? "" : "Nothing fits.";
  } catch (problem) {
    state.textContent = `The catalog could not be loaded: ${problem.message}`;
    next = null;
  }
  more.hidden = !next;
}

function search() {
  const query = new URLSearchParams({ search: form.search.value, ordering: form.ordering.value });
  show(`${API}/products/?${query}`);
}

form.addEventListener("input", search);
form.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => show(next, true));

const config = await get(`${API}/config/`).catch(() => null);
if (config) {
  document.title = document.querySelector("#shop").textContent = config.data.shop_name;
  form.market.append(...config.data.markets.map(({ code, currency }) => new Option(`${code.toUpperCase()} (${currency})`, code)));
}
search();
