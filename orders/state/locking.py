"""Locks what a payment touches, in the order in which everybody locks: cart, order, payment, refunds, variants."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from carts import checkout
from carts.identity import CartRef
from core.actors import Actor
from orders.exceptions import OrderNotFound
from orders.models import Order, Payment

LIVE = (Payment.State.CREATED, Payment.State.OPEN, Payment.State.PROCESSING)


@dataclass(slots=True)
class Held:
    """An order, one of its payments, and its cart where that is there still, all locked; and who acts."""

    order: Order
    payment: Payment
    cart: CartRef | None
    actor: Actor

    @property
    def units(self) -> dict[int, int]:
        """How many units of each variant the order holds or wants, in ascending id; of variants that are gone, none."""
        rows = self.order.items.exclude(variant=None).order_by("variant").values_list("variant", "quantity")
        return dict(rows)

    def others(self) -> Iterable[UUID]:
        """Return the order's other attempts that could still be paid."""
        return self.order.payments.exclude(pk=self.payment.pk).filter(state__in=LIVE).values_list("pk", flat=True)


def held(payment_id: UUID, actor: Actor) -> Held:
    """Lock a payment with its order and cart, inside a transaction."""
    cart = checkout.locked_for_order(Payment.objects.values_list("order__cart", flat=True).get(pk=payment_id))
    order, payment = locked_with_order(payment_id)
    return Held(order, payment, cart, actor)


def locked_with_order(payment_id: UUID) -> tuple[Order, Payment]:
    """Lock a payment and its order before it, inside a transaction."""
    order = locked(Payment.objects.values_list("order", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    payment.order = order
    return order, payment


def locked(order_id: int) -> Order:
    """Lock an order, inside a transaction. Raises OrderNotFound."""
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def lock_payments(wanted: QuerySet[Payment, Any]) -> list[UUID]:
    """Lock these payments of any orders, in the order in which those of one are locked."""
    rows = Payment.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("created_at", "pk")
    return [payment.pk for payment in rows]


def locked_payments(order: Order) -> list[Payment]:
    """Lock the payments of a locked order, oldest first."""
    return list(order.payments.select_for_update(no_key=True).order_by("created_at", "pk"))
