"""Background jobs of the catalog."""

from contextlib import suppress
from typing import Any

from core import outbox
from products.exceptions import CategoryUnknown
from products.importing import runs, slices
from products.services import bulk_edits, bulk_prices, products, search_documents


@outbox.job(runs.START_JOB)
def start_import(payload: dict[str, Any]) -> None:
    """Start the import that has waited longest, unless another one is active."""
    runs.start_next()


@outbox.job(runs.SLICE_JOB)
def import_slice(payload: dict[str, Any]) -> None:
    """Process the next rows of an import, for some seconds."""
    slices.run_slice(payload["run"], payload["state"], payload["position"])


@outbox.job(search_documents.REINDEX_CATEGORY_JOB)
def reindex_category(payload: dict[str, Any]) -> None:
    """Index the products of a category that was renamed or moved."""
    search_documents.reindex_category(payload["category"], payload["after"])


@outbox.job(search_documents.REINDEX_PRODUCTS_JOB)
def reindex_products(payload: dict[str, Any]) -> None:
    """Index the next products after an upgrade that has changed their terms."""
    search_documents.reindex_products(payload["after"])


@outbox.job(bulk_prices.APPLY_JOB)
def apply_bulk_price_change(payload: dict[str, Any]) -> None:
    """Apply the next prices of a confirmed change, for some seconds."""
    bulk_prices.apply_slice(payload["change"])


@outbox.job(bulk_edits.EDIT_JOB)
def edit_products(payload: dict[str, Any]) -> None:
    """Set columns of products that staff selected in the list, unless the chosen category was deleted meanwhile."""
    with suppress(CategoryUnknown):
        bulk_edits.edit_batch(payload["products"], payload["columns"])


@outbox.job(bulk_edits.RETIRE_JOB)
def retire_products(payload: dict[str, Any]) -> None:
    """Soft-delete products that staff selected in the list."""
    products.retire(payload["products"])
