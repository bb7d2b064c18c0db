"""How long orders keep temporary data."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders import erasure
from orders.models import Order, StripeEvent
from orders.state.locking import select_unlocked

KEY_RETENTION = timedelta(hours=48)
EVENT_RETENTION = timedelta(days=90)


def clean_up() -> dict[str, int]:
    """Delete idempotency keys after 48 hours, provider events after 90 days, and personal data of closed accounts.

    Orders that are locked are left for the next time. Return the number of rows by kind.
    """
    events_before = timezone.now() - EVENT_RETENTION
    unfinished = Q(status__in=(StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED), received_at__lt=events_before)
    return {
        "payment events": StripeEvent.objects.filter(Q(processed_at__lt=events_before) | unfinished).delete()[0],
        "idempotency keys": _delete_expired_keys(),
        "addresses of closed accounts": erasure.erase_finished_orders(),
    }


@transaction.atomic
def _delete_expired_keys() -> int:
    expired = Order.objects.exclude(idempotency_key="").filter(created_at__lt=timezone.now() - KEY_RETENTION)
    return select_unlocked(expired).update(idempotency_scope="", idempotency_key="", request_hash="")
