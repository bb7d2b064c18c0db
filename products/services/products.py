"""Create, update and retire products."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.actors import Actor
from core.models import save_changed
from products.exceptions import CategoryUnknown, NotYours, ProductNotFound, SlugTaken
from products.models import Category, Product, StockMovement, Variant
from products.services import categories, stock, variants
from products.services.commands import NewProduct, ProductChange, ProductColumns, VariantChange
from products.services.listings import lock_product_variants, lock_products, rebuild_listings
from products.slugs import make_slug
from products.text_folding import fold

MANUAL_REASONS = (
    StockMovement.Reason.RECEIVED,
    StockMovement.Reason.RETURN,
    StockMovement.Reason.DAMAGE,
    StockMovement.Reason.CORRECTION,
)
SLUG_TAKEN = "This address is in use"
Result = TypeVar("Result")


@contextmanager
def refuse_deleted_category() -> Iterator[list[Category | None]]:
    """Raise CategoryUnknown if a category in the yielded list is deleted concurrently, which is only raised at commit."""
    used: list[Category | None] = []
    try:
        with transaction.atomic():
            yield used
    except IntegrityError:
        if not any(category is not None and not Category.objects.filter(pk=category.pk).exists() for category in used):
            raise
        raise CategoryUnknown("This category has just been deleted", field="category") from None


def create(actor: Actor, new_product: NewProduct, *, reason: str = StockMovement.Reason.INITIAL) -> Product:
    """Create a product with its variants, prices, initial stock and listings; the seller defaults to the actor.

    Raises SkuTaken, SlugTaken, DuplicateOptions, CategoryUnknown.
    """
    seller_id = new_product.seller_id if new_product.seller_id is not None else actor.user_id
    with refuse_deleted_category() as used_categories:
        ref = new_product.category_ref
        category = new_product.category if ref is None else _resolve_category(actor, ref, new_product.may_create_category)
        used_categories.append(category)
        return create_many(actor, [replace(new_product, category=category, seller_id=seller_id)], reason=reason)[0]


def _resolve_category(actor: Actor, ref: str, may_create: bool) -> Category | None:
    """Return the referenced category, if any; for staff who may, an unknown one is created. Raises CategoryUnknown."""
    return None if not ref else categories.resolve_category(ref, may_create=may_create and actor.kind != "customer")


@transaction.atomic
def create_many(actor: Actor, new_products: Sequence[NewProduct], *, reason: str) -> list[Product]:
    """Create products in a constant number of statements. Raises SkuTaken, SlugTaken, DuplicateOptions."""
    for new_product in new_products:
        variants.refuse_duplicate_options(new_variant.options for new_variant in new_product.variants if new_variant.is_active)
    products = _insert_products(new_products)
    rows = (
        (product, new_variant, position)
        for product, new_product in zip(products, new_products, strict=True)
        for position, new_variant in enumerate(new_product.variants)
    )
    variants.create_many(actor, rows, reason)
    rebuild_listings([product.pk for product in products])
    return products


def _insert_products(new_products: Sequence[NewProduct]) -> list[Product]:
    try:
        with transaction.atomic():
            return Product.objects.bulk_create(_build_products(new_products, suffix=""))
    except IntegrityError:  # a slug was taken since they were read; retry with a random suffix, which cannot collide
        return Product.objects.bulk_create(_build_products(new_products, suffix=secrets.token_hex(3)))


def _build_products(new_products: Sequence[NewProduct], *, suffix: str) -> list[Product]:
    taken = get_taken_slugs(new.slug or new.name for new in new_products)
    products = []
    for new in new_products:
        if new.slug and new.slug in taken:
            raise SlugTaken(SLUG_TAKEN, field="slug")
        slug = new.slug or make_slug(f"{new.name[:180]} {suffix}" if suffix else new.name, taken)
        taken.add(slug)
        products.append(
            Product(
                name=new.name,
                slug=slug,
                description=new.description,
                category=new.category,
                seller_id=new.seller_id,
                low_stock_threshold=new.low_stock_threshold,
                is_active=new.is_active,
                search_name=fold(new.name),
            )
        )
    return products


def get_taken_slugs(names: Iterable[str]) -> set[str]:
    """Return the existing slugs that could collide with slugs made from these names."""
    bases = Counter(make_slug(name, ()) for name in names)
    taken = set(Product.objects.filter(slug__in=bases).values_list("slug", flat=True))
    for base in (base for base, count in bases.items() if count > 1 or base in taken):
        taken.update(Product.objects.filter(slug__startswith=f"{base}-").values_list("slug", flat=True))
    return taken


def lock_product(actor: Actor, ref: str | int) -> Product:
    """Lock and return the product with this id, uuid or slug, if the actor may change it. Raises ProductNotFound, NotYours."""
    product = Product.objects.select_for_update(no_key=True).by_ref(ref).first()
    if product is None:
        raise ProductNotFound
    if not product.is_editable_by(actor):
        raise NotYours
    return product


@transaction.atomic
def run_locked(actor: Actor, ref: str | int, check: Callable[[int], None], write: Callable[[], Result]) -> Result:
    """Lock a product and its variants, then call `check` with its id, and `write`; nothing is sold between the two.

    Raises ProductNotFound, NotYours, and what `check` and `write` raise.
    """
    product = lock_product(actor, ref)
    lock_product_variants([product.pk])
    check(product.pk)
    return write()


def update(actor: Actor, ref: str | int, change: ProductChange) -> Product:
    """Apply a change to a product, all or nothing.

    Raises ProductNotFound, NotYours, SlugTaken, CategoryUnknown, and what `variants.update` raises.
    """
    with refuse_deleted_category() as used_categories:
        product = lock_product(actor, ref)
        columns = change.columns
        if change.category_ref is not None:
            category = _resolve_category(actor, change.category_ref, change.may_create_category)
            used_categories.append(category)
            columns = {**columns, "category_id": category.pk if category is not None else None}
        save_columns(product, columns)
        if change.slug is not None and change.slug != product.slug:
            _change_slug(product, change.slug)
        if change.variants is not None:
            variants.replace_all(actor, product, change.variants)
        if change.simple_variant:
            variants.update_simple(actor, product, change.simple_variant)
        rebuild_listings([product.pk])
        return product


def save_from_admin(product: Product, changed: Sequence[str], seen: Mapping[str, object]) -> None:
    """Insert a new product with a slug made from its name, or save the columns that staff changed.

    The product and its variants stay locked for the rest of the transaction. `seen` holds the values of changed columns that the
    form was checked against. Raises PreconditionFailed.
    """
    product.search_name = fold(product.name)
    if product.pk is None:
        _insert_with_slug(product)
        return
    variants.refuse_unseen(Product.objects.select_for_update(no_key=True).get(pk=product.pk), seen)
    lock_product_variants([product.pk])
    if changed:
        folded = ["search_name"] if "name" in changed else []  # the name was read before the lock: another may be saved by now
        product.save(update_fields=[*changed, *folded, "updated_at"])


def _insert_with_slug(product: Product) -> None:
    product.slug = make_slug(product.name, get_taken_slugs([product.name]))
    try:
        with transaction.atomic():
            product.save(force_insert=True)
    except IntegrityError:  # the slug was taken since they were read, such as by the first of two clicks
        product.slug = make_slug(f"{product.name[:180]} {secrets.token_hex(3)}", ())
        product.save(force_insert=True)


def save_columns(product: Product, columns: ProductColumns) -> bool:
    """Save the columns of a product that differ, and the folded name; return whether there were any.

    The caller holds the product's lock and rebuilds its listings.
    """
    folded = {"search_name": fold(columns["name"])} if "name" in columns else {}
    return bool(save_changed(product, {**columns, **folded}))


def _change_slug(product: Product, slug: str) -> None:
    # Updating a unique column blocks rows that reference the product, such as an order holding its variants: lock those first.
    lock_product_variants([product.pk])
    taken = get_taken_slugs([slug or product.name]) - {product.slug}
    if slug and slug in taken:
        raise SlugTaken(SLUG_TAKEN, field="slug")
    product.slug = slug or make_slug(product.name, taken)
    try:
        with transaction.atomic():
            product.save(update_fields=["slug", "updated_at"])
    except IntegrityError:
        raise SlugTaken(SLUG_TAKEN, field="slug") from None


@transaction.atomic
def adjust_stock(
    actor: Actor,
    ref: str | int,
    variant_id: int | None,
    *,
    delta: int,
    reason: str,
    note: str = "",
    reference: str = "",
    page_opened_at: datetime | None = None,
) -> Product:
    """Add units to a variant's stock, or remove them; `reason` is one of MANUAL_REASONS, or free text.

    Raises ProductNotFound, NotYours, VariantNeeded, VariantNotFound, StockConflict.
    """
    product = lock_product(actor, ref)
    variant = variants.lock_variant(product, variant_id)
    if reason not in MANUAL_REASONS:
        reason, note = StockMovement.Reason.CORRECTION, reason
    stock.adjust(actor, variant, delta, reason, reference=reference, note=note, page_opened_at=page_opened_at)
    rebuild_listings([product.pk])
    return product


@transaction.atomic
def delete(actor: Actor, ref: str | int) -> Product:
    """Soft-delete a product. Raises ProductNotFound, NotYours."""
    product = lock_product(actor, ref)
    retire([product.pk])
    return product


@transaction.atomic
def retire(product_ids: Sequence[int]) -> None:
    """Soft-delete products; carts show them as unavailable, orders keep their copies."""
    lock_products(product_ids)
    now = timezone.now()
    Product.objects.filter(pk__in=product_ids).update(deleted_at=now, is_active=False, updated_at=now)
    rebuild_listings(product_ids)


@transaction.atomic
def add_variant(actor: Actor, ref: str | int, change: VariantChange) -> Variant:
    """Add a variant to a product. Raises ProductNotFound, NotYours, PriceNeeded, and what `variants.add` raises."""
    product = lock_product(actor, ref)
    variant = variants.add(actor, product, change.to_new_variant(), position=change.columns.get("position"))
    rebuild_listings([product.pk])
    return variant


@transaction.atomic
def update_variant(actor: Actor, ref: str | int, variant_id: int, change: VariantChange) -> Variant:
    """Apply a change to a variant of a product.

    Raises ProductNotFound, NotYours, and what `variants.update_one` raises.
    """
    product = lock_product(actor, ref)
    variant = variants.update_one(actor, product, variant_id, change)
    rebuild_listings([product.pk])
    return variant


@transaction.atomic
def delete_variant(actor: Actor, ref: str | int, variant_id: int) -> Variant:
    """Soft-delete a variant. Raises ProductNotFound, NotYours, VariantNotFound, LastVariant."""
    product = lock_product(actor, ref)
    variant = variants.lock_variant(product, variant_id)
    variants.delete(product, variant)
    rebuild_listings([product.pk])
    return variant
