// What the pages share: the way to the shop, who is signed in, how much is in the cart, the market, guests' orders.
import { client, keep, kept } from "./api.js";

const base = document.querySelector("meta[name=shop-api]").content;
export const shop = client(base, () => kept("localStorage", "market"));
export const state = { config: null, user: null, units: 0 };
const listeners = [];

export function onChange(listener) {
  listeners.push(listener);
}

export function changed(given = {}) {
  Object.assign(state, given);
  listeners.forEach((listener) => listener());
}

export function market() {
  const code = kept("localStorage", "market");
  return state.config.markets.find((one) => one.code === code) ?? state.config.markets.find((one) => one.is_default);
}

/** Ask the shop what it is, what the cart holds, and by whom it is asked. */
export async function begin() {
  [state.config] = await Promise.all([shop("GET", "/config/").then(({ data }) => data), recount()]);
}

export async function recount() {
  const { data, owner } = await shop("GET", "/cart/summary/");
  const user = owner.type !== "user" ? null : state.user?.id === owner.user_id ? state.user : (await shop("GET", "/auth/me/")).data;
  changed({ units: data.total_items, user });
}

/** A guest reads his order by a token that he got when he placed it. */
export function tokens() {
  return JSON.parse(kept("localStorage", "order_tokens") ?? "{}");
}

export function keepToken(number, token) {
  const { [number]: _, ...others } = tokens();
  keep("localStorage", "order_tokens", JSON.stringify(token ? { ...others, [number]: token } : others));
}

export function byToken(number) {
  const token = tokens()[number];
  return token ? { "X-Order-Token": token } : {};
}

export function choose(code) {
  keep("localStorage", "market", code);
}
