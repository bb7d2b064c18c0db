// What an order's status means for the shopper, in words.
import { formatMoney } from "./view.js";

const STATUS = {
  pending: "Awaiting payment",
  processing: "Being packed",
  shipped: "On its way",
  delivered: "Delivered",
  returned: "Came back to us",
  cancelled: "Cancelled",
  expired: "Expired: it was not paid in time",
};
const PAYMENT = {
  processing: "payment being confirmed",
  paid: "paid",
  failed: "payment failed",
  partially_refunded: "partly refunded",
  refunded: "refunded",
};

/** Return the status of an order in a few words, such as "Being packed – pay on delivery". */
export function statusText(order) {
  const { status, payment_status: payment, payment_method: method, phone_confirm_until: deadline } = order;
  if (deadline) return "Waiting for your phone number to be confirmed – pay on delivery";
  if (status === "pending" && ["processing", "paid"].includes(payment)) return "Payment being confirmed";
  if (status === "cancelled" && payment === "paid") return "Cancelled – refund on its way";
  const paymentText = (method === "cod" && cashText(status, payment)) || PAYMENT[payment];
  return [fulfilmentText(order), paymentText].filter(Boolean).join(" – ");
}

/** Return how far an order is. Of an order in several parcels, a part can have arrived before the rest is sent. */
function fulfilmentText({ status, fulfilment_status: fulfilment, shipments }) {
  const isDelivered = shipments.some(({ state }) => state === "delivered");
  if (["partial", "shipped"].includes(fulfilment) && isDelivered) return "Partly delivered";
  return fulfilment === "partial" ? "Partly sent" : (STATUS[status] ?? status.replaceAll("_", " "));
}

/** Return what is to be paid at the door, if anything; the parcels of an order are paid one by one. */
function cashText(status, payment) {
  const isExpected = ["processing", "shipped"].includes(status);
  if (status === "returned" && payment === "unpaid") return "nothing to pay";
  if (payment === "processing") return isExpected ? "partly paid, pay the rest on delivery" : "partly paid";
  return isExpected && payment === "unpaid" && "pay on delivery";
}

/** Return what happens next with a new order, as sentences; none if it has ended. */
export function nextSteps(order) {
  const { status, fulfilment_status: fulfilment, payment_status: payment, phone_confirm_until: deadline, total, currency, email } = order;
  const confirmation = email && `A confirmation is on its way to ${email}.`;
  if (status === "pending" && payment === "processing") {
    const message = email && `We will write to ${email} when it has arrived.`;
    return ["Your payment is being confirmed, which can take a while. There is nothing more for you to do.", message];
  }
  if (status === "pending" && payment !== "failed") return ["We are waiting for the confirmation of your payment."];
  if (status !== "processing" || fulfilment !== "unfulfilled") return [];
  if (deadline) return ["There is one more step before we pack it: your phone number has to be confirmed."];
  if (payment === "unpaid") return [`We are packing your order. Please pay ${formatMoney(total, currency)} when it arrives.`, confirmation];
  return ["Your payment has arrived, and we are packing your order.", confirmation];
}
