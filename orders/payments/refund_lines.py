"""Units of an order whose money goes back, and which of them are on the shelf again."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from core.actors import Actor
from orders.exceptions import InvalidTransition, RefundTooLarge
from orders.models import Order, OrderItem, Refund
from products.services import stock


@dataclass(frozen=True, slots=True)
class Returned:
    """Units of an order's line whose money goes back; `restock` puts them on the shelf again."""

    item: int
    quantity: int
    restock: bool = False


def take_back(actor: Actor, order: Order, lines: Sequence[Returned]) -> None:
    """Count the units of a locked order as given back. Raises RefundTooLarge; InvalidTransition where its stock is not sold."""
    back: dict[int, int] = {}
    if lines and order.stock_state != Order.StockState.COMMITTED:
        raise InvalidTransition("The units of this order are on the shelf already")
    for line in lines:
        if line.quantity < 1:
            raise RefundTooLarge("Return at least one unit of a line")
        found = OrderItem.objects.filter(pk=line.item, order=order, quantity__gte=F("refunded_quantity") + line.quantity)
        again = line.quantity if line.restock else 0
        changed = found.update(
            refunded_quantity=F("refunded_quantity") + line.quantity, restocked_quantity=F("restocked_quantity") + again
        )
        if not changed:
            raise RefundTooLarge("More units than were bought and not refunded yet")
        variant = OrderItem.objects.values_list("variant", flat=True).get(pk=line.item)
        if again and variant is not None:
            back[variant] = back.get(variant, 0) + again
    if back:
        stock.put_back(actor, dict(sorted(back.items())), reference=order.number)


def undo(refund: Refund) -> None:
    """Count the units of a refund that failed as not given back; those that are on the shelf again stay there."""
    for item, units in refund.lines.items():
        _of_sold(item).update(refunded_quantity=F("refunded_quantity") - units)


def redo(refund: Refund) -> None:
    """Count them again, as far as no other refund has: the refund was made after all. What is counted is what `undo` takes back."""
    for line in OrderItem.objects.filter(pk__in=refund.lines, order__stock_state=Order.StockState.COMMITTED):
        units = min(refund.lines[str(line.pk)], line.quantity - line.refunded_quantity)
        OrderItem.objects.filter(pk=line.pk).update(refunded_quantity=F("refunded_quantity") + units)
        refund.lines[str(line.pk)] = units
    refund.save(update_fields=["lines", "updated_at"])


def _of_sold(item: str) -> QuerySet[OrderItem]:
    """Return the line, if its order is not cancelled: what has gone to the shelf then was decided by what was given back then."""
    return OrderItem.objects.filter(pk=item, order__stock_state=Order.StockState.COMMITTED)
