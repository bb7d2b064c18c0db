"""Receivers for signals of the models below: a promotion in a category is also one in its subcategories."""

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from core import outbox
from pricing import rules
from pricing.models import Promotion
from products.models import Category

PARENT = {"parent", "parent_id"}


@receiver(post_save, sender=Category)
def rebuild_rules(
    sender: type[Category], *, instance: Category, created: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """Have the rules derived again by a job when a subcategory is created or a category moves, if a promotion is in any.

    A job, because a transaction that saves a category may go on to lock products and category paths, which come first.
    """
    has_moved = instance.parent_id is not None if created else update_fields is None or not PARENT.isdisjoint(update_fields)
    of_categories = Promotion.objects.filter(is_active=True, deleted_at=None, all_products=False, categories__isnull=False)
    if has_moved and of_categories.exists():
        outbox.enqueue(rules.REBUILD_JOB, {})
