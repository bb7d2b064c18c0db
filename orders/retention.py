"""How long orders keep what they need for a while only."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from orders import erasure
from orders.models import Order, StripeEvent

KEYS_FOR = timedelta(hours=48)
EVENTS_FOR = timedelta(days=90)


def clean_up() -> dict[str, int]:
    """Forget idempotency keys after 48 hours, the provider's events after 90 days, and what is personal in finished orders of
    closed accounts."""
    long_ago = timezone.now() - EVENTS_FOR
    unfinished = Q(status__in=(StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED), received_at__lt=long_ago)
    old = Order.objects.exclude(idempotency_key="").filter(created_at__lt=timezone.now() - KEYS_FOR)
    return {
        "payment events": StripeEvent.objects.filter(Q(processed_at__lt=long_ago) | unfinished).delete()[0],
        "idempotency keys": old.update(idempotency_scope="", idempotency_key="", request_hash=""),
        "addresses of closed accounts": erasure.erase_finished(),
    }
