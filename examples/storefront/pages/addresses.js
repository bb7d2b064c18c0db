// The address book: add, edit, remove, and choose the default.
import { addressFields } from "../address_fields.js";
import { loadCountries, market, shop, state } from "../state.js";
import { button, countryName, field, form, h, input, notify, render, title } from "../view.js";

export async function addresses({ go }) {
  if (!state.user) return go("/sign-in?next=/addresses", { replace: true });
  const container = h("div", { class: "stack" });
  const countries = await loadCountries();
  await showBook(container, countries);
  return container;
}

async function showBook(container, countries) {
  const { data: book } = await shop("GET", "/orders/addresses/");
  const act = (call) => async () => {
    const { message } = await call();
    await showBook(container, countries);
    notify(`${message}.`);
  };
  const edit = (address) => async () => showForm(container, countries, address);
  render(
    container,
    title("Address book"),
    book.length ? h("ul", { class: "lines" }, book.map((address) => row(address, act, edit))) : h("p", {}, "No addresses yet."),
    button("Add an address", edit({}), { class: "main" }),
    h("p", {}, h("a", { href: "/account" }, "Back to your account")),
  );
}

/** Return an address as one line, for lists. */
export function addressText(address) {
  return [address.full_name, address.line1, address.line2, address.postal_code, address.city, address.state].filter(Boolean).join(", ");
}

function row(address, act, edit) {
  const { id, is_default: isDefault } = address;
  const text = [addressText(address), countryName(address.country), address.phone].filter(Boolean).flatMap((line) => [line, h("br")]);
  const path = `/orders/addresses/${id}/`;
  return h(
    "li",
    { class: "line" },
    h("p", {}, text, isDefault && h("span", { class: "soft" }, "Default address")),
    h(
      "div",
      { class: "row" },
      button("Edit", edit(address), { "aria-label": `Edit ${address.line1}` }),
      !isDefault && button("Make default", act(() => shop("PATCH", path, { is_default: true })), { "aria-label": `Make ${address.line1} the default` }),
      button("Remove", act(() => shop("DELETE", path)), { "aria-label": `Remove ${address.line1}` }),
    ),
  );
}

function showForm(container, countries, address) {
  const { fields } = addressFields(address, countries, market().country);
  fields.is_default = field("Use as the default address", input("is_default", { type: "checkbox", checked: address.is_default }));
  if (address.is_default) fields.is_default.hidden = true; // there is always one, so another has to become it
  const send = async (values) => {
    const body = { ...values, is_default: fields.is_default.control.checked };
    const [method, path] = address.id ? ["PUT", `/orders/addresses/${address.id}/`] : ["POST", "/orders/addresses/"];
    const { message } = await shop(method, path, body);
    await showBook(container, countries);
    container.querySelector("h1").focus();
    notify(`${message}.`);
  };
  const heading = title(address.id ? "Edit address" : "New address");
  const cancel = button("Cancel", () => showBook(container, countries));
  render(container, heading, requiredNote(), form(fields, "Save", send), h("p", {}, cancel));
  container.querySelector("h1").focus();
}

export function requiredNote() {
  return h("p", { class: "soft" }, "Fields with * are required.");
}
