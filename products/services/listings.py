"""Maintain the listings: what lists show, sort and filter by, derived from products, variants and prices."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, When

from core import markets
from products.models import Listing, MarketPrice, Product, Variant

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
    """Rebuild the listings of these products from their variants and prices; call it in the transaction of each change.

    Products and variants are locked first, so that the later of two concurrent changes reads what the earlier one wrote.
    """
    lock_products(product_ids)
    lock_product_variants(product_ids)
    listings = [listing for market in markets.get_markets().values() for listing in _build_listings(product_ids, market)]
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


def _build_listings(product_ids: Sequence[int], market: markets.Market) -> Iterable[Listing]:
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
            seller_id=product.seller_id,
            variant=variants[0],
            sort_name=product.search_name[:200],
            variants_count=len(variants),
            in_stock=any(variant.available > 0 for variant in variants),
            price=cheapest.market_price,  # type: ignore[attr-defined]  # added by offered_in
            compare_at_price=cheapest.market_compare_at_price,  # type: ignore[attr-defined]  # added by offered_in
            created_at=product.created_at,
        )
