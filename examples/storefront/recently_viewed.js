// The products that were viewed last in this browser. Only what the cards show is stored: neither prices nor anything about the shopper.
import { readStorage, writeStorage } from "./api.js";

const KEY = "recently_viewed";
const MAX_STORED = 7; // one more than a page shows, which leaves out its own product

/** Return the products, last viewed first: `{slug, name, image}`. */
export function getRecentlyViewed() {
  try {
    const stored = JSON.parse(readStorage("localStorage", KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((product) => product?.slug && product.name) : [];
  } catch {
    return []; // another page of this origin wrote something else there
  }
}

export function rememberViewed({ slug, name, primary_image: image }) {
  const others = getRecentlyViewed().filter((product) => product.slug !== slug);
  writeStorage("localStorage", KEY, JSON.stringify([{ slug, name, image }, ...others].slice(0, MAX_STORED)));
}

/** Forget one product, which the shop no longer has, or all. */
export function forgetViewed(slug = null) {
  const others = slug ? getRecentlyViewed().filter((product) => product.slug !== slug) : [];
  writeStorage("localStorage", KEY, others.length ? JSON.stringify(others) : null);
}
