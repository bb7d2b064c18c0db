// What search engines and link previews read of a page. They see it only if they run scripts; docs/clients.md says how a server sends it.
import { h } from "./view.js";

const MAX_DESCRIPTION = 160; // characters, about what search engines show

/** Describe the current page in place of the previous one. */
export function setMetadata({ title, description = "", image = null, type = "website", url = null, isIndexed = true, data = null }, shopName) {
  document.head.querySelectorAll("[data-page]").forEach((element) => element.remove());
  const short = shorten(description);
  const property = (name, content) => content && h("meta", { property: name, content, "data-page": true });
  const named = (name, content) => content && h("meta", { name, content, "data-page": true });
  const elements = [
    named("description", short),
    !isIndexed && named("robots", "noindex"),
    url && h("link", { rel: "canonical", href: url, "data-page": true }),
    property("og:title", title),
    property("og:description", short),
    property("og:type", type),
    property("og:url", url ?? location.href.split("#")[0]),
    property("og:image", image),
    property("og:site_name", shopName),
    data && h("script", { type: "application/ld+json", "data-page": true }, JSON.stringify(data)),
  ];
  document.head.append(...elements.filter(Boolean));
}

/** Return the metadata of a product page, with schema.org's Product for search engines. */
export function describeProduct({ name, description, images, primary_image: primary, variants }) {
  const url = location.origin + location.pathname;
  const pictures = images.length ? images.map((image) => image.url) : [primary].filter(Boolean);
  const offers = variants.map(({ sku, price, currency, stock }) => ({
    "@type": "Offer",
    sku,
    price,
    priceCurrency: currency,
    availability: `https://schema.org/${stock ? "InStock" : "OutOfStock"}`,
    url,
  }));
  const text = description || name;
  const data = { "@context": "https://schema.org", "@type": "Product", name, description: text, image: pictures, sku: variants[0]?.sku, url, offers };
  return { description: text, image: pictures[0], type: "product", url, data };
}

function shorten(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, MAX_DESCRIPTION - 1).replace(/\s+\S*$/, "")}…`;
}
