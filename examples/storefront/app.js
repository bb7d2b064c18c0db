// Which page an address means, and what stands around every page.
import { begin, choose, look, market, onChange, onOther, recount, state } from "./state.js";
import { button, fail, h, notice, put, title, words } from "./view.js";
import { account, resetPassword, signIn, signUp, verifyEmail } from "./pages/account.js";
import { cart } from "./pages/cart.js";
import { catalog } from "./pages/catalog.js";
import { checkout } from "./pages/checkout.js";
import { order, orders } from "./pages/orders.js";
import { product } from "./pages/product.js";
import { wishlist } from "./pages/wishlist.js";

const ROUTES = [
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
  [/^\/reset-password$/, resetPassword],
  [/^\/verify-email$/, verifyEmail],
];
const main = document.querySelector("#main");
let turn = 0;
let leave = () => {}; // what the page that is shown wants to know before it goes

/** Go to an address of this shop front. The focus goes to its heading, or with `stays` to the control of the same name. */
export function go(address, { replace = false, stays = false } = {}) {
  const isHere = new URL(address, location.href).href === location.href;
  history[replace || isHere ? "replaceState" : "pushState"]({}, "", address);
  return show({ stays });
}

async function show({ isBack = false, stays = false } = {}) {
  const mine = ++turn;
  leave();
  leave = () => {};
  document.querySelectorAll("#notices .bad").forEach((old) => old.remove()); // of the page before
  const here = location.href;
  const { pathname, searchParams, hash } = new URL(here);
  const [page, part] = matched(pathname);
  const slow = setTimeout(() => mine === turn && put(main, h("p", { class: "soft", role: "status" }, "Loading …")), 200);
  main.setAttribute("aria-busy", "true");
  let made;
  try {
    made = await page({
      part,
      query: searchParams,
      fragment: new URLSearchParams(hash.slice(1)),
      isBack,
      go,
      goOn: (...to) => location.href === here && go(...to), // unless the reader has gone somewhere else meanwhile
      again: show,
      isShown: () => mine === turn,
      onLeave: (act) => mine === turn && (leave = act),
    });
  } catch (refusal) {
    if (refusal.code === undefined) setTimeout(() => { throw refusal; }); // a mistake in this page, for the console
    made = trouble(refusal.code === undefined ? { status: 0, code: "", message: "Something went wrong in this page." } : refusal);
  } finally {
    clearTimeout(slow);
  }
  if (mine !== turn) return; // somebody has gone on meanwhile
  const held = stays && main.contains(document.activeElement) && document.activeElement.name;
  put(main, made);
  main.removeAttribute("aria-busy");
  const heading = main.querySelector("h1");
  document.title = [heading?.textContent, state.config.shop_name].filter(Boolean).join(" – ");
  if (isBack || (stays && !main.contains(document.activeElement) && document.activeElement !== document.body)) return;
  const control = held ? main.querySelector(`[name="${held}"]`) : null;
  if (!control) scrollTo(0, 0);
  (control ?? heading ?? main).focus({ preventScroll: true });
}

function matched(path) {
  for (const [pattern, page] of ROUTES) {
    const found = pattern.exec(path.replace(/(.)\/$/, "$1"));
    if (found) return [page, found[1] && decodeURIComponent(found[1])];
  }
  return [() => [title("Not found"), h("p", {}, "There is no such page. ", h("a", { href: "/" }, "To the catalog"))]];
}

function trouble(refusal) {
  if (refusal.status === 401) {
    const next = encodeURIComponent(location.pathname + location.search);
    return [title("Please sign in"), h("p", {}, h("a", { class: "button main", href: `/sign-in?next=${next}` }, "Sign in"))];
  }
  const again = refusal.status !== 404 && button("Try again", () => show());
  return [title(refusal.status === 404 ? "Not found" : "That did not work"), h("p", { role: "alert" }, words(refusal)), again];
}

function around() {
  document.querySelector("#account-link").textContent = state.user ? state.user.first_name || "Account" : "Sign in";
  const badge = document.querySelector("#cart-count");
  badge.textContent = state.units;
  badge.hidden = !state.units;
  document.querySelector("#cart-link").setAttribute("aria-label", `Cart, ${state.units} ${state.units === 1 ? "item" : "items"}`);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !isPlain || link.origin !== location.origin || link.target || /\.\w+$/.test(link.pathname)) return;
  event.preventDefault();
  if (link.classList.contains("skip")) return main.focus(); // the address stays: it may hold what the page needs
  go(link.href);
});
document.querySelector("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  go(`/?${new URLSearchParams(new FormData(event.target))}`);
});
addEventListener("popstate", () => show({ isBack: true }));
// A page that the browser kept while its reader was elsewhere, as on the payment page, may be wrong by now.
addEventListener("pageshow", (event) => event.persisted && Promise.all([recount(), show()]).catch(fail));
// Signed in or out, or something bought, in another tab: see for oneself when one comes back to this one.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && state.config && look().catch(() => {}));
onOther(() => {
  show().catch(fail);
  if (!state.user) notice("You are not signed in any more.", "bad");
});

onChange(around);
try {
  await begin();
  document.querySelector("#shop-name").textContent = state.config.shop_name;
  const choice = document.querySelector("#market");
  choice.append(...state.config.markets.map(({ code, currency }) => new Option(`${code.toUpperCase()} (${currency})`, code)));
  choice.value = market().code;
  choice.addEventListener("change", () => {
    choose(choice.value);
    Promise.all([recount(), show({ stays: true })]).catch(fail);
  });
  await show();
  document.querySelector("footer").hidden = false; // where it stays: content that comes in above would have moved it
} catch (refusal) {
  put(main, trouble(refusal), h("p", {}, button("Reload", () => location.reload())));
}
