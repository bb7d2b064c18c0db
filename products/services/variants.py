"""Create, update and delete the variants of a product. The caller holds the product's lock and rebuilds its listings."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core import markets
from core.actors import Actor
from core.exceptions import PreconditionFailed
from core.models import save_changed
from products.exceptions import (
    DuplicateOptions,
    ImageNotFound,
    LastVariant,
    SkuTaken,
    TooManyVariants,
    VariantNeeded,
    VariantNotFound,
)
from products.models import MAX_VARIANTS, Product, ProductImage, StockMovement, Variant
from products.services import listings, prices, skus, stock
from products.services.commands import NewVariant, VariantChange, VariantColumns
from products.services.options import build_name, fold_options, follow_options

SKU_TAKEN = "A product with this SKU already exists"
ACTIVE_NEEDED = "At least one variant must be active. To take the product off sale, deactivate the product"


def create_many(actor: Actor, rows: Iterable[tuple[Product, NewVariant, int]], reason: str) -> list[Variant]:
    """Create variants, given as (product, variant, position), with their prices and initial stock. Raises SkuTaken."""
    rows = list(rows)
    created = [_build_variant(product, new, position) for product, new, position in rows]
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(created)
    except IntegrityError:
        raise SkuTaken(SKU_TAKEN, field="sku") from None
    prices.create_initial(actor, created, [new for _, new, _ in rows])
    stock.record_initial(actor, created, reason)
    return created


def _build_variant(product: Product, new: NewVariant, position: int) -> Variant:
    return Variant(
        product=product,
        sku=new.sku or skus.generate_sku(),
        name=new.name,
        options=new.options,
        image_id=new.image_id,
        price=new.price.amount,
        compare_at_price=new.price.compare_at,
        stock=new.stock,
        weight_grams=new.weight_grams,
        position=position,
        is_active=new.is_active,
    )


def lock_variants(product: Product) -> list[Variant]:
    """Lock and return all variants of a product with their prices, including inactive and deleted ones."""
    listings.lock_product_variants([product.pk])
    return list(Variant.objects.filter(product=product).prefetch_related("market_prices").order_by("position", "id"))


def refuse_duplicate_options(options: Iterable[Mapping[str, str]]) -> None:
    """Raise DuplicateOptions if two active variants of a product have the same options, in any letter case."""
    seen = set()
    for names_and_values in options:
        folded = fold_options(names_and_values)
        if folded and folded in seen:
            combination = ", ".join(f"{name}: {value}" for name, value in names_and_values.items())
            raise DuplicateOptions(f"Another variant already has the options {combination}", field="options")
        seen.add(folded)


def _refuse_ambiguous(variants: Iterable[Variant]) -> None:
    """Raise DuplicateOptions if customers could not tell two of these variants of a product apart."""
    refuse_duplicate_options(variant.options for variant in variants if variant.is_active and variant.deleted_at is None)


def _refuse_foreign_image(product: Product, image_id: int | None) -> None:
    """Raise ImageNotFound if the picture is not one of the product's."""
    if image_id is not None and not ProductImage.objects.filter(pk=image_id, product=product).exists():
        raise ImageNotFound("The product has no such picture", field="image_id")


def add(actor: Actor, product: Product, new: NewVariant, *, position: int | None = None) -> Variant:
    """Add a variant, last unless it has a position; a deleted variant with the same SKU is restored.

    Raises SkuTaken, TooManyVariants, DuplicateOptions, ImageNotFound, StockConflict.
    """
    existing = lock_variants(product)
    _refuse_foreign_image(product, new.image_id)
    active = [variant.options for variant in existing if variant.is_active and variant.deleted_at is None]
    refuse_duplicate_options([*active, new.options])
    if sum(variant.deleted_at is None for variant in existing) >= MAX_VARIANTS:
        raise TooManyVariants(f"A product has at most {MAX_VARIANTS} variants")
    if position is None:
        position = max((variant.position for variant in existing if variant.deleted_at is None), default=-1) + 1
    deleted = next((variant for variant in existing if variant.sku == new.sku and variant.deleted_at is not None), None)
    if deleted is None:
        return create_many(actor, [(product, new, position)], StockMovement.Reason.INITIAL)[0]
    default = markets.get_default_market().code
    cleared = dict.fromkeys(row.market for row in deleted.market_prices.all())  # earlier prices are not restored
    update(
        actor,
        deleted,
        VariantChange(
            columns={
                "name": new.name,
                "options": new.options,
                "image_id": new.image_id,
                "weight_grams": new.weight_grams,
                "position": position,
                "is_active": True,
                "deleted_at": None,
            },
            amounts={**cleared, default: new.price.amount, **{market: price.amount for market, price in new.prices.items()}},
            compare_ats={default: new.price.compare_at, **{market: price.compare_at for market, price in new.prices.items()}},
            available=new.stock,
        ),
        reason=StockMovement.Reason.INITIAL,
    )
    return deleted


def update(actor: Actor, variant: Variant, change: VariantChange, *, reason: str = StockMovement.Reason.CORRECTION) -> bool:
    """Apply a change to a locked variant; return whether anything changed. Raises SkuTaken, PriceNeeded, StockConflict."""
    changed = _save_columns(variant, change.columns)
    changed = prices.update(actor, variant, change.amounts, change.compare_ats) or changed
    if change.available is not None and change.available != variant.available:
        changed = stock.set_available(actor, variant, change.available, reason)
    return changed


def update_one(actor: Actor, product: Product, variant_id: int, change: VariantChange) -> Variant:
    """Apply a change to one variant of a product.

    Raises VariantNotFound, SkuTaken, PriceNeeded, DuplicateOptions, ImageNotFound, StockConflict.
    """
    siblings = lock_variants(product)
    variant = _choose_variant(siblings, variant_id)
    _refuse_foreign_image(product, change.columns.get("image_id"))
    update(actor, variant, change)
    if change.columns.keys() & {"options", "is_active"}:
        _refuse_ambiguous(siblings)
    return variant


def save_from_admin(
    actor: Actor,
    product: Product,
    variant_id: int | None,
    change: VariantChange,
    *,
    stock_delta: int,
    seen: Mapping[str, object],
    page_opened_at: datetime | None = None,
) -> None:
    """Save a variant as edited in the admin. The caller holds the product's lock, and calls `refuse_unsellable` after all rows.

    `seen` holds the values of changed columns that the form was checked against, `stock_delta` the difference from the units on
    hand that the page showed. Raises SkuTaken, PriceNeeded, StockConflict, TooManyVariants, ImageNotFound, PreconditionFailed.
    """
    _refuse_foreign_image(product, change.columns.get("image_id"))
    if variant_id is None:
        new = change.to_new_variant()
        new = dataclasses.replace(new, stock=stock_delta, name=new.name or build_name(new.options.values()))
        if Variant.objects.filter(product=product, deleted_at=None).count() >= MAX_VARIANTS:
            raise TooManyVariants(f"A product has at most {MAX_VARIANTS} variants")
        create_many(actor, [(product, new, change.columns.get("position", 0))], StockMovement.Reason.INITIAL)
        return
    variant = lock_variant(product, variant_id)
    refuse_unseen(variant, seen)
    update(actor, variant, dataclasses.replace(change, columns=follow_options(variant, change.columns)))
    stock.adjust(actor, variant, stock_delta, StockMovement.Reason.CORRECTION, page_opened_at=page_opened_at)


def refuse_unsellable(product: Product) -> None:
    """Check the variants of a locked product after their rows were saved one by one. Raises LastVariant, DuplicateOptions."""
    active = Variant.objects.filter(product=product, is_active=True, deleted_at=None)
    if not active:
        raise LastVariant(ACTIVE_NEEDED)
    _refuse_ambiguous(active)


def refuse_unseen(row: Product | Variant, seen: Mapping[str, object]) -> None:
    """Raise PreconditionFailed if a locked row no longer has these values: someone else has changed it."""
    if any(getattr(row, name) != value for name, value in seen.items()):
        raise PreconditionFailed


def _save_columns(variant: Variant, columns: VariantColumns) -> bool:
    """Save the columns that differ; return whether there were any. Raises SkuTaken."""
    if columns.get("sku", variant.sku) == variant.sku:
        return bool(save_changed(variant, columns))
    try:
        with transaction.atomic():
            return bool(save_changed(variant, columns))
    except IntegrityError:
        raise SkuTaken(SKU_TAKEN, field="sku") from None


def update_simple(actor: Actor, product: Product, change: VariantChange) -> None:
    """Apply a change to the only variant of a simple product.

    For a product with several variants the change must equal the values already shown, so that clients can send back what
    they received. Raises VariantNeeded otherwise.
    """
    undeleted = [variant for variant in lock_variants(product) if variant.deleted_at is None]
    active = [variant for variant in undeleted if variant.is_active] or undeleted
    if len(active) == 1:
        update(actor, active[0], change)
        return
    default = markets.get_default_market().code
    cheapest = min(active, key=lambda variant: variant.price, default=None)
    current: dict[str, Any] = {"price": cheapest and cheapest.price, "compare_at": cheapest and cheapest.compare_at_price}
    if (
        change.columns
        or set(change.amounts) | set(change.compare_ats) > {default}
        or change.amounts.get(default, current["price"]) != current["price"]
        or change.compare_ats.get(default, current["compare_at"]) != current["compare_at"]
        or change.available not in (None, sum(variant.available for variant in active))
    ):
        raise VariantNeeded(field="variant_id")


def replace_all(actor: Actor, product: Product, changes: Sequence[VariantChange]) -> None:
    """Make these the variants of a product, in this order. They are matched by id or SKU; other variants are deleted.

    Raises VariantNotFound, SkuTaken, PriceNeeded, DuplicateOptions, ImageNotFound, StockConflict.
    """
    refuse_duplicate_options(change.columns.get("options", {}) for change in changes)
    for image_id in {change.columns.get("image_id") for change in changes}:
        _refuse_foreign_image(product, image_id)
    existing = lock_variants(product)
    by_id, by_sku = {variant.pk: variant for variant in existing}, {variant.sku: variant for variant in existing}
    kept: set[int] = set()
    for position, change in enumerate(changes):
        variant = by_id.get(change.id) if change.id is not None else by_sku.get(change.columns.get("sku", ""))
        if variant is None and change.id is not None:
            raise VariantNotFound(field="variants")
        if variant is not None and variant.pk in kept:
            raise SkuTaken("The same variant is listed twice", field="variants")
        if variant is None:
            kept.add(create_many(actor, [(product, change.to_new_variant(), position)], StockMovement.Reason.INITIAL)[0].pk)
        else:
            columns: VariantColumns = {**change.columns, "position": position, "is_active": True, "deleted_at": None}
            update(actor, variant, VariantChange(columns, change.amounts, change.compare_ats, change.available))
            kept.add(variant.pk)
    # Clients do not see inactive variants, so a list without them is not a request to delete them.
    soft_delete([variant for variant in existing if variant.pk not in kept and variant.is_active])


@transaction.atomic
def assign_images(product: Product, image_ids: Mapping[str, int]) -> None:
    """Set the pictures that show these variants, given by SKU; a picture that was removed meanwhile is left out."""
    listings.lock_products([product.pk])
    remaining = set(ProductImage.objects.filter(product=product, pk__in=image_ids.values()).values_list("pk", flat=True))
    for variant in lock_variants(product):
        image_id = image_ids.get(variant.sku)
        if image_id in remaining:
            save_changed(variant, {"image_id": image_id})


def delete(product: Product, variant: Variant) -> None:
    """Soft-delete a variant; carts show it as unavailable, orders keep their copies. Raises LastVariant."""
    others = Variant.objects.filter(product=product, is_active=True, deleted_at=None).exclude(pk=variant.pk)
    if not others.exists():
        raise LastVariant
    soft_delete([variant])


def soft_delete(variants: Sequence[Variant]) -> None:
    """Soft-delete variants of a product, of which the caller keeps another one."""
    now = timezone.now()
    Variant.objects.filter(pk__in=[variant.pk for variant in variants]).update(deleted_at=now, is_active=False, updated_at=now)


def lock_variant(product: Product, variant_id: int | None) -> Variant:
    """Lock a product's variants and return the one with this id, or the only one. Raises VariantNeeded, VariantNotFound."""
    return _choose_variant(lock_variants(product), variant_id)


def _choose_variant(variants: Iterable[Variant], variant_id: int | None) -> Variant:
    undeleted = [variant for variant in variants if variant.deleted_at is None]
    matching = [variant for variant in undeleted if variant.pk == variant_id]
    if matching:
        return matching[0]
    if variant_id is not None:
        raise VariantNotFound
    active = [variant for variant in undeleted if variant.is_active] or undeleted
    if len(active) != 1:
        raise VariantNeeded(field="variant_id")
    return active[0]
