"""Making and changing products, and keeping their listings true."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter

from django.db import IntegrityError, transaction
from django.utils import timezone

from products import stock
from products.drafts import NewProduct, NewVariant
from products.exceptions import SkuTaken
from products.models import Category, Listing, MarketPrice, Product, StockMovement, Variant
from products.slugs import slug_for
from store.core import markets
from store.core.actors import Actor

VARIANT_COLUMNS = ("sku", "name", "options", "price", "compare_at_price", "position", "is_active")


@transaction.atomic
def create(actor: Actor, given: NewProduct, *, reason: str = StockMovement.Reason.INITIAL) -> Product:
    """Make a product with its variants, prices, first stock and listings. Raises SkuTaken."""
    return create_many(actor, [given], reason=reason)[0]


@transaction.atomic
def create_many(actor: Actor, given: Sequence[NewProduct], *, reason: str) -> list[Product]:
    """Make many products in a number of statements that does not depend on how many. Raises SkuTaken."""
    products = _insert_products(given)
    news = [new for wanted in given for new in wanted.variants]
    variants = [
        _new_variant(product, new, position)
        for product, wanted in zip(products, given, strict=True)
        for position, new in enumerate(wanted.variants)
    ]
    _insert_variants(variants)
    _insert_prices(variants, news)
    stock.record_initial(actor, variants, reason)
    list_anew([product.pk for product in products])
    return products


def _insert_products(given: Sequence[NewProduct]) -> list[Product]:
    taken = taken_slugs(new.name for new in given)
    products = []
    for new in given:
        slug = slug_for(new.name, taken)
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
            )
        )
    return Product.objects.bulk_create(products)


def taken_slugs(names: Iterable[str]) -> set[str]:
    """Return the slugs in the table that could collide with those of these names."""
    bases = Counter(slug_for(name, ()) for name in names)
    taken = set(Product.objects.filter(slug__in=bases).values_list("slug", flat=True))
    for base in (base for base, count in bases.items() if count > 1 or base in taken):
        taken.update(Product.objects.filter(slug__startswith=f"{base}-").values_list("slug", flat=True))
    return taken


@transaction.atomic
def add_variant(actor: Actor, product: Product, new: NewVariant, position: int, *, reason: str) -> Variant:
    """Add a variant to a product; the caller lists it anew. Raises SkuTaken."""
    variant = _new_variant(product, new, position)
    _insert_variants([variant])
    _insert_prices([variant], [new])
    stock.record_initial(actor, [variant], reason)
    return variant


def _insert_variants(variants: Sequence[Variant]) -> None:
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(variants)
    except IntegrityError:
        raise SkuTaken("A product with this SKU exists already", field="sku") from None


def _insert_prices(variants: Sequence[Variant], news: Sequence[NewVariant]) -> None:
    MarketPrice.objects.bulk_create(
        MarketPrice(variant=variant, market=market, price=price.amount, compare_at_price=price.compare_at)
        for variant, new in zip(variants, news, strict=True)
        for market, price in new.prices.items()
    )


def _new_variant(product: Product, new: NewVariant, position: int) -> Variant:
    return Variant(
        product=product,
        sku=new.sku,
        name=new.name,
        options=new.options,
        price=new.price.amount,
        compare_at_price=new.price.compare_at,
        stock=new.stock,
        position=position,
    )


@transaction.atomic
def save_variant(actor: Actor, variant: Variant, delta: int, prices: Mapping[str, Decimal]) -> None:
    """Write a variant as staff filled it in: its columns, its other markets' prices, and `delta` units on hand as a movement.

    The caller lists the product anew. Raises StockConflict.
    """
    if variant.pk is None:
        variant.stock = delta
        variant.save(force_insert=True)
        stock.record_initial(actor, [variant], StockMovement.Reason.INITIAL)
    else:
        variant.save(update_fields=[*VARIANT_COLUMNS, "updated_at"])
        stock.adjust(actor, variant, delta, StockMovement.Reason.CORRECTION)
    MarketPrice.objects.filter(variant=variant).exclude(market__in=prices).delete()
    for market, amount in prices.items():
        MarketPrice.objects.update_or_create(variant=variant, market=market, defaults={"price": amount})


@transaction.atomic
def retire(product_ids: Sequence[int]) -> None:
    """Take products out of the shop; carts show them as gone, orders keep their copies."""
    Product.objects.filter(pk__in=product_ids).update(deleted_at=timezone.now(), is_active=False)
    list_anew(product_ids)


@transaction.atomic
def category_of(path: Sequence[str]) -> Category:
    """Return the category at this path of names, such as ("Home", "Lighting"), and make what is missing of it."""
    parent: Category | None = None
    for name in path:
        found = Category.objects.filter(parent=parent, name__iexact=name).first()
        if found is None:
            base = slug_for(name, (), kind="category")
            taken = set(Category.objects.filter(slug__startswith=base).values_list("slug", flat=True))
            found = Category.objects.create(name=name, slug=slug_for(name, taken, kind="category"), parent=parent)
        parent = found
    if parent is None:
        raise ValueError("a category path has at least one name")
    return parent


def lock(product_ids: Sequence[int]) -> None:
    """Lock products for the rest of the transaction, in ascending id, as everybody does."""
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=product_ids).order_by("pk").values_list("pk"))


@transaction.atomic
def list_anew(product_ids: Sequence[int]) -> None:
    """Derive the listings of these products from their variants and prices; call it in the transaction of each change.

    The products are locked first: of two changes at once the later then reads what the earlier wrote.
    """
    lock(product_ids)
    listings = [listing for market in markets.table().values() for listing in _listings(product_ids, market)]
    kept = {(listing.product_id, listing.market) for listing in listings}
    stale = [
        pk
        for pk, product_id, market in Listing.objects.filter(product__in=product_ids).values_list("pk", "product", "market")
        if (product_id, market) not in kept
    ]
    if stale:
        Listing.objects.filter(pk__in=stale).delete()
    Listing.objects.bulk_create(
        listings,
        update_conflicts=True,
        unique_fields=["product", "market"],
        update_fields=["category", "variant", "variants_count", "price", "compare_at_price", "created_at"],
    )


def _listings(product_ids: Sequence[int], market: markets.Market) -> Iterable[Listing]:
    offered = Variant.objects.offered_in(market).filter(product__in=product_ids).select_related("product")
    by_product: dict[int, list[Variant]] = {}
    for variant in offered.order_by("product", "position", "id"):
        by_product.setdefault(variant.product_id, []).append(variant)
    for variants in by_product.values():
        product = variants[0].product
        cheapest = min(variants, key=attrgetter("market_price"))
        yield Listing(
            product=product,
            market=market.code,
            category_id=product.category_id,
            variant=variants[0],
            variants_count=len(variants),
            price=cheapest.market_price,  # type: ignore[attr-defined]  # added by offered_in
            compare_at_price=cheapest.market_compare_at_price,  # type: ignore[attr-defined]  # added by offered_in
            created_at=product.created_at,
        )
