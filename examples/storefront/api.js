// The reference client: everything that a page on another origin needs to call the shop's API. No build step, no package; copy this file.
//
//   const shop = client("https://api.shop.example/api");
//   const { data: products } = await shop("GET", "/products/?search=lamp");
//   await shop("POST", "/cart/add/", { product_id: products[0].id });
//   await addCode(shop, "WELCOME10");
//   const { data: delivery } = await chooseDelivery(shop, { country: "IN", postal_code: "411001" });
//   await shop("POST", "/orders/create/", order, { "Idempotency-Key": idempotencyKey(order) });
//
// An error response is thrown as a Refusal: `code` for programs, `message` for people, `errors` by field, and optional `details`.

export class Refusal extends Error {
  constructor(body, retryAfter = null) {
    super(body.message);
    Object.assign(this, body, { retryAfter }); // seconds
  }
}

const UNREACHABLE = { success: false, status: 0, code: "unreachable", message: "The shop cannot be reached.", errors: {} };

/** Return a function that calls the shop; `market()` returns the shopper's market, or null for the default. */
export function client(base, market = () => null) {
  let refreshing = null;
  let refreshCount = 0;

  async function send(method, path, body, headers = {}) {
    const key = readStorage("localStorage", "cart_key");
    const marketCode = market();
    let response;
    try {
      response = await fetch(path.startsWith("http") ? path : base + path, {
        method,
        credentials: "include", // session cookies and the guest cart cookie
        headers: {
          ...(body && { "Content-Type": "application/json" }),
          ...(key && { "X-Cart-Token": key }),
          ...(marketCode && { "X-Market": marketCode }),
          ...headers,
        },
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new Refusal(UNREACHABLE);
    }
    const cartToken = response.headers.get("X-Cart-Token");
    if (cartToken) writeStorage("localStorage", "cart_key", cartToken); // in case the browser drops the cookie
    const payload = await response.json().catch(() => UNREACHABLE);
    // A body without a code comes from an intermediary, such as a proxy while the shop restarts.
    if (!payload?.success) throw new Refusal(payload?.code ? payload : UNREACHABLE, Number(response.headers.get("Retry-After")) || null);
    return payload;
  }

  return async function shop(method, path, body, headers) {
    const countBefore = refreshCount;
    try {
      return await send(method, path, body, headers);
    } catch (refusal) {
      if (refusal.code !== "token_expired") throw refusal;
    }
    // Concurrent calls share one refresh; a call that fails after the refresh is done only needs to be repeated.
    if (countBefore === refreshCount) {
      refreshing ??= send("POST", "/auth/refresh/", {})
        .then(() => (refreshCount += 1))
        .finally(() => (refreshing = null));
      await refreshing;
    }
    return send(method, path, body, headers);
  };
}

/** Add a promotion code to the cart. `cart.codes` of the answer says whether it counts now and, if not, why. */
export function addCode(shop, code) {
  return shop("POST", "/cart/codes/", { code });
}

/** Remove a promotion code from the cart. */
export function removeCode(shop, code) {
  return shop("DELETE", `/cart/codes/${encodeURIComponent(code)}/`);
}

/**
 * Ask whether the shop delivers to a place, `{country, postal_code, state}`, and how; with a product's id, at the price for one unit of it.
 *
 * 400 `postal_code_needed`, `state_needed` or `country_needed` names in `errors` what has to be known first.
 */
export function checkDelivery(shop, place, productId = null) {
  const query = new URLSearchParams(productId === null ? place : { ...place, product_id: productId });
  return shop("GET", `/delivery/check/?${query}`);
}

/** Get the shipping methods for the cart. `methods[].payments[]` has the total with each payment method, the `expected_total` of an order. */
export function getDelivery(shop) {
  return shop("GET", "/cart/delivery/");
}

/** Choose where the cart is to be delivered and how; what `choice`, `{country, postal_code, state, method}`, leaves out stays as it is. */
export function chooseDelivery(shop, choice) {
  return shop("POST", "/cart/delivery/", choice);
}

/** Return the idempotency key of an order: the same for the same order, also after a double click or a reload. */
export function idempotencyKey(order) {
  const text = JSON.stringify(order);
  const [lastOrder, lastKey] = JSON.parse(readStorage("sessionStorage", "attempt") ?? "[]");
  if (lastOrder === text) return lastKey;
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  writeStorage("sessionStorage", "attempt", JSON.stringify([text, key]));
  return key;
}

/** Forget the key once the order is placed, so that an identical order later is a new one. */
export function forgetIdempotencyKey() {
  writeStorage("sessionStorage", "attempt", null);
}

// If the browser blocks storage, even accessing `localStorage` throws. Values then live as long as the page, and the cookies have to suffice.
const memory = new Map();

export function readStorage(storage, name) {
  try {
    return memory.get(name) ?? globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}

export function writeStorage(storage, name, value) {
  try {
    memory.delete(name);
    if (value === null) globalThis[storage].removeItem(name);
    else globalThis[storage].setItem(name, value);
  } catch {
    if (value !== null) memory.set(name, value);
  }
}
