"""What of a refund is for which line: parts of what was paid for the line, as the order has stored it.

Amounts are in the minor units of the payment's provider.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orders import minor_units
from orders.models import Order, OrderItem, Payment, Refund, Shipment, ShipmentLine
from orders.payments import refund_lines
from pricing import shares


@dataclass(frozen=True, slots=True)
class LineShares:
    """A line of an order: what was paid for it, and the units and the money of it that were refunded."""

    paid: int
    quantity: int
    refunded: int = 0
    refunded_units: int = 0
    step: int = 1

    def get_share(self, units: int) -> int:
        """Return what to refund for so many more units. All units, one after the other, yield what was paid."""
        return max(0, shares.get_part(self.paid, self.refunded_units + units, self.quantity, self.step) - self.refunded)


def get_shares(order: Order, items: Iterable[OrderItem], provider: str) -> dict[int, LineShares]:
    """Return the shares of these lines, by id, with what all refunds of the order have counted; one statement, for cash two."""
    refunds = list(Refund.objects.filter(payment__order=order).exclude(lines={}))
    collected = _get_collected(order) if provider == Order.Method.COD else None
    if collected is None:
        return {item.pk: _get_line_shares(order, item, refunds, provider) for item in items}
    step = minor_units.get_step(provider, order.currency)
    return {item.pk: _get_cash_shares(item, *collected.get(item.pk, (0, 0)), refunds, step) for item in items}


def _get_collected(order: Order) -> dict[int, tuple[int, int]] | None:
    """Return the units and the money of each order item that delivered parcels have brought; None without parcels."""
    lines = list(ShipmentLine.objects.filter(shipment__order=order).select_related("shipment"))
    collected: dict[int, tuple[int, int]] = {}
    for line in lines:
        units, minor = collected.get(line.item_id, (0, 0))
        if line.shipment.state == Shipment.State.DELIVERED:
            units, minor = units + line.delivered_quantity, minor + line.due_minor - line.undelivered_minor
        collected[line.item_id] = units, minor
    return collected if lines else None


def _get_cash_shares(item: OrderItem, units: int, paid: int, refunds: Iterable[Refund], step: int) -> LineShares:
    """Return the shares of a line of which only these units were paid at the door.

    Units that did not reach the buyer count as refunded on the line, but no money was taken for them.
    """
    lines = [(refund, refund_lines.read_lines(refund)[item.pk]) for refund in refunds if item.pk in refund_lines.read_lines(refund)]
    live = [line for refund, line in lines if refund.state in Refund.COMMITTED_STATES]
    refunded_units = sum(line.quantity for line in live)
    without_amount = sum(line.quantity for line in live if line.amount_minor is None)
    refunded = sum(line.amount_minor or 0 for line in live) + shares.get_part(paid, without_amount, units, step) if units else 0
    return LineShares(paid, max(units, 1), refunded, refunded_units, step)


def _get_line_shares(order: Order, item: OrderItem, refunds: Iterable[Refund], provider: str) -> LineShares:
    """Return the shares of a line. Units that were refunded before refunds recorded amounts count with their part of it."""
    paid_minor = get_paid_minor(order, item, provider)
    step = minor_units.get_step(provider, order.currency)
    refunded, units = 0, item.refunded_quantity
    for refund in refunds:
        counted = refund_lines.read_lines(refund).get(item.pk)
        if counted is not None and counted.amount_minor is not None:
            is_live = refund.state in Refund.COMMITTED_STATES
            refunded += counted.amount_minor if is_live else 0
            units -= counted.quantity if is_live else counted.restocked
    refunded += shares.get_part(paid_minor, max(units, 0), item.quantity, step)
    return LineShares(paid_minor, item.quantity, refunded, item.refunded_quantity, step)


def get_paid_minor(order: Order, item: OrderItem, provider: str) -> int:
    """Return what the buyer pays for a line, with its share of added tax."""
    paid = item.net_total if order.prices_include_tax else item.net_total + item.tax_total
    return int(paid.scaleb(minor_units.digits(provider, order.currency)))


def propose(line_shares: Mapping[int, LineShares], units: Mapping[int, int], payment: Payment, rest: int) -> int:
    """Return what to refund for these units, counted by line: at most the rest of the payment, by card in steps it can refund."""
    amount = sum(line_shares[item].get_share(count) for item, count in units.items() if count)
    if payment.provider == Order.Method.STRIPE:
        amount -= amount % minor_units.get_step(payment.provider, payment.currency)
    return min(amount, rest)


def divide_among(line_shares: Mapping[int, LineShares], units: Mapping[int, int], amount: int) -> dict[int, int]:
    """Return what of an amount is for each of the lines: their shares, or less in proportion. The rest is for none of them."""
    parts = [line_shares[item].get_share(count) for item, count in units.items()]
    if amount < sum(parts):
        parts = shares.divide(amount, parts, max((line_shares[item].step for item in units), default=1))
    return dict(zip(units, parts, strict=True))
