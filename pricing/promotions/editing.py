"""Changes of promotions by staff. Each derives the rules of the markets again in its transaction."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from pricing import rules
from pricing.models import Promotion

NAME_LENGTH = 100  # characters
COPIED_SEPARATELY = ("id", "name", "used", "is_active", "created_at", "updated_at")


@transaction.atomic
def save(promotion: Promotion) -> None:
    """Save the columns of a promotion; the caller saves what belongs to it, and then calls `rules.rebuild`.

    `used` is counted again if there is a limit; without one it is not kept. The lock waits for orders that are being placed.
    """
    promotion.used = 0
    if promotion.pk is not None:
        locked = Promotion.objects.select_for_update().get(pk=promotion.pk)
        if promotion.usage_limit is not None:
            live = locked.redemptions.model.LIVE_STATES
            promotion.used = locked.redemptions.filter(state__in=live).count()
    promotion.save()


@transaction.atomic
def set_active(promotion_ids: Collection[int], *, is_active: bool) -> list[Promotion]:
    """Switch promotions on or off; return those that were not so already."""
    rows = Promotion.objects.filter(pk__in=promotion_ids, deleted_at=None).exclude(is_active=is_active)
    changed = list(rows.select_for_update(no_key=True).order_by("pk"))
    return changed if _update(changed, is_active=is_active) else []


@transaction.atomic
def soft_delete(promotion_ids: Collection[int]) -> list[Promotion]:
    """Delete promotions for staff and buyers; orders keep what they saved. Other promotions may have their codes from now on."""
    rows = Promotion.objects.filter(pk__in=promotion_ids, deleted_at=None)
    deleted = list(rows.select_for_update(no_key=True).order_by("pk"))
    return deleted if _update(deleted, deleted_at=timezone.now()) else []


def _update(promotions: Collection[Promotion], **columns: object) -> bool:
    if not promotions:
        return False
    Promotion.objects.filter(pk__in=[row.pk for row in promotions]).update(updated_at=timezone.now(), **columns)
    rules.rebuild()
    return True


@transaction.atomic
def duplicate(promotion: Promotion) -> Promotion:
    """Return a copy of a promotion that is off, with its amounts and products but without codes."""
    fields = [field.name for field in Promotion._meta.concrete_fields if field.name not in COPIED_SEPARATELY]
    suffix = " (copy)"
    name = promotion.name[: NAME_LENGTH - len(suffix)] + suffix
    copy = Promotion.objects.create(name=name, is_active=False, **{field: getattr(promotion, field) for field in fields})
    copy.categories.set(promotion.categories.all())
    copy.products.set(promotion.products.all())
    for row in promotion.amounts.all():
        copy.amounts.create(market=row.market, amount=row.amount, min_subtotal=row.min_subtotal)
    return copy
