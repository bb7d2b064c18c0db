"""Maintain the search documents, derived from the names, SKUs, categories and descriptions of products."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import F, QuerySet

from core import advisory_locks, outbox
from products.models import Category, Product, SearchDocument, SearchWord, Variant
from products.search_terms import build_filter_terms, build_terms

REINDEX_CATEGORY_JOB, REINDEX_PRODUCTS_JOB = "reindex_category", "reindex_products"
PATHS_LOCK = "category paths"  # shared by changes of products, which read the paths
BATCH_SIZE = 500  # products per transaction


def save_documents(variants: Sequence[Variant]) -> None:
    """Save the documents of products that have changed, given all variants of each product, ordered by product.

    The caller has locked the products before it fetched the variants with `fetch_variants`.
    """
    paths = get_category_paths() if any(variant.product.category_id for variant in variants) else {}
    documents, vocabulary = [], set[str]()
    for product, group in groupby(variants, key=attrgetter("product")):
        product_variants = list(group)
        terms = build_terms(
            product.name,
            skus=[variant.sku for variant in product_variants if variant.is_active and variant.deleted_at is None],
            categories=paths.get(product.category_id, ()),
            description=product.description,
            filters=build_filter_terms(product.category_id, product.seller_id),
        )
        digest = product_variants[0].document_digest or ""  # type: ignore[attr-defined]  # annotated by fetch_variants
        if digest != terms.digest:
            documents.append(SearchDocument(product=product, key_terms=terms.key, text_terms=terms.text, digest=terms.digest))
        if not digest.startswith(terms.vocabulary_digest):
            vocabulary |= terms.vocabulary
    if documents:
        columns = ["key_terms", "text_terms", "digest"]
        SearchDocument.objects.bulk_create(documents, update_conflicts=True, unique_fields=["product"], update_fields=columns)
    if vocabulary:
        SearchWord.objects.bulk_create((SearchWord(word=word) for word in sorted(vocabulary)), ignore_conflicts=True)


def fetch_variants(product_ids: Sequence[int], *, lock: bool) -> list[Variant]:
    """Return all variants of these locked products, ordered by product and position, as `save_documents` expects them.

    With `lock`, they are locked for the rest of the transaction, in ascending id, and so are the paths of all categories: the
    job that follows a change of a path cannot see a product that is not yet committed.
    """
    variants = Variant.objects.filter(product__in=product_ids).order_by("pk")
    variants = variants.select_related("product").annotate(document_digest=F("product__search_document__digest"))
    if lock:
        variants = variants.select_for_update(no_key=True, of=("self",)).annotate(lock=advisory_locks.SharedLock(PATHS_LOCK))
    return sorted(variants, key=attrgetter("product_id", "position", "pk"))


def get_category_paths() -> dict[int | None, list[str]]:
    """Return by category id the names of the category and its ancestors."""
    categories = {pk: (name, parent) for pk, name, parent in Category.objects.values_list("pk", "name", "parent")}
    return {pk: list(_iter_path(categories, pk)) for pk in categories}


def _iter_path(categories: dict[int, tuple[str, int | None]], category_id: int | None) -> Iterator[str]:
    while category_id in categories:
        name, category_id = categories[category_id]
        yield name


def lock_category_paths() -> None:
    """Wait for changes of products that have read the paths of categories, and have others wait until the transaction ends."""
    advisory_locks.lock(PATHS_LOCK)


def enqueue_category(category_id: int, *, after: int = 0) -> None:
    """Enqueue the indexing of a category's products whose ids are greater than `after`, also those of its subcategories."""
    outbox.enqueue(REINDEX_CATEGORY_JOB, {"category": category_id, "after": after})


@transaction.atomic
def reindex_category(category_id: int, after: int) -> None:
    """Index one batch of a category's products, and enqueue the next."""
    last_id = _reindex_batch(Product.objects.filter(category__in=_get_subtree_ids(category_id)), after)
    if last_id is not None:
        enqueue_category(category_id, after=last_id)


@transaction.atomic
def reindex_products(after: int) -> None:
    """Index one batch of all products, and enqueue the next. A migration enqueues the first when the terms have changed."""
    last_id = _reindex_batch(Product.objects.all(), after)
    if last_id is not None:
        outbox.enqueue(REINDEX_PRODUCTS_JOB, {"after": last_id})


def _get_subtree_ids(category_id: int) -> list[int]:
    parents = dict(Category.objects.values_list("pk", "parent"))
    subtree_ids = {category_id}
    while children := {pk for pk, parent in parents.items() if parent in subtree_ids} - subtree_ids:
        subtree_ids |= children
    return sorted(subtree_ids)


def reindex_all(progress: Callable[[int], object]) -> None:
    """Index every product, in batches; call `progress` with the size of each."""
    last_id: int | None = 0
    while last_id is not None:
        with transaction.atomic():
            last_id = _reindex_batch(Product.objects.all(), last_id)
        progress(BATCH_SIZE)


def _reindex_batch(products: QuerySet[Product], after: int) -> int | None:
    """Index the first products with a greater id; return the last id, or None if there are no more."""
    locked = products.select_for_update(no_key=True).filter(pk__gt=after).order_by("pk")
    ids = list(locked.values_list("pk", flat=True)[:BATCH_SIZE])
    save_documents(fetch_variants(ids, lock=False))
    return ids[-1] if len(ids) == BATCH_SIZE else None
