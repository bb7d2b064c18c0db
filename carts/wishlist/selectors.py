"""The wishlist as shown: each product with what it costs now, beside what it cost when it was wished for."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from carts.exceptions import WishNotFound
from carts.models import WishlistItem
from core import money
from core.markets import Market
from core.pagination import Cursor, Page, paged
from products.catalog import detail
from products.catalog.detail import Standing
from products.catalog.list_item import seller_name
from products.media import storage
from products.models import primary_image


class WishRow(NamedTuple):
    """A wish with its product, as the database gives it."""

    id: int
    created_at: datetime
    prices: dict[str, str]
    was_in_stock: bool
    product_id: int
    uuid: UUID
    name: str
    slug: str
    threshold: int
    seller_id: int | None
    first_name: str | None
    last_name: str | None
    image: str | None


def of_user(user_id: int, market: Market, cursor: Cursor | None, size: int, site: str) -> Page:
    """Return a page of the user's wishes, newest first; two statements."""
    found = [WishRow(*row) for row in _behind(_rows(user_id), cursor)[: size + 1]]
    page = paged(found, size, cursor, lambda row, back: Cursor("newest", row.created_at.isoformat(), row.id, back))
    now = detail.standings([row.product_id for row in page.rows], market)
    return Page([_shown(row, now.get(row.product_id), market, site) for row in page.rows], page.next, page.previous, page.size)


def one(user_id: int, wish_id: int, market: Market, site: str) -> dict[str, Any]:
    """Return one of the user's wishes. Raises WishNotFound."""
    row = _rows(user_id).filter(pk=wish_id).first()
    if row is None:
        raise WishNotFound
    wish = WishRow(*row)
    return _shown(wish, detail.standings([wish.product_id], market).get(wish.product_id), market, site)


def _rows(user_id: int) -> QuerySet[Any, Any]:
    return WishlistItem.objects.filter(user=user_id).values_list(
        *("id", "created_at", "prices", "was_in_stock", "product_id", "product__uuid", "product__name", "product__slug"),
        *("product__low_stock_threshold", "product__seller_id", "product__seller__first_name", "product__seller__last_name"),
        primary_image("product_id"),
    )


def _behind(rows: QuerySet[Any, Any], cursor: Cursor | None) -> QuerySet[Any, Any]:
    if cursor is None:
        return rows.order_by("-created_at", "-id")
    at = cursor.moment()
    if cursor.backwards:
        return rows.filter(created_at__gte=at).exclude(created_at=at, pk__lte=cursor.id).order_by("created_at", "id")
    return rows.filter(created_at__lte=at).exclude(created_at=at, pk__gte=cursor.id).order_by("-created_at", "-id")


def _shown(row: WishRow, now: Standing | None, market: Market, site: str) -> dict[str, Any]:
    """Return a wish as the API shows it; `now` is None while the product is not for sale in the market."""
    before = row.prices.get(market.code)
    price = money.text(now.price, market.currency) if now is not None else None
    difference = now.price - Decimal(before) if now is not None and before is not None else Decimal(0)
    stock = now.stock if now is not None else 0
    return {
        "id": row.id,
        "product": {
            "id": row.product_id,
            "uuid": row.uuid,
            "name": row.name,
            "slug": row.slug,
            "price": price,
            "stock": stock,
            "primary_image": storage.small_url_of(site, row.image),
            "seller_name": seller_name(row.seller_id, row.first_name, row.last_name),
            "is_available": now is not None,
            "is_low_stock": stock <= row.threshold,
        },
        "product_id": row.product_id,
        "currency": market.currency,
        "price_at_addition": before,
        "current_price": price,
        "price_changed": difference != 0,
        "price_difference": money.text(difference, market.currency),
        "lowest_price_30_days": money.text(now.lowest_30_days, market.currency) if now is not None else None,
        "is_available": now is not None,
        "is_in_stock": stock > 0,
        "is_back_in_stock": stock > 0 and not row.was_in_stock,
        "created_at": row.created_at,
    }
