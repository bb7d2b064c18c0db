// Alpine's CSP build reads the expressions of Unfold's templates by itself, without eval, but knows neither globals nor
// statements. So the functions of Unfold's app.js become data of Alpine here, and the few expressions that use more
// than it reads are put into other words before it starts.
document.addEventListener("alpine:init", () => {
  const { Alpine } = window;
  for (const name of ["theme", "searchForm", "searchCommand"]) {
    Alpine.data(name, (...given) => window[name](...given));
  }

  const body = document.body;
  const first = /activeTab: '([^']*)'/.exec(body.getAttribute("x-data") ?? "")?.[1] ?? "";
  Alpine.data("page", () => ({
    activeTab: (first && getCurrentTab()) || first,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    init() {
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    hereWithTab() {
      const here = window.location.pathname + window.location.search;
      return this.activeTab && this.activeTab !== "general" ? `${here}#${this.activeTab}` : here;
    },
  }));
  body.setAttribute("x-data", "page");
  body.removeAttribute("x-init");

  const reworded = [
    ["x-on:click", "sidebarDesktopOpen = !sidebarDesktopOpen;", "sidebarDesktopOpen = !sidebarDesktopOpen"],
    ["x-bind:action", "activeTab && activeTab !== 'general' ?", "hereWithTab()"],
    ["x-on:keydown.enter.prevent", "if (!$event.metaKey", "!$event.metaKey && !$event.ctrlKey && selectItem(false, false)"],
  ];
  for (const [attribute, begin, words] of reworded) {
    for (const element of document.querySelectorAll(`[${CSS.escape(attribute)}^="${begin}"]`)) {
      element.setAttribute(attribute, words);
    }
  }
});

// Unfold's icons are words in a font that draws them: beside other words they are not to be read out, and a control
// that shows nothing else needs a name. Some controls are made while the page loads.
function nameControls() {
  document.getElementById("searchbar-submit")?.setAttribute("aria-label", "Search");
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    const control = icon.closest("a, button");
    const words = icon.textContent.trim();
    if (words === "more_horiz") control?.setAttribute("aria-label", "More");
    if (!control || control.getAttribute("aria-label") || control.textContent.trim() !== words) {
      icon.setAttribute("aria-hidden", "true");
    }
  }
  for (const input of document.querySelectorAll("input[placeholder]:not([aria-label])")) {
    if (!input.labels.length) input.setAttribute("aria-label", input.placeholder);
  }
  // Select2 names its boxes by what is chosen in them, which may be nothing: the label comes first.
  for (const box of document.querySelectorAll(".select2-selection")) {
    const label = box.closest(".select2").previousElementSibling?.labels?.[0];
    const chosen = box.querySelector("[role=textbox]");
    if (!label || !chosen) continue;
    label.id ||= `${label.htmlFor}_label`;
    chosen.setAttribute("aria-labelledby", label.id);
    box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
  }
}
document.addEventListener("DOMContentLoaded", nameControls);
window.addEventListener("load", nameControls);

// Chart.js draws its words itself; they follow the theme. Unfold draws its charts anew when the theme has changed.
const inks = { true: "#d1d5db", false: "#4b5563" };
const ink = () => {
  if (window.Chart) window.Chart.defaults.color = inks[document.documentElement.classList.contains("dark")];
};
new MutationObserver(ink).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
document.addEventListener("DOMContentLoaded", ink);
