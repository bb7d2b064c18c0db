"""Receivers for signals of the models below: a promotion in a category is also one in its subcategories."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from pricing import rules
from pricing.models import Promotion
from products.models import Category


@receiver(post_save, sender=Category)
def rebuild_rules(sender: type[Category], **_: Any) -> None:
    """Derive the rules again when a category is created or moved, if a promotion is in any."""
    if Promotion.objects.filter(is_active=True, deleted_at=None, all_products=False, categories__isnull=False).exists():
        rules.rebuild()
