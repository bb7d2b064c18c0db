"""Maintain the listings: what lists show, sort and filter by, derived from products, variants and prices."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, When

from core import markets
from products.models import Listing, MarketPrice, Product, Variant
from products.services import search_documents

DERIVED_COLUMNS = (
    *("category", "seller", "variant", "sort_name", "variants_count"),
    *("in_stock", "price", "compare_at_price", "created_at"),
)


def lock_products(product_ids: Sequence[int]) -> None:
    """Lock products for the rest of the transaction, in ascending id; lock their variants afterwards."""
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=product_ids).order_by("pk").values_list("pk"))


def lock_product_variants(product_ids: Sequence[int]) -> None:
    """Lock all variants of these products for the rest of the transaction, in ascending id."""
    list(Variant.objects.select_for_update(no_key=True).filter(product__in=product_ids).order_by("pk").values_list("pk"))


@transaction.atomic
def rebuild_listings(product_ids: Sequence[int]) -> None:
    """Rebuild the listings and search documents of these products; call it in the transaction of each change.

    Products and variants are locked first, so that the later of two concurrent changes reads what the earlier one wrote.
    """
    lock_products(product_ids)
    variants = search_documents.fetch_variants(product_ids, lock=True)
    search_documents.save_documents(variants)
    listings = list(_build_listings(variants))
    current = {(listing.product_id, listing.market) for listing in listings}
    stale = [
        pk
        for pk, product_id, market in Listing.objects.filter(product__in=product_ids).values_list("pk", "product", "market")
        if (product_id, market) not in current
    ]
    if stale:
        Listing.objects.filter(pk__in=stale).delete()
    Listing.objects.bulk_create(
        listings, update_conflicts=True, unique_fields=["product", "market"], update_fields=list(DERIVED_COLUMNS)
    )


@transaction.atomic
def refresh_in_stock(product_ids: Sequence[int]) -> None:
    """Update `in_stock` of these products' listings; call it when a variant sells out or comes back in stock.

    The listings are locked before stock is read, so that the later of two orders that each sell out a variant sees both.
    """
    rows = Listing.objects.filter(product__in=product_ids)
    list(rows.select_for_update(no_key=True).order_by("market", "product").values_list("pk"))
    prices = MarketPrice.objects.filter(variant=OuterRef("pk"), market=OuterRef(OuterRef("market")))
    available = Variant.objects.filter(product=OuterRef("product"), is_active=True, deleted_at=None, stock__gt=F("reserved"))
    in_default_market = When(market=markets.get_default_market().code, then=Exists(available))
    in_other_markets = Exists(available.filter(Exists(prices)))
    rows.update(in_stock=Case(in_default_market, default=in_other_markets, output_field=models.BooleanField()))


def _build_listings(variants: Sequence[Variant]) -> Iterator[Listing]:
    """Yield the listings of products in every market, given all variants of each product, ordered by product and position."""
    for_sale = [variant for variant in variants if variant.is_for_sale]
    others = MarketPrice.objects.filter(variant__product__in={variant.product_id for variant in for_sale})
    prices = {(row.variant_id, row.market): row for row in others} if len(markets.get_markets()) > 1 else {}
    for market in markets.get_markets().values():
        priced = ((variant, variant if market.is_default else prices.get((variant.pk, market.code))) for variant in for_sale)
        offers = [(variant, price) for variant, price in priced if price is not None]
        for product, group in groupby(offers, key=lambda offer: offer[0].product):
            yield _build_listing(product, market, list(group))


def _build_listing(product: Product, market: markets.Market, offers: Sequence[tuple[Variant, Variant | MarketPrice]]) -> Listing:
    """Return a listing, given its variants with what has their price in the market."""
    cheapest = min((price for _, price in offers), key=attrgetter("price"))
    return Listing(
        product=product,
        market=market.code,
        category_id=product.category_id,
        seller_id=product.seller_id,
        variant=offers[0][0],
        sort_name=product.search_name[:200],
        variants_count=len(offers),
        in_stock=any(variant.available > 0 for variant, _ in offers),
        price=cheapest.price,
        compare_at_price=cheapest.compare_at_price,
        created_at=product.created_at,
    )
