// State shared by the pages: the API client, the signed-in user, the cart count, the market, and guests' order tokens.
import { client, readStorage, writeStorage } from "./api.js";

const base = document.querySelector("meta[name=shop-api]").content;
const call = client(base, () => (state.config ? market().code : null));
export const state = { config: null, user: null, units: 0 };
const listeners = [];
let userListener = () => {};
let countries = null; // a promise

/** Call the shop; if the response is for another user than the one shown, refresh the user. */
export async function shop(...request) {
  try {
    const payload = await call(...request);
    if (state.config && payload.owner && payload.owner.user_id !== (state.user?.id ?? null)) await refreshUser();
    return payload;
  } catch (refusal) {
    if (state.user && [401, 404].includes(refusal.status)) await refreshUser(); // other users cannot see this user's objects
    throw refusal;
  }
}

/** Refresh the user and the cart count: another tab may have changed them, or the session has ended. */
export async function refreshUser() {
  const previousId = state.user?.id;
  await refreshCart();
  if (state.user?.id !== previousId) userListener();
}

/** `listener` is called when the signed-in user has changed outside of this page. */
export function onUserChange(listener) {
  userListener = listener;
}

export function onChange(listener) {
  listeners.push(listener);
}

export function update(changes = {}) {
  Object.assign(state, changes);
  listeners.forEach((listener) => listener());
}

/** Return the chosen market if the shop still has it, otherwise the default market. */
export function market() {
  const code = readStorage("localStorage", "market");
  const { markets } = state.config;
  return markets.find((candidate) => candidate.code === code) ?? markets.find((candidate) => candidate.is_default);
}

/** Load the shop's configuration, the cart count and the signed-in user. */
export async function initialize() {
  state.config = (await call("GET", "/config/")).data;
  await refreshCart();
}

/** Load the countries with what their address forms ask for, once. */
export function loadCountries() {
  countries ??= call("GET", "/config/countries/").catch((refusal) => {
    countries = null;
    throw refusal;
  });
  return countries.then(({ data }) => data);
}

export async function refreshCart() {
  // The response to an ended session deletes its cookies, so the next call is a guest's.
  const summary = () => call("GET", "/cart/summary/");
  const { data, owner } = await summary().catch((refusal) => (refusal.status === 401 ? summary() : Promise.reject(refusal)));
  const user = owner.type !== "user" ? null : state.user?.id === owner.user_id ? state.user : (await call("GET", "/auth/me/")).data;
  update({ units: data.total_items, user });
}

/** Remember a product that a guest wants on their wishlist, until they have signed in or up. */
export function rememberForWishlist(productId) {
  writeStorage("sessionStorage", "wishlistProduct", String(productId));
}

/** Add the remembered product to the wishlist of the user who has signed in; return the shop's message, if there is one. */
export async function addRememberedToWishlist() {
  const productId = readStorage("sessionStorage", "wishlistProduct");
  if (!productId) return null;
  writeStorage("sessionStorage", "wishlistProduct", null);
  return shop("POST", "/cart/wishlist/add/", { product_id: productId }).then(
    ({ message }) => message,
    ({ message }) => message,
  );
}

/** Return the tokens by which guests read their orders, by order number. */
export function orderTokens() {
  return JSON.parse(readStorage("localStorage", "order_tokens") ?? "{}");
}

export function saveOrderToken(number, token) {
  const { [number]: _, ...others } = orderTokens();
  writeStorage("localStorage", "order_tokens", JSON.stringify(token ? { ...others, [number]: token } : others));
}

export function orderTokenHeader(number) {
  const token = orderTokens()[number];
  return token ? { "X-Order-Token": token } : {};
}

export function chooseMarket(code) {
  writeStorage("localStorage", "market", code);
}
