// The page for an address that does not exist, with ways on.
import { h, title } from "../view.js";

export function notFound({ describe }) {
  describe({ isIndexed: false });
  return notFoundContent("This page does not exist. It may have moved, or the link is incomplete.");
}

export function notFoundContent(text) {
  const words = h("input", { id: "other-words", type: "search", name: "search", maxlength: 200, autocomplete: "off" });
  return [
    title("Not found"),
    h("p", { role: "alert" }, text),
    h(
      "form",
      { role: "search", action: "/", class: "row", "aria-label": "Search again" },
      h("div", { class: "field" }, h("label", { for: words.id }, "Search for a product"), words),
      h("button", {}, "Search"),
    ),
    h("p", {}, h("a", { href: "/" }, "Go to the catalog")),
  ];
}
