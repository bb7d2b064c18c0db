// The cart: what has changed since it was filled, what is saved for later, and what it costs.
import { changed, shop, state } from "../state.js";
import { button, h, money, notice, once, picture, put, title } from "../view.js";

export async function cart() {
  const place = h("div", { class: "stack" });
  await fill(place);
  return place;
}

/** Make the change, and show what has become of the cart; once more where `isOver` says that it was pressed again meanwhile. */
async function fill(place, change = () => {}, isOver = () => true) {
  let seen;
  do {
    try {
      await change();
    } catch (refusal) {
      show(place, await look()); // what is shown may be old: another tab has changed the cart
      throw refusal;
    }
    seen = await look();
  } while (!isOver());
  show(place, seen);
}

async function look() {
  const { data, warnings } = await shop("GET", "/cart/");
  const hasIssues = data.has_unavailable_items || data.has_stock_issues;
  const { data: checked } = hasIssues ? await shop("GET", "/cart/validate/") : { data: { issues: [] } };
  changed({ units: data.total_items });
  return { data, warnings, issues: checked.issues };
}

function show(place, { data, warnings, issues }) {
  const wanted = data.items.filter(({ quantity }) => quantity > 0);
  const later = data.items.filter(({ quantity }) => quantity === 0);
  const act = (change, isOver) => () => fill(place, change, isOver);
  const shown = (line) => row(line, data.currency, issues.find(({ item_id: id }) => id === line.id), act);
  put(
    place,
    title("Cart"),
    ...warnings.map((text) => h("p", { class: "notice bad" }, `${text}.`)),
    ...(data.has_price_changes ? [accept(act)] : []),
    wanted.length ? h("ul", { class: "lines" }, wanted.map(shown)) : h("p", {}, "Your cart is empty. ", h("a", { href: "/" }, "To the catalog")),
    ...(wanted.length ? [totals(data, act)] : []),
    ...(later.length ? [h("h2", {}, "Saved for later"), h("ul", { class: "lines" }, later.map(shown))] : []),
  );
}

function accept(act) {
  const agree = act(async () => notice(`${(await shop("POST", "/cart/accept-prices/", {})).message}.`));
  return h("p", {}, button("Accept the new prices", agree));
}

function totals(data, act) {
  const clear = act(async () => notice(`${(await shop("DELETE", "/cart/clear/")).message}.`));
  return h(
    "div",
    { class: "totals" },
    h("p", { class: "price large" }, "Subtotal ", h("span", { id: "subtotal" }, money(data.current_subtotal, data.currency))),
    h("a", { class: "button main", href: "/checkout" }, "Checkout"),
    button("Clear the cart", clear),
  );
}

function row(line, currency, issue, act) {
  const set = (quantity) => act(() => shop("PATCH", `/cart/update/${line.id}/`, { quantity }));
  const isLater = line.quantity === 0;
  return h(
    "li",
    { class: "line" },
    picture(line.thumbnail, "", 96),
    h(
      "div",
      { class: "stack tight" },
      h("h3", {}, h("a", { href: `/product/${line.product.slug}` }, line.name)),
      priceOf(line, currency),
      issue?.issues.map((text) => h("p", { class: "wrong" }, text)),
      h(
        "div",
        { class: "row" },
        !isLater && quantityOf(line, act),
        isLater ? button("Move to cart", set(1)) : button("Save for later", set(0)),
        button("Remove", act(() => shop("DELETE", `/cart/remove/${line.id}/`)), { "aria-label": `Remove ${line.name}` }),
      ),
    ),
    !isLater && h("p", { class: "price" }, money(priceNow(line) * line.quantity, currency)),
  );
}

/** A line that is not sold any more has no price of today. */
function priceNow(line) {
  return line.current_price ?? line.price_at_addition;
}

function priceOf(line, currency) {
  const now = money(priceNow(line), currency);
  if (!line.price_changed) return h("p", { class: "soft" }, `${now} each`);
  const was = money(line.price_at_addition, currency);
  return h("p", { class: line.price_difference > 0 ? "wrong" : "good" }, `${now} each, was ${was} when you added it`);
}

function quantityOf(line, act) {
  const { max_quantity: most } = state.config.limits;
  const control = h("input", { type: "number", min: 1, max: most, value: line.quantity, inputmode: "numeric", "aria-label": `Quantity of ${line.name}` });
  let sent = line.quantity;
  const send = () => shop("PATCH", `/cart/update/${line.id}/`, { quantity: (sent = Number(control.value)) });
  const refused = (words) => {
    control.value = line.quantity;
    notice(words, "bad");
  };
  const set = () => once(control, act(send, () => sent === Number(control.value)), (refusal) => refused(refusal.errors?.quantity?.[0] ?? refusal.message));
  control.addEventListener("change", () => (Number(control.value) > 0 ? set() : refused("The quantity is 1 or more.")));
  // A button at its limit stays where it is, or else whoever works by keyboard would lose his place.
  const step = (by, label) => {
    const move = () => {
      const next = Number(control.value) + by;
      if (next < 1 || next > most) return;
      control.value = next;
      set();
    };
    const isOver = line.quantity + by < 1 || line.quantity + by > most;
    return h("button", { type: "button", "aria-label": `${label} of ${line.name}`, "aria-disabled": isOver && "true", onclick: move }, by > 0 ? "+" : "−");
  };
  return h("span", { class: "stepper" }, step(-1, "One less"), control, step(1, "One more"));
}
