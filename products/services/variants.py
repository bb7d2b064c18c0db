"""Making, changing and removing the variants of a product. The caller holds the product's lock and lists it anew."""

import dataclasses
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core import markets
from core.actors import Actor
from products.exceptions import LastVariant, SkuTaken, TooManyVariants, VariantNeeded, VariantNotFound
from products.models import Product, StockMovement, Variant
from products.services import listings, prices, stock
from products.services.commands import NewVariant, VariantChange

MAX_VARIANTS = 200  # of one product


def insert(actor: Actor, pairs: Iterable[tuple[Product, NewVariant, int]], reason: str) -> list[Variant]:
    """Insert variants (product, what, position) with their prices and first stock. Raises SkuTaken."""
    given = list(pairs)
    made = [_made(product, new, position) for product, new, position in given]
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(made)
    except IntegrityError:
        raise SkuTaken("A product with this SKU exists already", field="sku") from None
    prices.insert(actor, made, [new for _, new, _ in given])
    stock.record_initial(actor, made, reason)
    return made


def _made(product: Product, new: NewVariant, position: int) -> Variant:
    return Variant(
        product=product,
        sku=new.sku or f"SKU-{secrets.token_hex(5).upper()}",
        name=new.name,
        options=new.options,
        price=new.price.amount,
        compare_at_price=new.price.compare_at,
        stock=new.stock,
        position=position,
    )


def of_product(product: Product) -> list[Variant]:
    """Lock and return all variants of a product, also those off sale and the deleted, with their prices."""
    listings.lock_variants([product.pk])
    return list(Variant.objects.filter(product=product).prefetch_related("market_prices").order_by("position", "id"))


def add(actor: Actor, product: Product, new: NewVariant, *, position: int | None = None) -> Variant:
    """Add a variant, behind the others unless it has a position; a deleted one with the same SKU comes back.

    Raises SkuTaken, TooManyVariants, StockConflict.
    """
    known = of_product(product)
    if sum(variant.deleted_at is None for variant in known) >= MAX_VARIANTS:
        raise TooManyVariants(f"A product has at most {MAX_VARIANTS} variants")
    if position is None:
        position = max((variant.position for variant in known if variant.deleted_at is None), default=-1) + 1
    gone = next((variant for variant in known if variant.sku == new.sku and variant.deleted_at is not None), None)
    if gone is None:
        return insert(actor, [(product, new, position)], StockMovement.Reason.INITIAL)[0]
    default = markets.default().code
    elsewhere = dict.fromkeys(row.market for row in gone.market_prices.all())  # it begins anew
    change(
        actor,
        gone,
        VariantChange(
            columns={"name": new.name, "options": new.options, "position": position, "is_active": True, "deleted_at": None},
            amounts={**elsewhere, default: new.price.amount, **{market: price.amount for market, price in new.prices.items()}},
            compare_ats={default: new.price.compare_at, **{market: price.compare_at for market, price in new.prices.items()}},
            available=new.stock,
        ),
        reason=StockMovement.Reason.INITIAL,
    )
    return gone


def change(actor: Actor, variant: Variant, wanted: VariantChange, *, reason: str = StockMovement.Reason.CORRECTION) -> bool:
    """Bring a locked variant to what is wanted; returns whether anything was different.

    Raises SkuTaken, PriceNeeded, StockConflict.
    """
    changed = write(variant, wanted.columns)
    changed = prices.change(actor, variant, wanted.amounts, wanted.compare_ats) or changed
    if wanted.available is not None and wanted.available != variant.available:
        changed = stock.set_available(actor, variant, wanted.available, reason)
    return changed


def save_filled(actor: Actor, product: Product, variant_id: int | None, wanted: VariantChange, on_hand: int) -> None:
    """Write a variant as staff filled it in; `on_hand` is by how much the units differ from what the page showed.

    Raises SkuTaken, PriceNeeded, StockConflict.
    """
    if variant_id is None:
        new = dataclasses.replace(wanted.as_new(), stock=on_hand)
        insert(actor, [(product, new, wanted.columns.get("position", 0))], StockMovement.Reason.INITIAL)
        return
    variant = find(product, variant_id)
    change(actor, variant, wanted)
    stock.adjust(actor, variant, on_hand, StockMovement.Reason.CORRECTION)


def write(row: Any, columns: Any) -> bool:
    """Write the columns of a row that differ, and say whether there were any. Raises SkuTaken."""
    different = [name for name, value in columns.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, columns[name])
    if different:
        try:
            with transaction.atomic():
                row.save(update_fields=[*different, "updated_at"])
        except IntegrityError:
            if "sku" not in different:
                raise
            raise SkuTaken("A product with this SKU exists already", field="sku") from None
    return bool(different)


def change_simple(actor: Actor, product: Product, wanted: VariantChange) -> None:
    """Change the only variant of a simple product.

    Of a product with several, only what is shown already may be named: a client sends back what it got. Raises VariantNeeded.
    """
    alive = [variant for variant in of_product(product) if variant.deleted_at is None]
    active = [variant for variant in alive if variant.is_active] or alive
    if len(active) == 1:
        change(actor, active[0], wanted)
        return
    default = markets.default().code
    cheapest = min(active, key=lambda variant: variant.price, default=None)
    shown: dict[str, Any] = {"price": cheapest and cheapest.price, "compare_at": cheapest and cheapest.compare_at_price}
    if (
        wanted.columns
        or set(wanted.amounts) | set(wanted.compare_ats) > {default}
        or wanted.amounts.get(default, shown["price"]) != shown["price"]
        or wanted.compare_ats.get(default, shown["compare_at"]) != shown["compare_at"]
        or wanted.available not in (None, sum(variant.available for variant in active))
    ):
        raise VariantNeeded(field="variant_id")


def replace(actor: Actor, product: Product, wanted: Sequence[VariantChange]) -> None:
    """Make these the variants of a product, in this order: matched by id or SKU, the others are removed."""
    known = of_product(product)
    by_id, by_sku = {variant.pk: variant for variant in known}, {variant.sku: variant for variant in known}
    kept: set[int] = set()
    for position, one in enumerate(wanted):
        found = by_id.get(one.id) if one.id is not None else by_sku.get(one.columns.get("sku", ""))
        if found is None and one.id is not None:
            raise VariantNotFound(field="variants")
        if found is not None and found.pk in kept:
            raise SkuTaken("The same variant twice", field="variants")
        if found is None:
            kept.add(insert(actor, [(product, one.as_new(), position)], StockMovement.Reason.INITIAL)[0].pk)
        else:
            columns = {**one.columns, "position": position, "is_active": True, "deleted_at": None}
            change(actor, found, VariantChange(columns, one.amounts, one.compare_ats, one.available))
            kept.add(found.pk)
    # One that staff have switched off is not shown to whoever sends this list, so it is not missing from it.
    _retire([variant for variant in known if variant.pk not in kept and variant.is_active])


def remove(product: Product, variant: Variant) -> None:
    """Delete a variant softly: carts show it as gone, orders keep their copies. Raises LastVariant."""
    others = Variant.objects.filter(product=product, is_active=True, deleted_at=None).exclude(pk=variant.pk)
    if not others.exists():
        raise LastVariant
    _retire([variant])


def _retire(gone: Sequence[Variant]) -> None:
    Variant.objects.filter(pk__in=[variant.pk for variant in gone]).update(
        deleted_at=timezone.now(), is_active=False, updated_at=timezone.now()
    )


def find(product: Product, variant_id: int | None) -> Variant:
    """Lock the variants of a product and return the one that is named, or the only one. Raises VariantNeeded, VariantNotFound."""
    alive = [variant for variant in of_product(product) if variant.deleted_at is None]
    named = [variant for variant in alive if variant.pk == variant_id]
    if named:
        return named[0]
    if variant_id is not None:
        raise VariantNotFound
    active = [variant for variant in alive if variant.is_active] or alive
    if len(active) != 1:
        raise VariantNeeded(field="variant_id")
    return active[0]
