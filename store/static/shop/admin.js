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
// that shows nothing else needs a name.
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("searchbar-submit")?.setAttribute("aria-label", "Search");
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    const control = icon.closest("a, button");
    if (!control || control.getAttribute("aria-label") || control.textContent.trim() !== icon.textContent.trim()) {
      icon.setAttribute("aria-hidden", "true");
    }
  }
});
