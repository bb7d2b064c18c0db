"""The rules of Cash on Delivery (`COD_RULES`): whose phone must be confirmed, and to whom it is not offered."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from orders.models import Order, Shipment

REFUSAL_WINDOW = timedelta(days=180)
CONFIRMATION_TIME = timedelta(hours=24)
NO_RULES = (None, None)


def may_pay_cash(market_code: str, phone_numbers: Collection[str], user_id: int | None = None) -> bool:
    """Return whether Cash on Delivery is offered to a buyer with these numbers (E.164), or with this account.

    It is not once they have refused as many orders as the market allows, in any market. One statement; none without a limit, or
    for a buyer of whom nothing is known. A buyer is never told why.
    """
    limit = settings.COD_RULES.get(market_code, NO_RULES)[1]
    numbers = list(filter(None, phone_numbers))
    if limit is None or (user_id is None and not numbers):
        return True
    buyer = Q(phone_e164__in=numbers) if user_id is None else Q(phone_e164__in=numbers) | Q(user=user_id)
    refused = Order.objects.filter(buyer, has_come_back(), shipped_at__gte=timezone.now() - REFUSAL_WINDOW)
    return len(refused.values_list("pk", flat=True)[:limit]) < limit


def has_come_back() -> Q:
    """Return the condition that a Cash on Delivery order was sent and came back unpaid; a lost one did not come back."""
    came_back = Shipment.objects.filter(order=OuterRef("pk"), state=Shipment.State.RETURNED)
    return Q(Exists(came_back), payment_method=Order.Method.COD, status=Order.Status.RETURNED)


def is_cash_offered(market_code: str, user: User) -> bool:
    """Return whether a signed-in user may pay cash, as far as their account tells; one statement, or none without a limit."""
    return may_pay_cash(market_code, [user.phone or ""], user.pk)


def confirms_phones() -> bool:
    """Return whether the phone of an order has to be confirmed in any market."""
    return any(amount is not None for amount, _ in settings.COD_RULES.values())


def get_confirmation_deadline(market_code: str, method: str, total: Decimal, now: datetime) -> datetime | None:
    """Return by when the phone of a new order has to be confirmed; None if it need not be."""
    amount = settings.COD_RULES.get(market_code, NO_RULES)[0]
    is_above = method == Order.Method.COD and amount is not None and total > amount
    return now + CONFIRMATION_TIME if is_above else None
