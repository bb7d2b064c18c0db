"""Promotions: how often each was used, and by which orders."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from orders.integrity.problems import Problem, sum_units
from orders.models import Order, Redemption
from orders.state import redemptions
from pricing import rules
from pricing.models import Promotion, PromotionCode

State = Redemption.State
LIVE = Redemption.objects.filter(state__in=Redemption.LIVE_STATES)
AGREES = (
    Q(state=State.HELD, order__status=Order.Status.PENDING)
    | Q(state=State.USED, order__status__in=Order.SOLD_STATUSES)
    | Q(state=State.RELEASED, order__status__in=(*Order.CLOSED_STATUSES, Order.Status.RETURNED))
)


def check_uses() -> Iterator[Problem]:
    """Compare the counters of promotions and codes with the orders that hold or have used them."""
    for name, used, uses in _list_wrongly_counted().values_list("name", "used", "uses"):
        yield Problem(f"promotion {name}", f"{used} used, but {uses} order(s) hold or have used it", is_derived=True)
    for code, is_used in _list_wrongly_used_codes().values_list("code", "is_used"):
        message = "is used, but no order has it" if is_used else "is free, but an order has it"
        yield Problem(f"code {code}", message, is_derived=True)


def check_redemptions() -> Iterator[Problem]:
    """Compare the state of each use with the status of its order."""
    mismatches = Redemption.objects.exclude(AGREES).values_list("order__number", "order__status", "state", "promotion__name")
    for number, status, state, name in mismatches.iterator():
        yield Problem(f"order {number}", f"is {status} while its use of the promotion {name} is {state}")


def _list_wrongly_counted() -> QuerySet[Any]:
    """Return the promotions with a limit whose counter differs from `uses`."""
    limited = Promotion.objects.filter(usage_limit__isnull=False).order_by("pk")
    uses = sum_units(LIVE.filter(promotion=OuterRef("pk")), "promotion", Value(1))
    return limited.annotate(uses=uses).exclude(used=F("uses"))


def _list_wrongly_used_codes() -> QuerySet[PromotionCode]:
    """Return the codes for one order whose mark differs from whether an order holds or has used them."""
    is_taken = Exists(LIVE.filter(code=OuterRef("pk"), single_use=True))
    return PromotionCode.objects.filter(Q(is_taken, is_used=False) | Q(~is_taken, is_used=True)).order_by("pk")


@transaction.atomic
def fix_uses() -> int:
    """Recompute the counters; return the number of corrections. Carts learn which promotions are used up."""
    redemptions.lock_limited(_list_wrongly_counted().values_list("pk", flat=True))
    rows = list(_list_wrongly_counted().values_list("pk", "uses"))  # read after the lock
    for pk, uses in rows:
        Promotion.objects.filter(pk=pk).update(used=uses)
    fixed_codes = _fix_codes()
    if rows:
        rules.rebuild()  # last, as in orders
    return len(rows) + fixed_codes


def _fix_codes() -> int:
    locked = PromotionCode.objects.filter(pk__in=list(_list_wrongly_used_codes().values_list("pk", flat=True)))
    list(locked.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    codes = list(_list_wrongly_used_codes())
    for code in codes:
        PromotionCode.objects.filter(pk=code.pk).update(is_used=not code.is_used)
    return len(codes)
