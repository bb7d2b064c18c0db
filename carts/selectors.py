"""Reading carts: one statement finds the cart, another reads its lines."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from carts import estimates, guest_keys, quotes
from carts.identity import CartOwner, CartRef
from carts.lines import Line, build_cart_lines_query
from carts.models import Cart, CartCode, CartItem
from core.compiled_queries import CompiledRows, CompiledSelect, Param
from core.markets import Market
from pricing.breakdown import Breakdown
from pricing.rules import Selection
from products.catalog.list_item import get_seller_name
from products.media import storage

UNAVAILABLE_WARNING = "Some items in your cart are no longer available"
INSUFFICIENT_STOCK_WARNING = "Some items have insufficient stock"
PRICE_CHANGE_WARNING = "Some prices have changed since you added them"
_lines_of_cart = CartItem.objects.filter(cart=OuterRef("pk")).order_by().values("cart")
_units = _lines_of_cart.annotate(n=Sum("quantity")).values("n")
_subtotal = _lines_of_cart.annotate(n=Sum(F("quantity") * F("price_at_addition"))).values("n")


class CartRow(NamedTuple):
    """A live cart of the owner, in one of the markets."""

    id: int
    market: str
    key_hash: str | None
    created_at: datetime
    updated_at: datetime
    ordered_at: datetime | None
    held_at: datetime | None
    country: str
    postal_code: str
    state: str
    shipping_method: str
    shown_rate: Any


class SummaryRow(NamedTuple):
    """A live cart with its totals."""

    id: int
    market: str
    key_hash: str | None
    total_items: Annotated[int | None, Subquery(_units)]
    subtotal: Annotated[Decimal | None, Subquery(_subtotal)]


AnyRow = TypeVar("AnyRow", CartRow, SummaryRow)


def _select_user_carts() -> QuerySet[Cart]:
    return Cart.objects.filter(user=Param("user", models.BigIntegerField()), market=Param("market", models.CharField()))


def _select_guest_carts(count: int) -> QuerySet[Cart]:
    hashes = [Param(f"hash{index}", models.CharField()) for index in range(count)]
    return Cart.objects.filter(key_hash__in=hashes, expires_at__gt=Param("now", models.DateTimeField()))


def _select_carts(keys: int) -> QuerySet[Cart]:
    """Select the carts of this many guest keys, or the user's cart if there are none."""
    return _select_guest_carts(keys) if keys else _select_user_carts()


@lru_cache(maxsize=16)
def _build_cart_query(keys: int) -> CompiledRows[CartRow]:
    return CompiledRows(CartRow, lambda: _select_carts(keys))


@lru_cache(maxsize=16)
def _build_cart_lock_query(keys: int) -> CompiledRows[CartRow]:
    return CompiledRows(CartRow, lambda: _select_carts(keys).order_by("pk"), locks=Cart)


@lru_cache(maxsize=16)
def _build_summary_query(keys: int) -> CompiledRows[SummaryRow]:
    return CompiledRows(SummaryRow, lambda: _select_carts(keys))


@lru_cache(maxsize=16)
def _build_used_keys_query(keys: int) -> CompiledSelect[str]:
    """Return the statement that selects the hashes of those of this many guest keys whose live carts hold a line or a code."""
    is_used = Exists(CartItem.objects.filter(cart=OuterRef("pk"))) | Exists(CartCode.objects.filter(cart=OuterRef("pk")))
    return CompiledSelect(lambda row: str(row[0]), lambda: _select_guest_carts(keys).filter(is_used).values_list("key_hash"))


def _resolve_cart(owner: CartOwner, build_query: Callable[[int], CompiledRows[AnyRow]]) -> tuple[AnyRow | None, str | None]:
    """Return the owner's cart in the market and the guest key: the first live one, else the first valid one, else a new one."""
    if owner.user_id is not None:
        return build_query(0).first(user=owner.user_id, market=owner.market.code), None
    if not owner.keys:
        return None, guest_keys.mint()
    hashes = [guest_keys.digest(key) for key in owner.keys]
    params: dict[str, Any] = {f"hash{index}": value for index, value in enumerate(hashes)}
    rows = build_query(len(hashes)).rows(now=timezone.now(), **params)
    live = {row.key_hash for row in rows}
    for key, digest in zip(owner.keys, hashes, strict=True):
        if digest in live:
            return next((row for row in rows if row.key_hash == digest and row.market == owner.market.code), None), key
    return None, next(filter(guest_keys.is_ours, owner.keys), None) or guest_keys.mint()


def get_cart_ref(owner: CartOwner, *, lock: bool = False) -> CartRef:
    """Return the owner's cart in the market; `lock` locks its row until the end of the transaction."""
    row, key = _resolve_cart(owner, _build_cart_lock_query if lock else _build_cart_query)
    ref = CartRef(owner.market, owner.user_id, owner.user_name, key)
    if row is None:
        return ref
    columns = row._asdict()
    return replace(ref, **{name: columns[name] for name in columns if name not in ("market", "key_hash")})


def find_keys_in_use(keys: Collection[str]) -> set[str]:
    """Return the guest keys that still hold a line or a code in a live cart, in whatever market; one statement at most."""
    if not keys:
        return set()
    by_hash = {guest_keys.digest(key): key for key in keys}
    params: dict[str, Any] = {f"hash{index}": key_hash for index, key_hash in enumerate(by_hash)}
    return {by_hash[key_hash] for key_hash in _build_used_keys_query(len(by_hash)).rows(now=timezone.now(), **params)}


def get_summary(owner: CartOwner) -> tuple[CartRef, dict[str, Any]]:
    """Return the cart and its totals, for a cart badge; one statement."""
    row, key = _resolve_cart(owner, _build_summary_query)
    ref = CartRef(owner.market, owner.user_id, owner.user_name, key, row.id if row else None)
    subtotal = (row.subtotal if row else None) or Decimal(0)
    formatted_subtotal = f"{subtotal:.{owner.market.exponent}f}"
    return ref, {"id": ref.id, "total_items": (row.total_items if row else None) or 0, "subtotal": formatted_subtotal}


def get_lines(ref: CartRef) -> list[Line]:
    """Return the cart's lines, oldest first."""
    return build_cart_lines_query(ref.market).rows(cart=ref.id) if ref.id is not None else []


def serialize_cart(ref: CartRef, lines: Sequence[Line], selection: Selection, site: str) -> tuple[dict[str, Any], list[str]]:
    """Return the cart as the API shows it, and the warnings about it."""
    quote = quotes.estimate(lines, ref, selection)
    costs = quote.costs
    items = [{**serialize_line(line, ref.market, site), **_serialize_discount(line, costs)} for line in lines]
    active_lines = [line for line in lines if line.quantity]
    subtotal = sum((line.price_at_addition * line.quantity for line in active_lines), Decimal(0))
    has_unavailable = any(not line.is_available for line in active_lines)
    has_shortage = any(line.is_short for line in active_lines)
    has_price_changes = any(line.is_repriced for line in active_lines)
    now = timezone.now()
    cart = {
        "id": ref.id,
        "user": ref.user_name,
        "market": ref.market.code,
        "currency": ref.market.currency,
        "items": items,
        "total_items": sum(line.quantity for line in active_lines),
        "count": len(active_lines),
        "subtotal": f"{subtotal:.{ref.market.exponent}f}",
        "current_subtotal": costs.format(costs.subtotal),
        **estimates.serialize_estimate(quote, selection),
        "delivery": quotes.serialize_delivery(ref, quote, selection.delivery),
        "has_unavailable_items": has_unavailable,
        "has_stock_issues": has_shortage,
        "has_price_changes": has_price_changes,
        "created_at": ref.created_at or now,
        "updated_at": ref.updated_at or now,
        "owner": serialize_owner(ref),
    }
    warnings = [
        (has_unavailable, UNAVAILABLE_WARNING),
        (has_shortage, INSUFFICIENT_STOCK_WARNING),
        (has_price_changes, PRICE_CHANGE_WARNING),
    ]
    return cart, [warning for applies, warning in warnings if applies]


def _serialize_discount(line: Line, costs: Breakdown) -> dict[str, Any]:
    """Return what promotions take off a line; nothing off one that cannot be bought now."""
    amounts = costs.lines.get(line.id)
    return {
        "discount": costs.format(amounts.discount if amounts else 0),
        "net_total": costs.format(amounts.net) if amounts else None,
    }


def serialize_owner(ref: CartRef) -> dict[str, Any]:
    """Return the owner of the cart, as every cart response shows it."""
    kind = "guest" if ref.user_id is None else "user"
    return {"type": kind, "user_id": ref.user_id, "session_key": ref.key}


def serialize_price_change(line: Line, market: Market) -> dict[str, Any]:
    """Return a line with its price at addition and its current price."""
    return {
        "id": line.id,
        "product_id": line.product_id,
        "sku_id": line.variant_id,
        "name": line.name,
        "old_price": f"{line.price_at_addition:.{market.exponent}f}",
        "new_price": f"{line.price:.{market.exponent}f}",
    }


def _get_stock_status(line: Line) -> str:
    if not line.is_available:
        return "unavailable"
    available = line.available_units
    if line.quantity > available or available == 0:
        return "insufficient_stock"
    return "low_stock" if available <= line.threshold else "in_stock"


class ProductRow(Protocol):
    """A row with the columns of a product that a product card shows."""

    @property
    def product_id(self) -> int: ...
    @property
    def uuid(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def threshold(self) -> int: ...
    @property
    def seller_id(self) -> int | None: ...
    @property
    def first_name(self) -> str | None: ...
    @property
    def last_name(self) -> str | None: ...


def serialize_product_card(
    row: ProductRow, *, price: str | None, stock: int, image: str | None, is_available: bool
) -> dict[str, Any]:
    """Return the `product` of a cart line or wishlist item."""
    return {
        "id": row.product_id,
        "uuid": row.uuid,
        "name": row.name,
        "slug": row.slug,
        "price": price,
        "stock": stock,
        "primary_image": image,
        "seller_name": get_seller_name(row.seller_id, row.first_name, row.last_name),
        "is_available": is_available,
        "is_low_stock": stock <= row.threshold,
    }


def serialize_line(line: Line, market: Market, site: str) -> dict[str, Any]:
    """Return a line as the API shows it."""
    digits = market.exponent
    price = None if line.price is None else f"{line.price:.{digits}f}"
    image = storage.build_thumbnail_url(site, line.image)
    is_available = line.is_available
    return {
        "id": line.id,
        "product": serialize_product_card(line, price=price, stock=line.available_units, image=image, is_available=is_available),
        "product_id": line.product_id,
        "variant_id": line.variant_id if (line.variants_count or 0) > 1 else None,
        "sku_id": line.variant_id,
        "sku": line.sku,
        "name": f"{line.name} – {line.variant_name}" if line.variant_name else line.name,
        "price": price,
        "thumbnail": image,
        "quantity": line.quantity,
        "price_at_addition": f"{line.price_at_addition:.{digits}f}",
        "current_price": price,
        "total_price": f"{line.price_at_addition * line.quantity:.{digits}f}",
        "price_changed": line.is_repriced,
        "price_difference": f"{line.price_difference:.{digits}f}",
        "is_available": is_available,
        "has_sufficient_stock": not line.is_short,
        "stock_status": _get_stock_status(line),
        "created_at": line.created_at,
        "updated_at": line.updated_at,
    }
