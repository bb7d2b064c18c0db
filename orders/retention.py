"""How long orders keep temporary data."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from orders import erasure
from orders.models import Order, StripeEvent

KEY_RETENTION = timedelta(hours=48)
EVENT_RETENTION = timedelta(days=90)


def clean_up() -> dict[str, int]:
    """Delete idempotency keys after 48 hours, provider events after 90 days, and personal data of closed accounts.

    Return the number of rows by kind.
    """
    events_before = timezone.now() - EVENT_RETENTION
    unfinished = Q(status__in=(StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED), received_at__lt=events_before)
    expired_keys = Order.objects.exclude(idempotency_key="").filter(created_at__lt=timezone.now() - KEY_RETENTION)
    return {
        "payment events": StripeEvent.objects.filter(Q(processed_at__lt=events_before) | unfinished).delete()[0],
        "idempotency keys": expired_keys.update(idempotency_scope="", idempotency_key="", request_hash=""),
        "addresses of closed accounts": erasure.erase_finished_orders(),
    }
