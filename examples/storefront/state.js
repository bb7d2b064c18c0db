// What the pages share: the way to the shop, who is signed in, how much is in the cart, the market, guests' orders.
import { client, keep, kept } from "./api.js";

const base = document.querySelector("meta[name=shop-api]").content;
const call = client(base, () => (state.config ? market().code : null));
export const state = { config: null, user: null, units: 0 };
const listeners = [];
let other = () => {};

/** Ask the shop; an answer to somebody else than the reader who is shown here is looked into. */
export async function shop(...asked) {
  try {
    const answer = await call(...asked);
    if (state.config && answer.owner && answer.owner.user_id !== (state.user?.id ?? null)) await look();
    return answer;
  } catch (refusal) {
    if (state.user && [401, 404].includes(refusal.status)) await look(); // nobody else finds what is one's own
    throw refusal;
  }
}

/** See who is signed in, and how much is in the cart: another tab may have changed it, or the session has ended. */
export async function look() {
  const before = state.user?.id;
  await recount();
  if (state.user?.id !== before) other();
}

/** `listener` is called when another is signed in than before, or nobody any more, and not by what was done here. */
export function onOther(listener) {
  other = listener;
}

export function onChange(listener) {
  listeners.push(listener);
}

export function changed(given = {}) {
  Object.assign(state, given);
  listeners.forEach((listener) => listener());
}

/** The market that the reader has chosen, if the shop still has it, or the shop's own. */
export function market() {
  const code = kept("localStorage", "market");
  return state.config.markets.find((one) => one.code === code) ?? state.config.markets.find((one) => one.is_default);
}

/** Ask the shop what it is, what the cart holds, and by whom it is asked. */
export async function begin() {
  state.config = (await call("GET", "/config/")).data;
  await recount();
}

export async function recount() {
  // The answer to a session that has ended takes its cookies away: the next call is a guest's.
  const summary = () => call("GET", "/cart/summary/");
  const { data, owner } = await summary().catch((refusal) => (refusal.status === 401 ? summary() : Promise.reject(refusal)));
  const user = owner.type !== "user" ? null : state.user?.id === owner.user_id ? state.user : (await call("GET", "/auth/me/")).data;
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
