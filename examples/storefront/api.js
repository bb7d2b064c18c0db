// The reference client: what a page on another origin must do to talk to the shop. No build, no package; copy it.
//
//   const shop = client("https://api.shop.example/api");
//   const { data: products } = await shop("GET", "/products/?search=lamp");
//   await shop("POST", "/cart/add/", { product_id: products[0].id });
//   await shop("POST", "/orders/create/", order, { "Idempotency-Key": attempt(order) });
//
// A refusal is thrown: `code` is for programs, `message` for people, `errors` by field, `details` where there are any.

export class Refusal extends Error {
  constructor(answer, retryAfter = null) {
    super(answer.message);
    Object.assign(this, answer, { retryAfter }); // seconds
  }
}

const UNREACHABLE = { success: false, status: 0, code: "unreachable", message: "The shop cannot be reached.", errors: {} };

/** Return the function that calls the shop; `market()` names the caller's market, where he has chosen one. */
export function client(base, market = () => null) {
  let refreshing = null;
  let refreshed = 0; // times

  async function send(method, path, body, headers = {}) {
    const key = kept("localStorage", "cart_key");
    const chosen = market();
    let answer;
    try {
      answer = await fetch(path.startsWith("http") ? path : base + path, {
        method,
        credentials: "include", // the cookies of the sign-in and of the guest's cart
        headers: {
          ...(body && { "Content-Type": "application/json" }),
          ...(key && { "X-Cart-Token": key }),
          ...(chosen && { "X-Market": chosen }),
          ...headers,
        },
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new Refusal(UNREACHABLE);
    }
    const given = answer.headers.get("X-Cart-Token");
    if (given) keep("localStorage", "cart_key", given); // for the day on which the cookie is gone
    const said = await answer.json().catch(() => UNREACHABLE);
    // What has no code comes from somebody between, such as a proxy whose shop is being restarted.
    if (!said?.success) throw new Refusal(said?.code ? said : UNREACHABLE, Number(answer.headers.get("Retry-After")) || null);
    return said;
  }

  return async function shop(method, path, body, headers) {
    const before = refreshed;
    try {
      return await send(method, path, body, headers);
    } catch (refusal) {
      if (refusal.code !== "token_expired") throw refusal;
    }
    // However many calls find out at once, one of them refreshes; who finds out when that is done need not.
    if (before === refreshed) {
      refreshing ??= send("POST", "/auth/refresh/", {})
        .then(() => (refreshed += 1))
        .finally(() => (refreshing = null));
      await refreshing;
    }
    return send(method, path, body, headers);
  };
}

/** Return the key of this attempt to buy: the same for the same order, after a double click or a reload too. */
export function attempt(order) {
  const text = JSON.stringify(order);
  const [last, key] = JSON.parse(kept("sessionStorage", "attempt") ?? "[]");
  if (last === text) return key;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  keep("sessionStorage", "attempt", JSON.stringify([text, made]));
  return made;
}

/** Forget the attempt: what is bought next is another order, even if it is of the same things. */
export function bought() {
  keep("sessionStorage", "attempt", null);
}

// A browser may refuse its storage, and then even to name it fails: what is kept lives as long as this page, and the cookies must do.
const memory = new Map();

export function kept(storage, name) {
  try {
    return memory.get(name) ?? globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}

export function keep(storage, name, value) {
  try {
    memory.delete(name);
    if (value === null) globalThis[storage].removeItem(name);
    else globalThis[storage].setItem(name, value);
  } catch {
    if (value !== null) memory.set(name, value);
  }
}
