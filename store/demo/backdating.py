"""Moves what has just been written to an earlier time: the only place where the demo changes rows without a service."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, QuerySet, When
from django.utils import timezone

from accounts.models import User
from carts.models import Cart, CartAuditLog, CartItem, WishlistItem
from core.models import Job
from orders.models import Address, Order, OrderEvent, Payment, Redemption, Refund, Shipment, TrackingEvent
from orders.state import notifications
from products.models import PriceChange, StockMovement

EMAIL_JOBS = (notifications.CUSTOMER_EMAIL_JOB, notifications.MERCHANT_EMAIL_JOB)


def backdate_order(order: Order, since: datetime, to: datetime) -> None:
    """Move the times of an order, its parcels and its cart that are `since` or later by `since - to`; its e-mails count as sent."""
    jobs = Job.objects.filter(payload__order=order.pk)
    of_order = (
        *(Order.objects.filter(pk=order.pk), OrderEvent.objects.filter(order=order), Payment.objects.filter(order=order)),
        *(Refund.objects.filter(payment__order=order.pk), StockMovement.objects.filter(reference=order.number), jobs),
        *(Redemption.objects.filter(order=order), Shipment.objects.filter(order=order)),
        TrackingEvent.objects.filter(shipment__order=order.pk),
    )
    _shift((*of_order, *_list_cart_rows(Cart.objects.filter(orders=order))), since, to)
    jobs.filter(kind__in=EMAIL_JOBS, done_at=None).update(done_at=F("run_at"))


def backdate_delivery(order: Order, to: datetime) -> None:
    """Move the days on which an order of today arrives, as if it had been placed `to`."""
    age = timezone.localdate() - timezone.localdate(to)
    names = [name for name in ("delivery_earliest", "delivery_latest") if getattr(order, name)]
    Order.objects.filter(pk=order.pk).update(**{name: getattr(order, name) - age for name in names})


def backdate_customer(user: User, since: datetime, to: datetime) -> None:
    """Move the times of an account, its address book, its wishlist and its carts in the same way."""
    rows = (User.objects.filter(pk=user.pk), Address.objects.filter(user=user), WishlistItem.objects.filter(user=user))
    _shift((*rows, *_list_cart_rows(Cart.objects.filter(user=user))), since, to)


def backdate_cart(cart_id: int, since: datetime, to: datetime) -> None:
    """Move the times of a cart in the same way."""
    _shift(_list_cart_rows(Cart.objects.filter(pk=cart_id)), since, to)


def _list_cart_rows(carts: QuerySet[Cart]) -> tuple[QuerySet[Any], ...]:
    ids = list(carts.values_list("pk", flat=True))
    return Cart.objects.filter(pk__in=ids), CartItem.objects.filter(cart__in=ids), CartAuditLog.objects.filter(cart__in=ids)


def backdate_catalog(since: datetime, to: datetime) -> None:
    """Move the times of the initial stock and prices that were imported `since`."""
    _shift((StockMovement.objects.filter(reason=StockMovement.Reason.IMPORT), PriceChange.objects.all()), since, to)


def _shift(rows: Iterable[QuerySet[Any]], since: datetime, to: datetime) -> None:
    """Move the times that are `since` or later; what an earlier step has moved lies before."""
    for queryset in rows:
        names = [field.name for field in queryset.model._meta.concrete_fields if isinstance(field, DateTimeField)]
        queryset.update(
            **{name: Case(When(Q((f"{name}__gte", since)), then=F(name) - (since - to)), default=F(name)) for name in names}
        )
