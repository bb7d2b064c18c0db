"""How long carts are kept."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from carts.models import Cart, CartItem

BATCH = 500


def clean_up() -> dict[str, int]:
    """Delete the carts of guests who have been away for three days; one whose order is still open stays until that is settled."""
    now = timezone.now()
    removed = 0
    while batch := _delete_some(now):
        removed += batch
    return {"guest carts": removed}


@transaction.atomic
def _delete_some(now: datetime) -> int:
    """Delete some that are over at this moment; a guest who is coming back has his locked, and keeps it."""
    held = CartItem.objects.filter(held__gt=0).values("cart")
    over = Cart.objects.filter(expires_at__lte=now).exclude(pk__in=held).order_by("expires_at")
    ids = [cart.pk for cart in over.select_for_update(skip_locked=True)[:BATCH]]
    Cart.objects.filter(pk__in=ids).delete()
    return len(ids)
