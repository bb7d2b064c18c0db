"""Deletion of expired guest carts."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from carts.models import Cart, CartItem

BATCH_SIZE = 500


def clean_up() -> dict[str, int]:
    """Delete expired guest carts, except those with an open order. Return the number of deleted carts."""
    now = timezone.now()
    removed = 0
    while batch := _delete_batch(now):
        removed += batch
    return {"guest carts": removed}


@transaction.atomic
def _delete_batch(now: datetime) -> int:
    """Delete a batch of expired carts; skip locked ones, which their guests are using again."""
    held = CartItem.objects.filter(held__gt=0).values("cart")
    expired = Cart.objects.filter(expires_at__lte=now).exclude(pk__in=held).order_by("expires_at")
    ids = [cart.pk for cart in expired.select_for_update(skip_locked=True)[:BATCH_SIZE]]
    Cart.objects.filter(pk__in=ids).delete()
    return len(ids)
