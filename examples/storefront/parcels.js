// The parcels of an order: what each contains, how far it is, and what its carrier reports.
import { formatTime, h } from "./view.js";

const SHOWN_EVENTS = 3; // the earlier ones are collapsed
const STATE = {
  packed: "Packed",
  shipped: "On its way",
  delivered: "Delivered",
  failed: "Not delivered yet",
  returning: "Coming back to us",
  returned: "Came back to us",
  lost: "Lost on the way",
};
const EVENT = {
  in_transit: "In transit",
  out_for_delivery: "Out for delivery",
  delivered: "Delivered",
  failed: "Not delivered",
  returning: "Coming back",
  returned: "Came back",
  lost: "Lost",
};

/** The section about an order's parcels; nothing before it has any. */
export function parcels(order) {
  const { shipments, fulfilment_status: fulfilment } = order;
  if (!shipments.length) return null;
  return h(
    "section",
    { class: "stack", id: "parcels" },
    h("h2", {}, shipments.length > 1 ? "Parcels" : "Parcel"),
    fulfilment === "partial" && h("p", { class: "soft" }, "We have sent a part of your order. The rest follows."),
    h("ul", { class: "parcels" }, shipments.map((shipment) => parcel(shipment, order))),
  );
}

function parcel(shipment, order) {
  const { number, state, shipped_at: sent, delivered_at: delivered, lines } = shipment;
  const names = Object.fromEntries(order.items.map(({ id, name }) => [id, name]));
  return h(
    "li",
    { class: "parcel stack tight", "data-state": state },
    order.shipments.length > 1 && h("h3", {}, `Parcel ${number}`),
    h("p", { class: "state" }, STATE[state] ?? state),
    note(shipment, order),
    h("p", {}, lines.map(({ item_id: item, quantity }) => `${quantity} × ${names[item]}`).join(", ")),
    tracking(shipment),
    sent && h("p", { class: "soft" }, [`Sent ${formatTime(sent)}`, delivered && `delivered ${formatTime(delivered)}`].filter(Boolean).join(", ")),
    events(shipment),
  );
}

/** What a parcel that did not arrive means for the shopper, unless it is made up for already. */
function note({ number, state }, { shipments, payment_method: method, payment_status: payment }) {
  if (state === "failed") return h("p", {}, "The carrier will try again, or get in touch with you.");
  if (!["returned", "lost"].includes(state)) return null;
  if (method === "cod") return h("p", {}, "There is nothing to pay for it.");
  const isOpen = payment === "paid" && !shipments.some((other) => other.number > number);
  return isOpen && h("p", {}, "We will get in touch with you about a refund, or about sending it again.");
}

function tracking({ carrier, tracking_number: number, tracking_url: url }) {
  if (!carrier && !number) return null;
  const link = number && (url ? h("a", { href: url, target: "_blank", rel: "noopener" }, number) : number);
  return h("p", {}, carrier, carrier && number && ", ", number && "tracking number ", link || null);
}

function events({ events: all }) {
  if (!all.length) return null;
  const [newest, earlier] = [all.toReversed().slice(0, SHOWN_EVENTS), all.toReversed().slice(SHOWN_EVENTS)];
  const list = (some) => h("ol", { class: "events" }, some.map(({ code, text, at }) => h("li", {}, text || EVENT[code] || code, h("time", { class: "soft", datetime: at }, formatTime(at)))));
  return [list(newest), earlier.length > 0 && h("details", {}, h("summary", {}, `Earlier events (${earlier.length})`), list(earlier))];
}
