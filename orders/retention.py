"""How long orders keep temporary data."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders import erasure
from orders.models import Order, Redemption, StripeEvent
from orders.state.locking import select_unlocked
from pricing.models import Promotion

KEY_RETENTION = timedelta(hours=48)
EVENT_RETENTION = timedelta(days=90)
CONTACT_HASH_RETENTION = timedelta(days=90)  # after the end of a promotion


def clean_up() -> dict[str, int]:
    """Delete idempotency keys after 48 hours, provider events after 90 days, and personal data of closed accounts.

    The hashes that tell which buyers have used a promotion are deleted 90 days after its end, or after it was deleted.
    Orders that are locked are left for the next time. Return the number of rows by kind.
    """
    events_before = timezone.now() - EVENT_RETENTION
    unfinished = Q(status__in=(StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED), received_at__lt=events_before)
    return {
        "payment events": StripeEvent.objects.filter(Q(processed_at__lt=events_before) | unfinished).delete()[0],
        "idempotency keys": _delete_expired_keys(),
        "addresses of closed accounts": erasure.erase_finished_orders(),
        "contacts of ended promotions": _delete_contact_hashes(),
    }


@transaction.atomic
def _delete_expired_keys() -> int:
    expired = Order.objects.exclude(idempotency_key="").filter(created_at__lt=timezone.now() - KEY_RETENTION)
    return select_unlocked(expired).update(idempotency_scope="", idempotency_key="", request_hash="")


def _delete_contact_hashes() -> int:
    before = timezone.now() - CONTACT_HASH_RETENTION
    ended = Promotion.objects.filter(Q(ends_at__lt=before) | Q(deleted_at__lt=before))
    hashed = Redemption.objects.filter(promotion__in=ended).exclude(email_hash="", phone_hash="")
    return hashed.update(email_hash="", phone_hash="")
