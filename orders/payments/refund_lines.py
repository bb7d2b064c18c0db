"""Units of an order that are refunded, which of them are back in stock, and what each refund counts of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, QuerySet

from core.actors import Actor
from orders.exceptions import InvalidTransition, RefundTooLarge
from orders.models import Order, OrderItem, Refund
from orders.state.parcel_units import OrderParcels, load_parcels
from products.services import stock


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Refunded units of an order item; `restock` puts them back in stock.

    If some units of the item have reached the buyer and others are not sent yet, the former are refunded first, unless `is_unsent`.
    """

    item: int
    quantity: int
    restock: bool = False
    is_unsent: bool = False


@dataclass(frozen=True, slots=True)
class CountedLine:
    """The units that a refund counts of an order item, how many of them were restocked, and the money that is for them.

    `amount_minor` is None in refunds that have not recorded it. `delivered` is how many of the units had reached the buyer.
    """

    quantity: int
    amount_minor: int | None = None
    restocked: int = 0
    delivered: int = 0

    @property
    def kept(self) -> int:
        """The units that were not restocked: they count as refunded only as long as the refund does."""
        return self.quantity - self.restocked

    @property
    def kept_delivered(self) -> int:
        """Those of the units that were not restocked which had reached the buyer."""
        return max(0, self.delivered - self.restocked)


def record_refunded_units(actor: Actor, order: Order, lines: Sequence[RefundLine]) -> dict[int, int]:
    """Count units of a locked order as refunded, and restock those that are to be restocked.

    Return how many of the units of each item had reached the buyer. Raises RefundTooLarge, and InvalidTransition if the order's
    stock is not committed, or units are in a parcel that is packed or on its way.
    """
    restocked: dict[int, int] = {}
    if lines and order.stock_state != Order.StockState.COMMITTED:
        raise InvalidTransition("The units of this order are back in stock already")
    parcels = load_parcels(order)
    _refuse_units_in_parcels(parcels, lines)
    delivered: dict[int, int] = {}
    for line in lines:
        if line.quantity < 1:
            raise RefundTooLarge("Refund at least one unit of a line")
        items = OrderItem.objects.filter(pk=line.item, order=order, quantity__gte=F("refunded_quantity") + line.quantity)
        kept = parcels.units[line.item].kept - delivered.get(line.item, 0) if line.item in parcels.units else 0
        of_delivered = 0 if line.is_unsent else min(line.quantity, kept)
        updated = items.update(
            refunded_quantity=F("refunded_quantity") + line.quantity,
            refunded_after_delivery=F("refunded_after_delivery") + of_delivered,
            restocked_quantity=F("restocked_quantity") + (line.quantity if line.restock else 0),
        )
        if not updated:
            raise RefundTooLarge("More units than were bought and not refunded yet")
        delivered[line.item] = delivered.get(line.item, 0) + of_delivered
        variant = OrderItem.objects.values_list("variant", flat=True).get(pk=line.item)
        if line.restock and variant is not None:
            restocked[variant] = restocked.get(variant, 0) + line.quantity
    if restocked:
        stock.restock(actor, dict(sorted(restocked.items())), reference=order.number)
    return delivered


def _refuse_units_in_parcels(parcels: OrderParcels, lines: Sequence[RefundLine]) -> None:
    """Raise InvalidTransition if units would be refunded that are in a parcel which is packed or on its way."""
    for item, units in parcels.units.items():
        count = sum(line.quantity for line in lines if line.item == item)
        if units.refundable < count <= units.item.quantity - units.item.refunded_quantity:
            kept = units.packed + units.under_way
            raise InvalidTransition(
                f"{kept} unit(s) of {units.item.sku} are in a parcel. Cancel it if it is not sent yet, or record what became of it."
                " You can also refund an amount without units"
            )


def read_lines(refund: Refund) -> dict[int, CountedLine]:
    """Return what a refund counts, by order item; older refunds have a number of units, without those that were restocked."""
    return {
        int(item): CountedLine(counted) if isinstance(counted, int) else CountedLine(**counted, delivered=delivered)
        for item, counted in refund.lines.items()
        for delivered in (refund.delivered_units.get(item, 0),)
    }


def write_lines(counted: Mapping[int, CountedLine]) -> dict[str, Any]:
    """Return the value of `Refund.lines` that `read_lines` reads."""
    return {
        str(item): line.quantity
        if line.amount_minor is None
        else {"quantity": line.quantity, "amount_minor": line.amount_minor, "restocked": line.restocked}
        for item, line in counted.items()
    }


def write_delivered(counted: Mapping[int, CountedLine]) -> dict[str, int]:
    """Return the value of `Refund.delivered_units` that `read_lines` reads."""
    return {str(item): line.delivered for item, line in counted.items() if line.delivered}


def count_lines(lines: Collection[RefundLine], amounts: Mapping[int, int], delivered: Mapping[int, int]) -> dict[int, CountedLine]:
    """Return what a new refund of these lines counts, with the amount and the delivered units that are for each of their items."""
    return {
        item: CountedLine(
            sum(line.quantity for line in lines if line.item == item),
            amount,
            sum(line.quantity for line in lines if line.item == item and line.restock),
            delivered[item],
        )
        for item, amount in amounts.items()
    }


def uncount_units(refund: Refund) -> None:
    """Count the units of a failed refund as not refunded; restocked units stay in stock."""
    for item, counted in read_lines(refund).items():
        _committed_items(item).update(
            refunded_quantity=F("refunded_quantity") - counted.kept,
            refunded_after_delivery=F("refunded_after_delivery") - counted.kept_delivered,
        )


def recount_units(refund: Refund) -> None:
    """Count a refund's units again after it turned out to have succeeded, unless another refund or a parcel has them now.

    `refund.lines` keeps what is counted, so that `uncount_units` takes back the same.
    """
    lines = read_lines(refund)
    parcels = load_parcels(refund.payment.order)
    for item in OrderItem.objects.filter(pk__in=lines, order__stock_state=Order.StockState.COMMITTED):
        counted = lines[item.pk]
        units = min(counted.kept, parcels.units[item.pk].refundable)
        delivered = min(units, counted.kept_delivered, parcels.units[item.pk].kept)
        OrderItem.objects.filter(pk=item.pk).update(
            refunded_quantity=F("refunded_quantity") + units, refunded_after_delivery=F("refunded_after_delivery") + delivered
        )
        restocked = counted.delivered - counted.kept_delivered
        lines[item.pk] = replace(counted, quantity=counted.restocked + units, delivered=restocked + delivered)
    refund.lines, refund.delivered_units = write_lines(lines), write_delivered(lines)
    refund.save(update_fields=["lines", "delivered_units", "updated_at"])


def _committed_items(item: int) -> QuerySet[OrderItem]:
    """Return the item unless its order is cancelled; cancellation has already decided what to restock."""
    return OrderItem.objects.filter(pk=item, order__stock_state=Order.StockState.COMMITTED)
