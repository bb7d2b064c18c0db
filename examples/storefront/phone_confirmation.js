// The part of an order's page on which the buyer confirms their phone, before the shop packs a large Cash on Delivery order.
import { orderTokenHeader, shop, state } from "./state.js";
import { button, field, form, formatTime, h, input, notify, render } from "./view.js";

/** Return the request to confirm the phone of an order, or nothing if it need not be; `reload()` shows the page again. */
export function phoneConfirmation(order, reload) {
  if (!order.phone_confirm_until) return null;
  const container = h("section", { class: "notice thanks stack", id: "confirm-phone" });
  const deadline = `Otherwise the order is cancelled on ${formatTime(order.phone_confirm_until)}.`;
  const heading = h("h2", {}, "Confirm your phone number");
  if (!state.config.phone_sign_in) {
    render(container, heading, h("p", {}, `We will call you at ${order.phone} before we pack your order. ${deadline}`));
    return container;
  }
  const path = `/orders/${order.number}`;
  const askForCode = async () => {
    const { data } = await shop("POST", `${path}/send-phone-code/`, {}, orderTokenHeader(order.number));
    const code = field("Code", input("verification_code", { inputmode: "numeric", autocomplete: "one-time-code", required: true }));
    const confirm = form({ verification_code: code }, "Confirm", async (values) => {
      await shop("POST", `${path}/confirm-phone/`, values, orderTokenHeader(order.number));
      notify("Your phone number is confirmed, and your order will be packed.");
      await reload();
    });
    const text = `We have sent a code to ${order.phone}. It is valid for ${data.expires_in / 60} minutes.`;
    render(container, heading, h("p", {}, text), confirm, h("p", { class: "row" }, button("Send another code", askForCode)));
    code.control.focus();
  };
  const text = `We pack your order once you have confirmed the number ${order.phone}. ${deadline}`;
  render(container, heading, h("p", {}, text), button("Send me a code", askForCode, { class: "main" }));
  return container;
}
