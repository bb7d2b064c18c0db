"""Background jobs of the catalog."""

from typing import Any

from core import outbox
from products.importing import runs, slices
from products.services import search_documents


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
