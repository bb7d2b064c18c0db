"""Receivers for signals: a promotion in a category is also one in its subcategories, and `MARKETS` may differ at an upgrade."""

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.signals import post_migrate, post_save
from django.dispatch import receiver

from core import outbox
from pricing import rules
from pricing.models import PriceRules, Promotion, ServiceArea, ShippingMethod, Zone
from products.models import Category

PARENT = {"parent", "parent_id"}
READ_MODELS = (PriceRules, Promotion, Zone, ShippingMethod, ServiceArea, Category)


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


@receiver(post_migrate)
def rebuild_after_upgrade(sender: AppConfig, *, using: str, apps: Apps, **_: Any) -> None:
    """Derive the rules of all markets again, if there are any: a market may have come back to `MARKETS`, or have another currency.

    Not where a migration was undone, so that tables are older than their models.
    """
    is_current = sender.name == "pricing" and using == DEFAULT_DB_ALIAS and all(_is_migrated(model, apps) for model in READ_MODELS)
    if is_current and PriceRules.objects.exists():
        rules.rebuild()


def _is_migrated(model: type[Model], apps: Apps) -> bool:
    """Return whether the table of a model has its columns."""
    migrated = {known._meta.label: known._meta.concrete_fields for known in apps.get_models()}.get(model._meta.label, ())
    return {field.name for field in model._meta.concrete_fields} <= {field.name for field in migrated}
