"""The books (law L9): what is derived is computed anew from what it comes of, and what does not add up is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, Round

from carts import checkout
from orders.models import Order, OrderItem, Payment, Refund
from orders.payments.refunds import COUNTED, GIVEN
from orders.state.locking import lock_payments
from products.models import StockMovement, Variant
from products.services import stock

Status, StockState = Order.Status, Order.StockState
STOCK_OF = {
    Status.PENDING: (StockState.RESERVED,),
    Status.PROCESSING: (StockState.COMMITTED,),
    Status.SHIPPED: (StockState.COMMITTED,),
    Status.DELIVERED: (StockState.COMMITTED,),
    Status.CANCELLED: (StockState.RELEASED, StockState.NONE),
    Status.EXPIRED: (StockState.RELEASED, StockState.NONE),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not add up; `is_derived` says that it can be computed anew."""

    about: str
    words: str
    is_derived: bool = False

    def __str__(self) -> str:
        return f"{self.about}: {self.words}"


def problems() -> Iterator[Problem]:
    """Yield everything that does not add up, in a number of statements that does not depend on how much there is."""
    yield from _stock()
    yield from _reserved()
    yield from _totals()
    yield from _states()
    yield from _sales()
    yield from _money()
    yield from (
        Problem(f"cart {cart}", "holds units for an order that is not open", is_derived=True) for cart in _held_for_nothing()
    )


def _total(rows: Any, key: str, value: str) -> Coalesce:
    sums = rows.order_by().values(key).annotate(n=Sum(value)).values("n")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def _stock() -> Iterator[Problem]:
    moved = _total(StockMovement.objects.filter(variant=OuterRef("pk")), "variant", "delta")
    wrong = Variant.objects.annotate(moved=moved).exclude(stock=F("moved")).values_list("sku", "stock", "moved")
    for sku, on_hand, movements in wrong.iterator():
        yield Problem(f"SKU {sku}", f"{on_hand} on hand, but its movements add up to {movements}")


def _promised() -> Coalesce:
    return _total(OrderItem.objects.filter(variant=OuterRef("pk"), order__stock_state=StockState.RESERVED), "variant", "quantity")


def _reserved() -> Iterator[Problem]:
    wrong = (
        Variant.objects.annotate(promised=_promised()).exclude(reserved=F("promised")).values_list("sku", "reserved", "promised")
    )
    for sku, reserved, promised in wrong.iterator():
        yield Problem(f"SKU {sku}", f"{reserved} reserved, but open orders hold {promised}", is_derived=True)


def _totals() -> Iterator[Problem]:
    lines = OrderItem.objects.exclude(line_total=_exact(F("unit_price") * F("quantity"))).values_list("order__number", "sku")
    for number, sku in lines.iterator():
        yield Problem(f"order {number}", f"the line of {sku} is not its price times its quantity")
    of_order = OrderItem.objects.filter(order=OuterRef("pk")).order_by().values("order")
    total = _exact(F("subtotal") - F("discount_total") + F("shipping_total"))
    orders = Order.objects.annotate(lines=Subquery(of_order.annotate(n=_exact(Sum("line_total"))).values("n")))
    wrong = orders.filter(~Q(subtotal=F("lines")) | ~Q(total=total))
    for number in wrong.values_list("number", flat=True).iterator():
        yield Problem(f"order {number}", "its lines, subtotal and total do not add up")


def _exact(amount: Combinable) -> Round:
    """Round an amount to the digits that a column holds: SQLite computes with floating-point numbers."""
    return Round(amount, precision=3)


def _states() -> Iterator[Problem]:
    fits = Q()
    for one, states in STOCK_OF.items():
        fits |= Q(status=one, stock_state__in=states)
    for number, status, state in Order.objects.exclude(fits).values_list("number", "status", "stock_state").iterator():
        yield Problem(f"order {number}", f"is {status} while its stock is {state}")
    paid = Order.objects.filter(payment_method=Order.Method.STRIPE, total__gt=0, status__in=(Status.PROCESSING, Status.SHIPPED))
    captured = Payment.objects.filter(order=OuterRef("pk"), state=Payment.State.SUCCEEDED)
    for number in paid.annotate(n=_total(captured, "order", "captured_minor")).filter(n=0).values_list("number", flat=True):
        yield Problem(f"order {number}", "is to be sent, and no payment of it has succeeded")


def _sales() -> Iterator[Problem]:
    """Hold the movements of each order to what it took and what was put back."""
    moved = _total(StockMovement.objects.filter(reference=OuterRef("number")), "reference", "delta")
    lines = OrderItem.objects.filter(order=OuterRef("pk")).exclude(variant=None)
    away = Case(  # of a cancelled order stay away the units that were given back and not put on the shelf
        When(stock_state=StockState.COMMITTED, then=F("units") - F("back")),
        default=F("given_back") - F("back"),
        output_field=BigIntegerField(),
    )
    units, given_back = _total(lines, "order", "quantity"), _total(lines, "order", "refunded_quantity")
    orders = Order.objects.annotate(moved=moved, units=units, given_back=given_back)
    orders = orders.annotate(back=_total(lines, "order", "restocked_quantity")).annotate(away=away)
    for number, delta, units in orders.exclude(moved=-F("away")).values_list("number", "moved", "away").iterator():
        yield Problem(f"order {number}", f"took {units} unit(s), but the movements with its number add up to {delta}")


def _money() -> Iterator[Problem]:
    of_payment = Refund.objects.filter(payment=OuterRef("pk"))
    given = _total(of_payment.filter(state__in=GIVEN), "payment", "amount_minor")
    asked = _total(of_payment.filter(state__in=COUNTED), "payment", "amount_minor")
    payments = Payment.objects.annotate(given=given, asked=asked).select_related("order")
    wrong = payments.filter(~Q(refunded_minor=F("given")) | Q(asked__gt=F("captured_minor")))
    for payment in wrong.iterator():
        told: Any = payment
        if told.asked > payment.captured_minor and not payment.is_paid_otherwise:
            yield Problem(f"order {payment.order.number}", f"{told.asked} asked back of {payment.captured_minor} captured")
        if payment.refunded_minor != min(told.given, payment.captured_minor):
            words = f"{payment.refunded_minor} refunded, but its refunds add up to {told.given}"
            yield Problem(f"order {payment.order.number}", words, is_derived=True)


def _held_for_nothing() -> list[int]:
    waiting = Order.objects.filter(status=Status.PENDING, cart__isnull=False)
    merged = waiting.filter(cart__merged_into__isnull=False)
    return checkout.held_elsewhere(waiting.values("cart"), merged.values("cart__merged_into"))


@transaction.atomic
def fix() -> int:
    """Compute anew what is derived, and return how much was wrong: units that carts hold, money refunded, units reserved.

    Locks are taken in the order of all: carts, payments, variants.
    """
    locked = set(_held_for_nothing())
    checkout.lock(locked)
    carts = sorted(locked.intersection(_held_for_nothing()))  # an order may have been placed meanwhile
    checkout.hold_nothing(carts)
    given = _total(Refund.objects.filter(payment=OuterRef("pk"), state__in=GIVEN), "payment", "amount_minor")
    payments = Payment.objects.annotate(given=Least(given, F("captured_minor"))).exclude(refunded_minor=F("given"))
    changed = Payment.objects.filter(pk__in=lock_payments(payments.values("pk"))).update(
        refunded_minor=Least(given, F("captured_minor"))
    )
    wrong = Variant.objects.annotate(promised=_promised()).exclude(reserved=F("promised"))
    stock.lock(list(wrong.values_list("pk", flat=True)))
    for pk, promised in list(wrong.values_list("pk", "promised")):
        changed += Variant.objects.filter(pk=pk, stock__gte=promised).update(reserved=promised)
    return changed + len(carts)
