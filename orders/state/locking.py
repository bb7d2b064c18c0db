"""Row locks of orders and payments, always in the same order: cart, order, payment, refunds, variants, promotions.

A transaction locks one order, or several in ascending id, or only those that it need not wait for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from carts import checkout
from carts.identity import CartRef
from core.actors import Actor
from orders.exceptions import OrderNotFound
from orders.models import Order, Payment


@dataclass(slots=True)
class LockedPayment:
    """A payment with its order and its cart (None if the cart is gone), all locked, and the actor of the change."""

    order: Order
    payment: Payment
    cart: CartRef | None
    actor: Actor

    def get_units(self) -> dict[int, int]:
        """Return the ordered units by variant, in ascending id; deleted variants are left out."""
        rows = self.order.items.exclude(variant=None).order_by("variant").values_list("variant", "quantity")
        return dict(rows)

    def get_other_open_payments(self) -> Iterable[UUID]:
        """Return the order's other payments that the buyer could still pay."""
        others = self.order.payments.exclude(pk=self.payment.pk)
        return others.filter(state__in=Payment.OPEN_STATES).values_list("pk", flat=True)


def lock_payment(payment_id: UUID, actor: Actor) -> LockedPayment:
    """Lock a payment with its cart and order, inside a transaction."""
    cart = checkout.lock_cart_of_order(Payment.objects.values_list("order__cart", flat=True).get(pk=payment_id))
    order, payment = lock_order_and_payment(payment_id)
    return LockedPayment(order, payment, cart, actor)


def lock_order_and_payment(payment_id: UUID) -> tuple[Order, Payment]:
    """Lock a payment's order, then the payment, inside a transaction."""
    order = lock_order(Payment.objects.values_list("order", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    payment.order = order
    return order, payment


def lock_order(order_id: int) -> Order:
    """Lock an order, inside a transaction. Raises OrderNotFound."""
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def select_in_lock_order(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return these orders as a query whose `update()` locks them in ascending id, inside a transaction.

    An UPDATE alone locks rows as it meets them, in an order that nobody chose.
    """
    return Order.objects.filter(pk__in=orders.select_for_update(no_key=True).order_by("pk").values("pk"))


def select_unlocked(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return those of the orders that nobody has locked, as a query whose `update()` waits for nobody, inside a transaction."""
    return Order.objects.filter(pk__in=orders.select_for_update(skip_locked=True, no_key=True).values("pk"))


def lock_payments_of_order(order: Order) -> list[Payment]:
    """Lock the payments of a locked order, oldest first."""
    return list(order.payments.select_for_update(no_key=True).order_by("created_at", "pk"))
