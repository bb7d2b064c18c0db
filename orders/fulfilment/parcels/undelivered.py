"""Units that did not reach the buyer: refused, come back, or lost.

Of an order that is not paid before its delivery, they count as refunded, although no money goes back: none was taken for them.
Of a paid order, they count so once staff have refunded them.
"""

from collections.abc import Mapping

from django.db.models import F

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import Order, OrderItem, Shipment, ShipmentLine
from orders.payments import cash
from orders.state import redemptions
from orders.state.parcel_units import OrderParcels
from products.services import stock


def is_paid_before(order: Order) -> bool:
    """Return whether the buyer has paid for an order before its delivery."""
    return order.payment_method != Order.Method.COD and bool(order.total)


def has_all_money_back(order: Order) -> bool:
    """Return whether nothing of a paid order is left to be refunded, as after a refund at the payment provider."""
    return not any(payment.has_unrefunded_money for payment in order.payments.all())


def refuse(parcels: OrderParcels, shipment: Shipment, units: Mapping[int, int]) -> None:
    """Record the units of a parcel, by order item, that the buyer did not take at the door. Raises InvalidTransition."""
    lines = {line.item_id: line for line in shipment.lines.all()}
    if is_paid_before(parcels.order):
        raise InvalidTransition("This order is paid. What the buyer gives back is refunded")
    if any(item not in lines or not 0 < count <= lines[item].quantity for item, count in units.items()):
        raise InvalidTransition("More units than the parcel has")
    if sum(units.values()) == sum(line.quantity for line in lines.values()):
        raise InvalidTransition("All units were refused: the parcel was not delivered")
    for item, count in units.items():
        _set_undelivered(parcels.order, lines[item], count)
        _change_refunded(item, count)


def give_back(parcels: OrderParcels, shipment: Shipment) -> None:
    """Record that no unit of a parcel reached the buyer."""
    for line in shipment.lines.all():
        _set_undelivered(parcels.order, line, line.quantity)
        if not is_paid_before(parcels.order):
            _change_refunded(line.item_id, line.quantity)


def can_be_found(parcels: OrderParcels, shipment: Shipment) -> bool:
    """Return whether a lost parcel can still turn out to be delivered: its units were neither refunded nor packed again."""
    if not is_paid_before(parcels.order):
        return True
    return all(line.quantity <= parcels.units[line.item_id].to_pack for line in shipment.lines.all())


def take_back_loss(parcels: OrderParcels, shipment: Shipment) -> None:
    """Undo `give_back` for a lost parcel that was found."""
    for line in shipment.lines.all():
        _set_undelivered(parcels.order, line, 0)
        if not is_paid_before(parcels.order):
            _change_refunded(line.item_id, -line.quantity)


def check_countable(parcels: OrderParcels, shipment: Shipment, units: Mapping[int, int], *, is_whole: bool) -> None:
    """Raise InvalidTransition if so many units of a parcel cannot be put into stock.

    `is_whole` says that all of its units are back; otherwise only those that did not reach the buyer. Of a paid order, only units
    that no refund can restock are counted.
    """
    if not units:
        return
    is_paid = is_paid_before(parcels.order)
    if is_paid and (is_whole or not has_all_money_back(parcels.order)):
        raise InvalidTransition("This order is paid. Its units are restocked with their refund")
    lines = {line.item_id: line for line in shipment.lines.all()}
    for item, count in units.items():
        line = lines.get(item)
        room = 0 if line is None else (line.quantity if is_whole else line.undelivered_quantity) - line.restocked_quantity
        room = min(room, parcels.units[item].to_pack) if is_paid and room else room
        if not 0 < count <= room:
            raise InvalidTransition(f"Only {room} unit(s) are left to count")


def restock(actor: Actor, parcels: OrderParcels, shipment: Shipment, units: Mapping[int, int]) -> None:
    """Put counted units of a parcel back into stock. Those of a paid order count as refunded from now on."""
    order = parcels.order
    restocked: dict[int, int] = {}
    for line in shipment.lines.all():
        if count := units.get(line.item_id, 0):
            line.restocked_quantity += count
            line.save(update_fields=["restocked_quantity"])
            OrderItem.objects.filter(pk=line.item_id).update(
                restocked_quantity=F("restocked_quantity") + count,
                refunded_quantity=F("refunded_quantity") + (count if is_paid_before(order) else 0),
            )
            variant = parcels.units[line.item_id].item.variant_id
            if variant is not None:
                restocked[variant] = restocked.get(variant, 0) + count
    redemptions.lock_before_listings(order, restocked)
    if restocked:
        stock.restock(actor, dict(sorted(restocked.items())), reference=order.number)


def _set_undelivered(order: Order, line: ShipmentLine, count: int) -> None:
    cash.set_undelivered(order, line, count)
    line.save(update_fields=["undelivered_quantity", "undelivered_minor"])


def _change_refunded(item: int, change: int) -> None:
    OrderItem.objects.filter(pk=item).update(refunded_quantity=F("refunded_quantity") + change)
