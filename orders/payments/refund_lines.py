"""Units of an order that are refunded, and which of them are back in stock."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from core.actors import Actor
from orders.exceptions import InvalidTransition, RefundTooLarge
from orders.models import Order, OrderItem, Refund
from products.services import stock


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Refunded units of an order item; `restock` puts them back in stock."""

    item: int
    quantity: int
    restock: bool = False


def record_refunded_units(actor: Actor, order: Order, lines: Sequence[RefundLine]) -> None:
    """Count units of a locked order as refunded, and restock those that are to be restocked.

    Raises RefundTooLarge, and InvalidTransition if the order's stock is not committed.
    """
    restocked: dict[int, int] = {}
    if lines and order.stock_state != Order.StockState.COMMITTED:
        raise InvalidTransition("The units of this order are back in stock already")
    for line in lines:
        if line.quantity < 1:
            raise RefundTooLarge("Refund at least one unit of a line")
        items = OrderItem.objects.filter(pk=line.item, order=order, quantity__gte=F("refunded_quantity") + line.quantity)
        updated = items.update(
            refunded_quantity=F("refunded_quantity") + line.quantity,
            restocked_quantity=F("restocked_quantity") + (line.quantity if line.restock else 0),
        )
        if not updated:
            raise RefundTooLarge("More units than were bought and not refunded yet")
        variant = OrderItem.objects.values_list("variant", flat=True).get(pk=line.item)
        if line.restock and variant is not None:
            restocked[variant] = restocked.get(variant, 0) + line.quantity
    if restocked:
        stock.restock(actor, dict(sorted(restocked.items())), reference=order.number)


def uncount_units(refund: Refund) -> None:
    """Count the units of a failed refund as not refunded; restocked units stay in stock."""
    for item, units in refund.lines.items():
        _committed_items(item).update(refunded_quantity=F("refunded_quantity") - units)


def recount_units(refund: Refund) -> None:
    """Count a refund's units again after it turned out to have succeeded, except units that another refund counts now.

    `refund.lines` keeps what is counted, so that `uncount_units` takes back the same.
    """
    for item in OrderItem.objects.filter(pk__in=refund.lines, order__stock_state=Order.StockState.COMMITTED):
        units = min(refund.lines[str(item.pk)], item.quantity - item.refunded_quantity)
        OrderItem.objects.filter(pk=item.pk).update(refunded_quantity=F("refunded_quantity") + units)
        refund.lines[str(item.pk)] = units
    refund.save(update_fields=["lines", "updated_at"])


def _committed_items(item: str) -> QuerySet[OrderItem]:
    """Return the item unless its order is cancelled; cancellation has already decided what to restock."""
    return OrderItem.objects.filter(pk=item, order__stock_state=Order.StockState.COMMITTED)
