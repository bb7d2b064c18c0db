"""Keeping the listings true: what lists show, sort and filter by, derived from products, variants and prices."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, When

from core import markets
from products.models import Listing, MarketPrice, Product, Variant

DERIVED = ("category", "seller", "variant", "sort_name", "variants_count", "in_stock", "price", "compare_at_price", "created_at")


def lock(product_ids: Sequence[int]) -> None:
    """Lock products for the rest of the transaction, in ascending id, as everybody does; their variants come after."""
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=product_ids).order_by("pk").values_list("pk"))


def lock_variants(product_ids: Sequence[int]) -> None:
    """Lock all variants of these products for the rest of the transaction, in ascending id."""
    list(Variant.objects.select_for_update(no_key=True).filter(product__in=product_ids).order_by("pk").values_list("pk"))


@transaction.atomic
def list_anew(product_ids: Sequence[int]) -> None:
    """Derive the listings of these products from their variants and prices; call it in the transaction of each change.

    Products and variants are locked first: of two changes at once the later then reads what the earlier wrote.
    """
    lock(product_ids)
    lock_variants(product_ids)
    listings = [listing for market in markets.table().values() for listing in _listings(product_ids, market)]
    kept = {(listing.product_id, listing.market) for listing in listings}
    stale = [
        pk
        for pk, product_id, market in Listing.objects.filter(product__in=product_ids).values_list("pk", "product", "market")
        if (product_id, market) not in kept
    ]
    if stale:
        Listing.objects.filter(pk__in=stale).delete()
    Listing.objects.bulk_create(listings, update_conflicts=True, unique_fields=["product", "market"], update_fields=list(DERIVED))


@transaction.atomic
def note_stock(product_ids: Sequence[int]) -> None:
    """Say anew whether something of these products is left; call it where a variant was sold out or came back.

    The listings are locked before anybody looks: of two orders that each take the last of one variant, the later sees both.
    """
    rows = Listing.objects.filter(product__in=product_ids)
    list(rows.select_for_update(no_key=True).order_by("market", "product").values_list("pk"))
    prices = MarketPrice.objects.filter(variant=OuterRef("pk"), market=OuterRef(OuterRef("market")))
    left = Variant.objects.filter(product=OuterRef("product"), is_active=True, deleted_at=None, stock__gt=F("reserved"))
    default = markets.default().code
    here, elsewhere = Exists(left), Exists(left.filter(Exists(prices)))
    rows.update(in_stock=Case(When(market=default, then=here), default=elsewhere, output_field=models.BooleanField()))


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
            seller_id=product.seller_id,
            variant=variants[0],
            sort_name=product.search_name[:200],
            variants_count=len(variants),
            in_stock=any(variant.available > 0 for variant in variants),
            price=cheapest.market_price,  # type: ignore[attr-defined]  # added by offered_in
            compare_at_price=cheapest.market_compare_at_price,  # type: ignore[attr-defined]  # added by offered_in
            created_at=product.created_at,
        )
