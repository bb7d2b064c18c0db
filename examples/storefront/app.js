// Routing, and the header, search, market and footer around every page.
import { chooseMarket, initialize, market, onChange, onUserChange, refreshCart, refreshUser, state } from "./state.js";
import { setMetadata } from "./metadata.js";
import { button, clearNotices, errorText, h, notify, render, showError, title } from "./view.js";
import { account } from "./pages/account.js";
import { addresses } from "./pages/addresses.js";
import { cart } from "./pages/cart.js";
import { catalog } from "./pages/catalog.js";
import { checkout } from "./pages/checkout.js";
import { notFound, notFoundContent } from "./pages/not_found.js";
import { order, orders } from "./pages/orders.js";
import { product } from "./pages/product.js";
import { resetPassword, signIn, signUp, verifyEmail } from "./pages/sign_in.js";
import { wishlist } from "./pages/wishlist.js";

const ROUTES = [ // serve.py has a copy, so that it can answer 404
  [/^\/$/, catalog],
  [/^\/product\/([^/]+)$/, product],
  [/^\/cart$/, cart],
  [/^\/checkout$/, checkout],
  [/^\/checkout\/(?:success|cancel)$/, order],
  [/^\/orders\/([^/]+)$/, order],
  [/^\/orders$/, orders],
  [/^\/wishlist$/, wishlist],
  [/^\/sign-in$/, signIn],
  [/^\/sign-up$/, signUp],
  [/^\/account$/, account],
  [/^\/addresses$/, addresses],
  [/^\/reset-password$/, resetPassword],
  [/^\/verify-email$/, verifyEmail],
];
const main = document.querySelector("#main");
let navigation = 0;
let onLeave = () => {}; // called before the current page is replaced
let shownUrl = null;

/** Navigate to a URL of this shop front and focus its heading; with `keepFocus`, focus the control with the same name instead. */
export function go(url, { replace = false, keepFocus = false } = {}) {
  const isCurrent = new URL(url, location.href).href === location.href;
  history[replace || isCurrent ? "replaceState" : "pushState"]({}, "", url);
  return show({ keepFocus });
}

async function show({ isBack = false, keepFocus = false } = {}) {
  const current = ++navigation;
  onLeave();
  onLeave = () => {};
  const startUrl = location.href;
  clearNotices({ isSamePage: startUrl === shownUrl });
  shownUrl = startUrl;
  const { pathname, searchParams, hash } = new URL(startUrl);
  const [page, param] = matchRoute(pathname);
  const slow = setTimeout(() => current === navigation && render(main, h("p", { class: "soft", role: "status" }, "Loading …")), 200);
  main.setAttribute("aria-busy", "true");
  let content;
  let metadata = {};
  try {
    content = await page({
      param,
      query: searchParams,
      fragment: new URLSearchParams(hash.slice(1)),
      isBack,
      go,
      goIfStillHere: (...to) => location.href === startUrl && go(...to), // unless the shopper has navigated away in the meantime
      reload: show,
      isActive: () => current === navigation,
      describe: (given) => (metadata = given), // for search engines and link previews
      onLeave: (callback) => current === navigation && (onLeave = callback),
    });
  } catch (refusal) {
    if (refusal.code === undefined) setTimeout(() => { throw refusal; }); // a bug in this page; log it to the console
    content = errorPage(refusal.code === undefined ? { status: 0, code: "", message: "Something went wrong on this page." } : refusal);
    metadata = { isIndexed: false };
  } finally {
    clearTimeout(slow);
  }
  if (current !== navigation) return; // superseded by another navigation
  const focusedName = keepFocus && main.contains(document.activeElement) && document.activeElement.name;
  render(main, content);
  main.removeAttribute("aria-busy");
  const heading = main.querySelector("h1");
  document.title = [heading?.textContent, state.config.shop_name].filter(Boolean).join(" – ");
  setMetadata({ title: heading?.textContent, ...metadata }, state.config.shop_name);
  if (isBack || (keepFocus && !main.contains(document.activeElement) && document.activeElement !== document.body)) return;
  const control = focusedName ? main.querySelector(`[name="${focusedName}"]`) : null;
  if (!control) scrollTo(0, 0);
  (control ?? heading ?? main).focus({ preventScroll: true });
}

function matchRoute(path) {
  for (const [pattern, page] of ROUTES) {
    const match = pattern.exec(path.replace(/(.)\/$/, "$1"));
    if (match) return [page, match[1] && decodeURIComponent(match[1])];
  }
  return [notFound];
}

function errorPage(refusal) {
  if (refusal.status === 401) {
    const next = encodeURIComponent(location.pathname + location.search);
    return [title("Please sign in"), h("p", {}, h("a", { class: "button main", href: `/sign-in?next=${next}` }, "Sign in"))];
  }
  if (refusal.status === 404) return notFoundContent(`${errorText(refusal)}.`);
  return [title("Something went wrong"), h("p", { role: "alert" }, errorText(refusal)), button("Try again", () => show())];
}

function updateHeader() {
  document.querySelector("#account-link").textContent = state.user ? state.user.first_name || "Account" : "Sign in";
  const badge = document.querySelector("#cart-count");
  badge.textContent = state.units;
  badge.hidden = !state.units;
  document.querySelector("#cart-link").setAttribute("aria-label", `Cart, ${state.units} ${state.units === 1 ? "item" : "items"}`);
}

/** Show how to reach the shop, if its staff have entered that. */
function showContact({ contact_email: email, contact_phone: phone }) {
  const links = [email && h("a", { href: `mailto:${email}` }, email), phone && h("a", { href: `tel:${phone.replace(/[^+\d]/g, "")}` }, phone)].filter(Boolean);
  const contact = document.querySelector("#contact");
  render(contact, "Contact: ", links.flatMap((link, index) => (index ? [" · ", link] : [link])));
  contact.hidden = !links.length;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !isPlainClick || link.origin !== location.origin || link.target || /\.\w+$/.test(link.pathname)) return;
  event.preventDefault();
  if (link.classList.contains("skip")) return main.focus(); // keep the URL: it may contain parameters of the page
  go(link.href);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[role=search]")) return;
  event.preventDefault();
  go(`/?${new URLSearchParams(new FormData(event.target))}`);
});
addEventListener("popstate", () => show({ isBack: true }));
// A page restored from the back/forward cache, for example after the payment page, may be outdated.
addEventListener("pageshow", (event) => event.persisted && Promise.all([refreshCart(), show()]).catch(showError));
// Another tab may have signed in or out or placed an order, so check when this tab becomes visible again.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && state.config && refreshUser().catch(() => {}));
onUserChange(() => {
  show().catch(showError);
  if (!state.user) notify("You have been signed out.", "bad");
});

onChange(updateHeader);
try {
  await initialize();
  document.querySelector("#shop-name").textContent = state.config.shop_name;
  showContact(state.config);
  const choice = document.querySelector("#market");
  choice.append(...state.config.markets.map(({ code, currency }) => new Option(`${code.toUpperCase()} (${currency})`, code)));
  choice.value = market().code;
  choice.addEventListener("change", () => {
    chooseMarket(choice.value);
    Promise.all([refreshCart(), show({ keepFocus: true })]).catch(showError);
  });
  await show();
  document.querySelector("footer").hidden = false; // only now, so that content inserted above does not move it
} catch (refusal) {
  render(main, errorPage(refusal), h("p", {}, button("Reload", () => location.reload())));
}
