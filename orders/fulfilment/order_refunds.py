"""Refunds by staff, with what they mean for an order that is sent in part."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from orders.fulfilment.parcels import progress
from orders.models import Refund
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine


def refund_order(
    actor: Actor,
    order_id: int,
    amount: Decimal | None,
    reason: str,
    lines: Sequence[RefundLine],
    *,
    refund_id: UUID | None,
    seen: int | None,
    source: str,
) -> Refund:
    """Refund an amount of an order as `refunds.request_refund` does; an order of which nothing is left to be sent goes on.

    Raises what `refunds.request_refund` raises.
    """
    refund = refunds.request_refund(actor, order_id, amount, reason, lines, refund_id=refund_id, seen=seen, source=source)
    if lines:
        progress.follow_refund(actor, order_id)
    return refund
