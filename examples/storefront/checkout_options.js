// The choices that decide about the total: how the order is delivered, and how it is paid.
import { isUnserved, methodDetails, shippingPrice } from "./delivery.js";
import { state } from "./state.js";
import { formatMoney, h, render } from "./view.js";

const PAYMENT_METHODS = { stripe: "By card", cod: "Cash on Delivery" };

/** The choice of the shipping method; `onChoice(code)` hears of each change. `show(quotes, currency)` shows what the shop offers. */
export function shippingMethods(onChoice, legend = "Delivery") {
  const list = h("div", { class: "options" });
  const status = h("p", { role: "status" });
  const element = fieldset(legend, "shipping", list, status);
  let options = [];
  const offer = (methods) => {
    if (methods.map(({ code }) => code).join() === options.map(({ value }) => value).join()) return;
    const hadFocus = list.contains(document.activeElement);
    options = methods.map(({ code, name }) => option("shipping_method", code, name));
    render(list, options.map((one) => one.element));
    if (hadFocus) (options[0]?.control ?? document.querySelector("h1")).focus({ preventScroll: true });
  };
  element.addEventListener("change", ({ target }) => onChoice(target.value));
  return Object.assign(element, {
    show({ methods, method, reason }, currency) {
      offer(methods.length > 1 ? methods : []); // one method is no choice
      options.forEach((one, index) => one.show(shippingPrice(methods[index].price, currency), methodDetails(methods[index], currency)));
      for (const { control, value } of options) control.checked = value === method?.code;
      const [only] = methods.length === 1 ? methods : [];
      const facts = only && [only.name, shippingPrice(only.price, currency), methodDetails(only, currency)].filter(Boolean).join(" · ");
      status.className = !reason ? "" : isUnserved(reason) ? "wrong" : "soft";
      status.textContent = facts ?? (reason ? `${reason.text}.` : "");
    },
  });
}

/** The choice of the payment method; `onChoice(method)` hears of the first one and of each change. */
export function paymentMethods(onChoice) {
  const offered = Object.entries(PAYMENT_METHODS).filter(([method]) => state.config.payment_methods.includes(method));
  const options = offered.map(([method, label]) => option("payment_method", method, label));
  const element = fieldset("Payment", "payment", h("div", { class: "options" }, options.map((one) => one.element)));
  let isChosen = false; // by the buyer
  let needsDefault = true;
  const getChosen = () => options.find(({ control }) => control.checked)?.value;
  element.addEventListener("change", () => {
    isChosen = true;
    onChoice(getChosen());
  });
  return Object.assign(element, {
    getChosen,
    /** Show the total with each method. One that cannot be used is never chosen, and the buyer's own choice is not replaced. */
    show(payments, currency) {
      for (const { value, control, show } of options) {
        const payment = payments.find(({ payment_method: method }) => method === value);
        const isRefused = payment?.available === false;
        control.disabled = isRefused;
        needsDefault ||= control.checked && isRefused && !isChosen;
        control.checked &&= !isRefused;
        const fee = Number(payment?.fee) > 0 && `with a fee of ${formatMoney(payment.fee, currency)}`;
        show(payment?.available ? formatMoney(payment.total, currency) : "", payment?.reason?.text || fee || "");
      }
      const usable = options.find(({ control }) => !control.disabled);
      if (needsDefault && usable) {
        usable.control.checked = true;
        needsDefault = false;
      }
      onChoice(getChosen());
    },
    /** Let the buyer choose again. */
    reset() {
      for (const { control } of options) control.checked = false;
      onChoice(undefined);
    },
  });
}

/** A radio button; `show(amount, details)` shows what it costs, and what else is to know. */
function option(name, value, label) {
  const control = h("input", { type: "radio", name, value });
  const [amount, details] = [h("b", {}), h("span", { class: "soft" })];
  const element = h("label", { class: "option" }, control, h("span", {}, `${label} `, details), amount);
  const show = (amountText, detailsText) => {
    amount.textContent = amountText;
    details.textContent = detailsText;
  };
  return { value, control, element, show };
}

/** A group of controls; `showError(text)` shows a validation error below them. */
function fieldset(legend, name, ...children) {
  const error = h("p", { class: "wrong", id: `${name}-wrong` });
  const element = h("fieldset", { "aria-describedby": error.id }, h("legend", {}, legend), children, error);
  Object.defineProperty(element, "control", { get: () => element.querySelector("input:enabled") ?? element });
  return Object.assign(element, { showError: (text) => render(error, text) });
}
