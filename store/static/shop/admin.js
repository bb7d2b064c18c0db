// Alpine's CSP build evaluates the expressions in Unfold's templates without eval, but supports neither globals nor
// statements. So this script registers the functions of Unfold's app.js as Alpine data, and replaces the few unsupported
// expressions before Alpine starts.
document.addEventListener("alpine:init", () => {
  const { Alpine } = window;
  for (const name of ["theme", "searchForm", "searchCommand"]) {
    Alpine.data(name, (...args) => window[name](...args));
  }

  const body = document.body;
  const initialTab = /activeTab: '([^']*)'/.exec(body.getAttribute("x-data") ?? "")?.[1] ?? "";
  Alpine.data("page", () => ({
    activeTab: (initialTab && getCurrentTab()) || initialTab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    init() {
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    currentUrl() {
      const url = window.location.pathname + window.location.search;
      return this.activeTab && this.activeTab !== "general" ? `${url}#${this.activeTab}` : url;
    },
  }));
  body.setAttribute("x-data", "page");
  body.removeAttribute("x-init");

  const replacements = [
    ["x-on:click", "sidebarDesktopOpen = !sidebarDesktopOpen;", "sidebarDesktopOpen = !sidebarDesktopOpen"],
    ["x-bind:action", "activeTab && activeTab !== 'general' ?", "currentUrl()"],
    ["x-on:keydown.enter.prevent", "if (!$event.metaKey", "!$event.metaKey && !$event.ctrlKey && selectItem(false, false)"],
  ];
  for (const [attribute, prefix, expression] of replacements) {
    for (const element of document.querySelectorAll(`[${CSS.escape(attribute)}^="${prefix}"]`)) {
      element.setAttribute(attribute, expression);
    }
  }
});

// Unfold's icons are ligatures of an icon font. Hide them from screen readers if the control has other text, and name
// the controls that have none. Some controls are created while the page loads.
function nameControls() {
  document.getElementById("searchbar-submit")?.setAttribute("aria-label", "Search");
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    const control = icon.closest("a, button");
    const text = icon.textContent.trim();
    if (text === "more_horiz") control?.setAttribute("aria-label", "More");
    if (!control || control.getAttribute("aria-label") || control.textContent.trim() !== text) {
      icon.setAttribute("aria-hidden", "true");
    }
  }
  for (const input of document.querySelectorAll("input[placeholder]:not([aria-label])")) {
    if (!input.labels.length) input.setAttribute("aria-label", input.placeholder);
  }
  for (const cell of document.querySelectorAll("td[data-label]")) {
    cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1); // as in the head of the table
  }
  for (const icon of document.querySelectorAll(".datetimeshortcuts [title]")) {
    icon.closest("a").setAttribute("aria-label", icon.title); // of Django's calendar and clock
  }
  // Select2 labels its boxes with the selected value, which may be empty: add the field's label in front. A box of several
  // values has a search field instead, without a label.
  for (const box of document.querySelectorAll(".select2-selection")) {
    const label = box.closest(".select2").previousElementSibling?.labels?.[0];
    const selection = box.querySelector("[role=textbox], [role=searchbox]");
    if (!label || !selection) continue;
    label.id ||= `${label.htmlFor}_label`;
    selection.setAttribute("aria-labelledby", label.id);
    box.setAttribute("aria-labelledby", `${label.id} ${selection.id}`.trim());
  }
}
document.addEventListener("DOMContentLoaded", () => {
  nameControls();
  window.django?.jQuery?.(nameControls); // Select2 is created in jQuery's ready callbacks, which may run after the load event
});
window.addEventListener("load", () => window.setTimeout(nameControls)); // after the other handlers, one of which adds the calendar

// Chart.js draws its text on a canvas, so set its colour from the theme. Unfold redraws its charts when the theme changes.
const textColors = { true: "#d1d5db", false: "#4b5563" };
const updateChartColor = () => {
  if (window.Chart) window.Chart.defaults.color = textColors[document.documentElement.classList.contains("dark")];
};
new MutationObserver(updateChartColor).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
document.addEventListener("DOMContentLoaded", updateChartColor);

// After Back, the browser restores the action that was chosen below a list, but Alpine does not know of it, and hides "Run".
window.addEventListener("pageshow", () => {
  for (const action of document.querySelectorAll("#changelist-actions select[name=action]")) {
    action.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// Unfold shows the name of the first file that was chosen, whether or not there are others.
document.addEventListener("change", ({ target }) => {
  if (target.type !== "file" || target.files.length < 2) return;
  const text = target.parentNode.parentNode.parentNode.querySelector("input[type=text]");
  text?.setAttribute("value", `${target.files.length} files: ${Array.from(target.files, (file) => file.name).join(", ")}`);
});
