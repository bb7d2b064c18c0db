"""Making, changing and retiring products."""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.actors import Actor
from products.exceptions import CategoryUnknown, NotYours, ProductNotFound, SlugTaken
from products.models import Category, Product, SearchWord, StockMovement, Variant
from products.services import categories, stock, variants
from products.services.commands import NewProduct, ProductChange, VariantChange
from products.services.listings import list_anew, lock, lock_variants
from products.slugs import product_ref, slug_for
from products.text_folding import fold, typical

DESK = (  # the reasons of a movement that is written by hand
    StockMovement.Reason.RECEIVED,
    StockMovement.Reason.RETURN,
    StockMovement.Reason.DAMAGE,
    StockMovement.Reason.CORRECTION,
)


@contextmanager
def _with_its_category() -> Iterator[list[Category | None]]:
    """Refuse what names a category, put into the list, that somebody deletes in this moment: the database finds out at the end."""
    named: list[Category | None] = []
    try:
        with transaction.atomic():
            yield named
    except IntegrityError:
        gone = [one for one in named if one is not None and not Category.objects.filter(pk=one.pk).exists()]
        if not gone:
            raise
        raise CategoryUnknown("This category was deleted in this moment", field="category") from None


def create(actor: Actor, given: NewProduct, *, reason: str = StockMovement.Reason.INITIAL) -> Product:
    """Make a product with its variants, prices, first stock and listings; whoever makes it is its seller.

    Raises SkuTaken, SlugTaken, CategoryUnknown.
    """
    seller_id = given.seller_id if given.seller_id is not None else actor.user_id
    with _with_its_category() as named:
        category = _category(actor, given.shelf) if given.shelf is not None else given.category
        named.append(category)
        whole = replace(given, category=category, seller_id=seller_id)
        return create_many(actor, [whole], reason=reason)[0]


def _category(actor: Actor, named: str | None) -> Category | None:
    """Return the category that is named; staff make one by naming it. Raises CategoryUnknown."""
    return None if named is None else categories.named(named, may_make=actor.kind != "customer")


@transaction.atomic
def create_many(actor: Actor, given: Sequence[NewProduct], *, reason: str) -> list[Product]:
    """Make many products in a number of statements that does not depend on how many. Raises SkuTaken, SlugTaken."""
    products = _insert_products(given)
    rows = (
        (product, new, position)
        for product, wanted in zip(products, given, strict=True)
        for position, new in enumerate(wanted.variants)
    )
    variants.insert(actor, rows, reason)
    learn(products)
    list_anew([product.pk for product in products])
    return products


def _insert_products(given: Sequence[NewProduct]) -> list[Product]:
    try:
        with transaction.atomic():
            return Product.objects.bulk_create(_with_slugs(given, ending=""))
    except IntegrityError:  # somebody has taken one of the slugs since they were read; an ending of chance is nobody's
        return Product.objects.bulk_create(_with_slugs(given, ending=secrets.token_hex(3)))


def _with_slugs(given: Sequence[NewProduct], *, ending: str) -> list[Product]:
    taken = taken_slugs(new.slug or new.name for new in given)
    products = []
    for new in given:
        if new.slug and new.slug in taken:
            raise SlugTaken("This address is in use", field="slug")
        slug = new.slug or slug_for(f"{new.name[:180]} {ending}" if ending else new.name, taken)
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
                search_text=fold(new.description),
            )
        )
    return products


def taken_slugs(names: Iterable[str]) -> set[str]:
    """Return the slugs in the table that could collide with those of these names."""
    bases = Counter(slug_for(name, ()) for name in names)
    taken = set(Product.objects.filter(slug__in=bases).values_list("slug", flat=True))
    for base in (base for base, count in bases.items() if count > 1 or base in taken):
        taken.update(Product.objects.filter(slug__startswith=f"{base}-").values_list("slug", flat=True))
    return taken


def learn(products: Iterable[Product]) -> None:
    """Remember the words of the names, for those who mistype one."""
    words = sorted({word for product in products for word in typical(product.search_name)})
    SearchWord.objects.bulk_create((SearchWord(word=word) for word in words), ignore_conflicts=True)


def locked(actor: Actor, ref: str | int) -> Product:
    """Lock and return the product with this id, uuid or slug, for somebody who may change it. Raises ProductNotFound, NotYours."""
    kind, value = product_ref(ref)
    found = Product.objects.select_for_update(no_key=True).filter(deleted_at=None, **{kind: value}).first()
    if found is None:
        raise ProductNotFound
    if actor.kind == "customer" and not found.belongs_to(actor.user_id):
        raise NotYours
    return found


def change(actor: Actor, ref: str | int, wanted: ProductChange) -> Product:
    """Bring a product to what is wanted, all or nothing.

    Raises ProductNotFound, NotYours, SlugTaken, and what `variants.change` raises.
    """
    with _with_its_category() as named:
        product = locked(actor, ref)
        columns = dict(wanted.columns)
        if "category" in columns:
            columns["category"] = _category(actor, columns["category"])
            named.append(columns["category"])
        write(product, columns)
        if wanted.slug is not None and wanted.slug != product.slug:
            _rename_address(product, wanted.slug)
        if wanted.variants is not None:
            variants.replace(actor, product, wanted.variants)
        if wanted.simple:
            variants.change_simple(actor, product, wanted.simple)
        list_anew([product.pk])
        return product


def save_filled(product: Product, changed: Sequence[str]) -> None:
    """Write a new product, which gets its slug here and keeps it, or the columns of one that staff changed."""
    product.search_name, product.search_text = fold(product.name), fold(product.description)
    folded = {"name": "search_name", "description": "search_text"}
    if product.pk is None:
        product.slug = slug_for(product.name, taken_slugs([product.name]))
        product.save(force_insert=True)
    elif changed:
        product.save(update_fields=[*changed, *(folded[name] for name in changed if name in folded), "updated_at"])
    learn([product])


def write(product: Product, columns: Any) -> bool:
    """Write the columns of a product that differ, with what search sees of them; says whether there were any.

    The caller holds its lock and lists it anew.
    """
    folded = {
        **({"search_name": fold(columns["name"])} if "name" in columns else {}),
        **({"search_text": fold(columns["description"])} if "description" in columns else {}),
    }
    if not variants.write(product, {**columns, **folded}):
        return False
    if "name" in columns:
        learn([product])
    return True


def _rename_address(product: Product, slug: str) -> None:
    # A new value in a unique column locks out whoever refers to the row, as an order does that holds the variants: those first.
    lock_variants([product.pk])
    taken = taken_slugs([slug or product.name]) - {product.slug}
    if slug and slug in taken:
        raise SlugTaken("This address is in use", field="slug")
    product.slug = slug or slug_for(product.name, taken)
    try:
        with transaction.atomic():
            product.save(update_fields=["slug", "updated_at"])
    except IntegrityError:
        raise SlugTaken("This address is in use", field="slug") from None


@transaction.atomic
def move_stock(
    actor: Actor, ref: str | int, variant_id: int | None, *, delta: int, reason: str, note: str = "", reference: str = ""
) -> Product:
    """Add units to a variant's stock, or take them away; `reason` is one of DESK, or in words of one's own.

    Raises ProductNotFound, NotYours, VariantNeeded, VariantNotFound, StockConflict.
    """
    product = locked(actor, ref)
    variant = variants.find(product, variant_id)
    if reason not in DESK:
        reason, note = StockMovement.Reason.CORRECTION, reason
    stock.adjust(actor, variant, delta, reason, reference=reference, note=note)
    list_anew([product.pk])
    return product


@transaction.atomic
def remove(actor: Actor, ref: str | int) -> Product:
    """Take a product out of the shop for somebody who may. Raises ProductNotFound, NotYours."""
    product = locked(actor, ref)
    retire([product.pk])
    return product


@transaction.atomic
def retire(product_ids: Sequence[int]) -> None:
    """Take products out of the shop; carts show them as gone, orders keep their copies."""
    lock(product_ids)
    now = timezone.now()
    Product.objects.filter(pk__in=product_ids).update(deleted_at=now, is_active=False, updated_at=now)
    list_anew(product_ids)


@transaction.atomic
def add_variant(actor: Actor, ref: str | int, wanted: VariantChange) -> Variant:
    """Add a variant to a product. Raises ProductNotFound, NotYours, SkuTaken, PriceNeeded, TooManyVariants, StockConflict."""
    product = locked(actor, ref)
    variant = variants.add(actor, product, wanted.as_new(), position=wanted.columns.get("position"))
    list_anew([product.pk])
    return variant


@transaction.atomic
def change_variant(actor: Actor, ref: str | int, variant_id: int, wanted: VariantChange) -> Variant:
    """Change a variant of a product.

    Raises ProductNotFound, NotYours, VariantNotFound, SkuTaken, PriceNeeded, StockConflict.
    """
    product = locked(actor, ref)
    variant = variants.find(product, variant_id)
    variants.change(actor, variant, wanted)
    list_anew([product.pk])
    return variant


@transaction.atomic
def remove_variant(actor: Actor, ref: str | int, variant_id: int) -> Variant:
    """Delete a variant softly. Raises ProductNotFound, NotYours, VariantNotFound, LastVariant."""
    product = locked(actor, ref)
    variant = variants.find(product, variant_id)
    variants.remove(product, variant)
    list_anew([product.pk])
    return variant
