"""Lists and counts for the admin's home page and for the stock pages: what needs attention, and what is reserved."""

from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from core.counted_rows import CountedRows, fetch_first_rows
from orders.models import Order, OrderItem, Refund, StripeEvent

STUCK_REFUND_STATES = (Refund.State.FAILED, Refund.State.REQUIRES_ACTION)


def count_unpaid_reservations() -> tuple[int, int]:
    """Return how many unpaid orders reserve stock, and how many units; one statement."""
    reserved = Order.objects.filter(stock_state=Order.StockState.RESERVED)
    counts = reserved.aggregate(orders=Count("pk", distinct=True), units=Sum("items__quantity"))
    return counts["orders"], counts["units"] or 0


def list_reserved_items(variant_id: int, limit: int) -> list[OrderItem]:
    """Return the lines of unpaid orders that reserve units of a variant, with their orders, most units first."""
    items = OrderItem.objects.filter(variant=variant_id, order__stock_state=Order.StockState.RESERVED)
    return list(items.select_related("order").order_by("-quantity", "pk")[:limit])


def list_newest_orders(limit: int) -> list[Order]:
    """Return the newest orders with their users."""
    return list(Order.objects.select_related("user").order_by("-created_at", "-id")[:limit])


def list_orders_with_alerts() -> QuerySet[Order]:
    """Return the orders with an open alert, newest first."""
    return Order.objects.exclude(attention="").order_by("-created_at", "-id")


def list_failed_events(limit: int) -> CountedRows[StripeEvent]:
    """Return the provider events that failed, newest first."""
    return fetch_first_rows(StripeEvent.objects.filter(status=StripeEvent.Status.FAILED).defer("payload").order_by("-id"), limit)


def list_stuck_refunds(limit: int, since: datetime) -> CountedRows[Refund]:
    """Return the refunds that have failed or required action since then, newest first."""
    stuck: QuerySet[Refund] = Refund.objects.filter(state__in=STUCK_REFUND_STATES, updated_at__gte=since)
    return fetch_first_rows(stuck.select_related("payment__order").order_by("-created_at", "-pk"), limit)
