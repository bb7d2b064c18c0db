"""What becomes of the parcels of demo orders: each step through its service, and then moved to its time."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from core.actors import Actor
from orders.carriers.events import CarrierEvent
from orders.fulfilment import shipping
from orders.fulfilment.parcels import outcomes, packing, sending, tracking
from orders.models import Order, Shipment, TrackingEvent
from store.demo.plan import Outcome
from store.demo.script import OrderScript

Code = TrackingEvent.Code
HOUR = timedelta(hours=1)
CARRIERS = {"in": "Speed Post", "us": "USPS"}  # by market
OTHER_CARRIER = "Post"
WORDS = {
    Code.IN_TRANSIT: "Item booked",
    Code.OUT_FOR_DELIVERY: "Out for delivery",
    Code.DELIVERED: "Item delivered",
    Code.FAILED: "Delivery attempted: addressee not available",
    Code.RETURNING: "Item returned to sender",
    Code.RETURNED: "Delivered to sender",
}
ON_THE_WAY_BACK = (Outcome.DELIVERY_FAILED, Outcome.COMING_BACK, Outcome.RETURNED)
IN_PARTS = (Outcome.SENT_IN_PART, Outcome.IN_TWO_PARCELS)


def send_order(script: OrderScript, outcome: Outcome, staff: Actor) -> None:
    """Pack and send a confirmed order, and take its parcels to this outcome."""
    order = script.order
    if outcome == Outcome.PACKED:
        script.step(9 * HOUR, lambda: packing.pack_parcel(staff, order.pk))
        return
    if outcome in IN_PARTS:
        script.step(14 * HOUR, lambda: _send_one_unit(staff, order))
        if outcome == Outcome.SENT_IN_PART:
            return
        script.step(48 * HOUR, lambda: _report(_get_last(order), Code.OUT_FOR_DELIVERY, Code.DELIVERED))
    script.step(20 * HOUR, lambda: _send_rest(staff, order))
    if outcome == Outcome.SHIPPED:
        return
    parcel = _get_last(order)
    if outcome in ON_THE_WAY_BACK:
        _bring_back(script, parcel, outcome, staff)
    elif outcome == Outcome.LOST:
        script.step(150 * HOUR, lambda: outcomes.lose_parcel(staff, parcel.pk))
    elif outcome == Outcome.PARTLY_TAKEN:
        refused = {parcel.lines.all()[0].item_id: 1}
        script.step(60 * HOUR, lambda: outcomes.deliver_parcel(staff, parcel.pk, refused=refused))
        script.step(70 * HOUR, lambda: outcomes.count_parcel(staff, parcel.pk, refused))
    elif outcome == Outcome.SHORT:
        collected = parcel.cod_due_minor * 9 // 10 // 100 * 100
        script.step(60 * HOUR, lambda: outcomes.deliver_parcel(staff, parcel.pk, collected=collected))
    else:
        script.step(60 * HOUR, lambda: _report(parcel, Code.OUT_FOR_DELIVERY, Code.DELIVERED))


def _bring_back(script: OrderScript, parcel: Shipment, outcome: Outcome, staff: Actor) -> None:
    """Let a delivery fail; the parcel comes back as far as the outcome says. What the buyer has not paid goes back to the shelf."""
    script.step(55 * HOUR, lambda: _fail(staff, parcel))
    if outcome == Outcome.DELIVERY_FAILED:
        return
    script.step(24 * HOUR, lambda: _start_return(staff, parcel))
    if outcome == Outcome.COMING_BACK:
        return
    is_cash = script.order.payment_method == Order.Method.COD
    units = {line.item_id: line.quantity for line in parcel.lines.all()} if is_cash else {}
    script.step(70 * HOUR, lambda: _receive(staff, parcel, units))


def _send_one_unit(staff: Actor, order: Order) -> None:
    """Send a unit of the first line, ahead of the rest."""
    shipment = packing.pack_parcel(staff, order.pk, {order.items.all()[0].pk: 1})
    if shipment is not None:
        sending.ship_parcel(staff, shipment.pk, **_get_label(order, shipment.number))
        _report(shipment, Code.IN_TRANSIT)


def _send_rest(staff: Actor, order: Order) -> None:
    shipping.ship_order(staff, order.pk, **_get_label(order, order.shipments.count() + 1))
    _report(_get_last(order), Code.IN_TRANSIT)


def _get_label(order: Order, number: int) -> dict[str, str]:
    """Return carrier and tracking number of the parcel with this number."""
    tracking_number = f"EE{order.pk:08}{number}{order.market.upper()}"
    return {"carrier": CARRIERS.get(order.market, OTHER_CARRIER), "tracking_number": tracking_number}


def _get_last(order: Order) -> Shipment:
    return Shipment.objects.filter(order=order).latest("number")


def _fail(staff: Actor, parcel: Shipment) -> None:
    _report(parcel, Code.FAILED)
    outcomes.fail_parcel(staff, parcel.pk, "nobody was at home")


def _start_return(staff: Actor, parcel: Shipment) -> None:
    _report(parcel, Code.RETURNING)
    outcomes.start_return(staff, parcel.pk)


def _receive(staff: Actor, parcel: Shipment, units: Mapping[int, int]) -> None:
    _report(parcel, Code.RETURNED)
    outcomes.receive_parcel(staff, parcel.pk, units)


def _report(parcel: Shipment, *codes: Code) -> None:
    """Report events of a parcel, as its carrier does; one that is delivered becomes so."""
    now, known = timezone.now(), parcel.events.count()
    events = [CarrierEvent(f"{known + number:02}", code, now, WORDS[code]) for number, code in enumerate(codes, 1)]
    tracking.record_events(parcel.pk, events)
