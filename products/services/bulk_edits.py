"""Set columns of many products, or retire them: those of a page at once, more of them in the background."""

from collections.abc import Sequence
from typing import cast

from django.db.models import Q
from django.utils import timezone

from core import outbox
from core.models import Job
from products.exceptions import CategoryUnknown
from products.models import Category, Product
from products.services import listings, products
from products.services.commands import ProductColumns

EDIT_JOB, RETIRE_JOB = "edit_products", "retire_products"
BATCH_SIZE = 500  # products per transaction, and those that are changed while the person waits


def edit(product_ids: Sequence[int], columns: ProductColumns) -> int | None:
    """Set columns of these products; return how many differed, or None if they are many and a job for each batch sets them.

    Raises CategoryUnknown.
    """
    if len(product_ids) <= BATCH_SIZE:
        return edit_batch(product_ids, columns)
    outbox.enqueue_all(*(Job(kind=EDIT_JOB, payload={"products": batch, "columns": columns}) for batch in _split(product_ids)))
    return None


def retire(product_ids: Sequence[int]) -> bool:
    """Soft-delete these products; return False if they are many and a job for each batch deletes them."""
    if len(product_ids) <= BATCH_SIZE:
        products.retire(product_ids)
        return True
    outbox.enqueue_all(*(Job(kind=RETIRE_JOB, payload={"products": batch}) for batch in _split(product_ids)))
    return False


def _split(product_ids: Sequence[int]) -> list[list[int]]:
    ordered = sorted(product_ids)
    return [ordered[start : start + BATCH_SIZE] for start in range(0, len(ordered), BATCH_SIZE)]


def edit_batch(product_ids: Sequence[int], columns: ProductColumns) -> int:
    """Set columns of these products in a constant number of statements; return how many differed. Raises CategoryUnknown."""
    with products.refuse_deleted_category() as used_categories:
        category_id = columns.get("category_id")
        if category_id is not None:
            used_categories.append(Category.objects.filter(pk=category_id).first())
            if used_categories == [None]:
                raise CategoryUnknown("This category has just been deleted", field="category")
        return _write(product_ids, columns)


def _write(product_ids: Sequence[int], columns: ProductColumns) -> int:
    listings.lock_products(product_ids)
    same = Q(**cast(dict[str, object], columns))
    differing = list(Product.objects.filter(~same, pk__in=product_ids, deleted_at=None).order_by("pk").values_list("pk", flat=True))
    if differing:
        Product.objects.filter(pk__in=differing).update(**columns, updated_at=timezone.now())
        listings.rebuild_listings(differing)
    return len(differing)
