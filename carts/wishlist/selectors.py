"""Reading wishlists: each product with its current price and its price at addition."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from carts.exceptions import WishlistItemNotFound
from carts.models import WishlistItem
from carts.selectors import serialize_product_card
from core import money
from core.compiled_queries import get_columns
from core.markets import Market
from core.pagination import Cursor, Page, build_page, make_newest_cursor, newest_after
from products.catalog import detail
from products.catalog.detail import PriceAndStock
from products.media import storage
from products.models import primary_image


class WishlistRow(NamedTuple):
    """A wishlist item with its product, as a database row."""

    id: int
    created_at: datetime
    prices: dict[str, str]
    was_in_stock: bool
    product_id: int
    uuid: Annotated[UUID, "product__uuid"]
    name: Annotated[str, "product__name"]
    slug: Annotated[str, "product__slug"]
    threshold: Annotated[int, "product__low_stock_threshold"]
    seller_id: Annotated[int | None, "product__seller_id"]
    first_name: Annotated[str | None, "product__seller__first_name"]
    last_name: Annotated[str | None, "product__seller__last_name"]
    image: Annotated[str | None, primary_image("product_id")]


def get_page(user_id: int, market: Market, cursor: Cursor | None, size: int, site: str) -> Page:
    """Return a page of the user's wishlist, newest first; two statements."""
    rows = [WishlistRow(*row) for row in newest_after(_select_rows(user_id), cursor)[: size + 1]]
    page = build_page(rows, size, cursor, make_newest_cursor)
    current = detail.get_prices_and_stock([row.product_id for row in page.rows], market)
    return Page(
        [_serialize_item(row, current.get(row.product_id), market, site) for row in page.rows], page.next, page.previous, page.size
    )


def get_item(user_id: int, item_id: int, market: Market, site: str) -> dict[str, Any]:
    """Return an item of the user's wishlist. Raises WishlistItemNotFound."""
    row = _select_rows(user_id).filter(pk=item_id).first()
    if row is None:
        raise WishlistItemNotFound
    item = WishlistRow(*row)
    return _serialize_item(item, detail.get_prices_and_stock([item.product_id], market).get(item.product_id), market, site)


def _select_rows(user_id: int) -> QuerySet[Any, Any]:
    return WishlistItem.objects.filter(user=user_id).values_list(*get_columns(WishlistRow))


def _serialize_item(row: WishlistRow, current: PriceAndStock | None, market: Market, site: str) -> dict[str, Any]:
    """Return a wishlist item as the API shows it; `current` is None if the product is not for sale in the market."""
    old_price = row.prices.get(market.code)
    price = money.format_amount(current.price, market.currency) if current is not None else None
    difference = current.price - Decimal(old_price) if current is not None and old_price is not None else Decimal(0)
    stock = current.stock if current is not None else 0
    return {
        "id": row.id,
        "product": serialize_product_card(
            row,
            price=price,
            stock=stock,
            image=storage.build_thumbnail_url(site, row.image),
            is_available=current is not None,
        ),
        "product_id": row.product_id,
        "currency": market.currency,
        "price_at_addition": old_price,
        "current_price": price,
        "price_changed": difference != 0,
        "price_difference": money.format_amount(difference, market.currency),
        "lowest_price_30_days": money.format_amount(current.lowest_30_days, market.currency) if current is not None else None,
        "is_available": current is not None,
        "is_in_stock": stock > 0,
        "is_back_in_stock": stock > 0 and not row.was_in_stock,
        "created_at": row.created_at,
    }
