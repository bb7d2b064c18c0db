"""Cash on Delivery: what the carrier of each parcel has to collect, and what it has collected.

The payment stays `created` while parcels bring its money, one after the other. It is closed once nothing is left to be sent or is
under way. Amounts are in minor units. What a parcel has to collect is fixed when it is packed: it is printed on its label.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from core import money
from core.actors import Actor
from orders import minor_units
from orders.exceptions import CashTooMuch, InvalidTransition
from orders.models import Order, OrderItem, Payment, Shipment, ShipmentLine
from orders.payments import refund_shares
from orders.state import alerts, payment_states
from orders.state.locking import lock_payments_of_order
from orders.state.parcel_units import OrderParcels
from pricing import shares

State = Shipment.State


def lock_cash_payment(order: Order) -> Payment | None:
    """Lock the payments of a locked order; return the one that carriers collect, or None if there is nothing to collect."""
    payments = lock_payments_of_order(order)
    return next((payment for payment in payments if payment.provider == Order.Method.COD and payment.amount_minor), None)


def compute_dues(parcels: OrderParcels, payment: Payment, units: Mapping[int, int]) -> dict[int, int]:
    """Return what these units, by order item, cost the buyer at the door; they are to be packed next.

    All parts of a line, in whatever parcels, add up to what is to be paid for it.
    """
    return {pk: _compute_due(parcels, payment, parcels.units[pk].item, count) for pk, count in units.items()}


def _compute_due(parcels: OrderParcels, payment: Payment, item: OrderItem, count: int) -> int:
    step = minor_units.get_step(payment.provider, payment.currency)
    paid = refund_shares.get_paid_minor(parcels.order, item, payment.provider)
    earlier = [
        line
        for shipment in parcels.shipments
        if shipment.state != State.CANCELLED
        for line in shipment.lines.all()
        if line.item_id == item.pk
    ]
    before = item.quantity - parcels.units[item.pk].to_pack
    never_packed = before - sum(line.quantity for line in earlier)  # given back before they were packed
    counted = sum(line.due_minor for line in earlier) + shares.get_part(paid, max(never_packed, 0), item.quantity, step)
    return max(0, shares.get_part(paid, before + count, item.quantity, step) - counted)


def compute_charges(parcels: OrderParcels, payment: Payment) -> int:
    """Return what is due besides the lines: shipping, fees, and tax added on them; 0 if a live parcel of the order carries it."""
    if any(shipment.charges_minor for shipment in parcels.shipments):
        return 0
    lines = (refund_shares.get_paid_minor(parcels.order, units.item, payment.provider) for units in parcels.units.values())
    return max(payment.amount_minor - sum(lines), 0)


def compute_next_due(parcels: OrderParcels) -> int:
    """Return what a parcel with all units that are left would have to collect. The payments of the order are fetched."""
    payment = next((payment for payment in parcels.order.payments.all() if payment.provider == Order.Method.COD), None)
    left = parcels.list_to_pack()
    if payment is None or not left or not parcels.order.is_cash_due:
        return 0
    return compute_charges(parcels, payment) + sum(compute_dues(parcels, payment, left).values())


def set_undelivered(order: Order, line: ShipmentLine, quantity: int) -> None:
    """Record on a line how many of its units did not reach the buyer, and what of its amount is for them; the caller saves it."""
    step = minor_units.get_step(Order.Method.COD, order.currency)
    line.undelivered_quantity = quantity
    line.undelivered_minor = line.due_minor - shares.get_part(line.due_minor, line.quantity - quantity, line.quantity, step)


def compute_due(shipment: Shipment, lines: Sequence[ShipmentLine]) -> int:
    """Return what a parcel with these lines has to collect."""
    return shipment.charges_minor + sum(line.due_minor - line.undelivered_minor for line in lines)


def release_due(parcels: OrderParcels, shipment: Shipment) -> None:
    """Take what is due off a parcel that no longer collects it; a parcel that is still packed carries the charges instead.

    The caller saves the parcel.
    """
    was_carrying = shipment.charges_minor
    shipment.charges_minor = shipment.cod_due_minor = 0
    heir = next((other for other in parcels.shipments if other.state == State.PACKED and other.pk != shipment.pk), None)
    if was_carrying and heir is not None:
        heir.charges_minor += was_carrying
        heir.cod_due_minor += was_carrying
        heir.save(update_fields=["charges_minor", "cod_due_minor", "updated_at"])


def get_amounts(shipment: Shipment) -> dict[str, int]:
    """Return the columns that say what a parcel has to collect, to save them with its state."""
    return {"charges_minor": shipment.charges_minor, "cod_due_minor": shipment.cod_due_minor}


def collect(actor: Actor, order: Order, payment: Payment, shipment: Shipment, collected: int | None) -> dict[str, int]:
    """Record the cash of a parcel that is delivered; None means all that is due. Return what the caller saves with the parcel.

    Cash that is short raises an alert. Raises CashTooMuch.
    """
    due = shipment.cod_due_minor
    collected = due if collected is None else collected
    _refuse_too_much(payment, collected, due)
    payment_states.collect(payment, collected)
    if collected < due:
        alert_short(actor, order, payment, shipment, due - collected)
    return {"cod_collected_minor": collected, "short_at_door_minor": due - collected}


def alert_short(actor: Actor, order: Order, payment: Payment, shipment: Shipment, short: int) -> None:
    """Raise the alert that a parcel of a locked order has brought less cash than was due, by so much."""
    alerts.raise_alert(order, alerts.COD_SHORT, actor, parcel=shipment.number, short=format_amount(payment, short))


def correct_collected(payment: Payment, shipment: Shipment, collected: int) -> None:
    """Correct the cash that a delivered parcel has brought. Raises CashTooMuch, and InvalidTransition below what was remitted."""
    if shipment.state != State.DELIVERED or not shipment.cod_due_minor:
        raise InvalidTransition("This parcel has no cash to correct")
    _refuse_too_much(payment, collected, shipment.cod_due_minor)
    change = collected - shipment.cod_collected_minor
    if collected < shipment.remitted_minor + shipment.short_by_carrier_minor:
        raise InvalidTransition("The carrier has accounted for more than this amount")
    if payment.captured_minor + change < payment_states.committed_minor(payment):
        raise InvalidTransition("More than this amount is refunded")
    payment_states.collect(payment, change)
    shipment.cod_collected_minor, shipment.short_at_door_minor = collected, shipment.cod_due_minor - collected
    shipment.save(update_fields=["cod_collected_minor", "short_at_door_minor", "updated_at"])


def _refuse_too_much(payment: Payment, collected: int, due: int) -> None:
    if not 0 <= collected <= due:
        raise CashTooMuch(details={"due": format_amount(payment, due)}, field="collected")


def close_if_settled(parcels: OrderParcels, payment: Payment, now: datetime) -> None:
    """Close the payment of a locked order if nothing is left to be sent or under way; the caller saves the order.

    `paid_at` is when all that was due had come.
    """
    if parcels.unsent or parcels.under_way:
        return
    payment_states.close_cash(payment)
    is_paid = bool(payment.captured_minor) and payment.captured_minor == sum_due(parcels)
    parcels.order.paid_at = (parcels.order.paid_at or now) if is_paid else None


def sum_due(parcels: OrderParcels) -> int:
    """Return what all parcels of an order had or have to collect."""
    return sum(shipment.cod_due_minor for shipment in parcels.shipments)


def format_amount(payment: Payment, amount_minor: int) -> str:
    """Return an amount of a payment for people, with its currency."""
    return money.format_price(minor_units.to_major(amount_minor, payment.provider, payment.currency), payment.currency)
