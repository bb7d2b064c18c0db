// The fields of a delivery address. Which are shown and required, and what they are called, follows the country.
import { field, h, input } from "./view.js";

const POSTAL_FIELDS = ["line1", "line2", "postal_code", "city", "state"];
// Until a country is chosen.
const UNKNOWN = { fields: POSTAL_FIELDS, required: ["line1", "city"], labels: {} };
export const LABELS = { line1: "Street and number", line2: "Flat, floor or company", postal_code: "Postal code", city: "City", state: "State" };

/**
 * Return the fields by their API names, a function that fills them with an address, and one that requires a field, such as the state
 * where delivery depends on it, until the country changes; `countries` are those of the API.
 */
export function addressFields(address, countries, defaultCountry) {
  const required = { required: true };
  const text = (name, label, autocomplete, attributes = {}) => field(label, input(name, { autocomplete, ...attributes }));
  const select = h("select", { name: "country", autocomplete: "country", ...required }, new Option("Choose a country", ""));
  select.append(...countries.map(({ code, name }) => new Option(name, code)));
  const fields = {
    full_name: text("full_name", "Name", "name", required),
    phone: text("phone", "Phone", "tel", { type: "tel" }),
    country: field("Country", select),
    line1: text("line1", LABELS.line1, "address-line1", required),
    line2: text("line2", LABELS.line2, "address-line2"),
    postal_code: text("postal_code", LABELS.postal_code, "postal-code"),
    city: text("city", LABELS.city, "address-level2"),
    state: text("state", LABELS.state, "address-level1"),
  };
  const applyCountry = () => {
    const country = countries.find(({ code }) => code === select.value) ?? UNKNOWN;
    for (const name of POSTAL_FIELDS) {
      const row = fields[name];
      row.setLabel(country.labels[name] ?? LABELS[name]);
      row.control.required = country.required.includes(name);
      row.hidden = row.control.disabled = !country.fields.includes(name) && !row.control.value;
    }
  };
  const fill = (values) => {
    for (const [name, { control }] of Object.entries(fields)) if (name !== "country") control.value = values[name] ?? "";
    chooseCountry(select, countries, values.country || defaultCountry);
    applyCountry();
  };
  const need = (name) => {
    fields[name].hidden = fields[name].control.disabled = false;
    fields[name].control.required = true;
  };
  select.addEventListener("change", applyCountry);
  fill(address);
  return { fields, fill, need };
}

/** Choose a country by its code or name. A text of an older address that is neither is asked for again. */
export function chooseCountry(select, countries, text) {
  const isSame = ({ code, name }) => [code, name].some((spelling) => spelling.toLowerCase() === text.toLowerCase());
  select.value = countries.find(isSame)?.code ?? "";
}
