"""The cart as shown: which one it is in one statement, its lines in another."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import models
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from carts import guest_keys
from carts.identity import CartOwner, CartRef
from carts.lines import Line, of_cart
from carts.models import Cart, CartItem
from core.compiled_queries import CompiledSelect, Param
from core.markets import Market
from products.catalog.list_item import seller_name
from products.media import storage

UNAVAILABLE = "Some items in your cart are no longer available"
INSUFFICIENT = "Some items have insufficient stock"
REPRICED = "Some prices have changed since you added them"


class CartRow(NamedTuple):
    """A live cart of the caller, in one of his markets."""

    id: int
    market: str
    key_hash: str | None
    created_at: datetime
    updated_at: datetime
    ordered_at: datetime | None
    held_at: datetime | None


class SummaryRow(NamedTuple):
    """A live cart, counted."""

    id: int
    market: str
    key_hash: str | None
    total_items: int | None
    subtotal: Decimal | None


AnyRow = TypeVar("AnyRow", CartRow, SummaryRow)


def _carts_of_user() -> QuerySet[Cart]:
    return Cart.objects.filter(user=Param("user", models.BigIntegerField()), market=Param("market", models.CharField()))


def _carts_of_keys(count: int) -> QuerySet[Cart]:
    hashes = [Param(f"hash{number}", models.CharField()) for number in range(count)]
    return Cart.objects.filter(key_hash__in=hashes, expires_at__gt=Param("now", models.DateTimeField()))


def _columns(carts: QuerySet[Cart]) -> QuerySet[Any, Any]:
    return carts.values_list("id", "market", "key_hash", "created_at", "updated_at", "ordered_at", "held_at")


def _counted(carts: QuerySet[Cart]) -> QuerySet[Any, Any]:
    lines = CartItem.objects.filter(cart=OuterRef("pk")).order_by().values("cart")
    units = lines.annotate(n=Sum("quantity")).values("n")
    worth = lines.annotate(n=Sum(F("quantity") * F("price_at_addition"))).values("n")
    return carts.values_list("id", "market", "key_hash", Subquery(units), Subquery(worth))


@lru_cache(maxsize=16)
def _row_statement(keys: int) -> CompiledSelect[CartRow]:
    return CompiledSelect(CartRow._make, lambda: _columns(_carts_of_keys(keys) if keys else _carts_of_user()))


@lru_cache(maxsize=16)
def _locking_statement(keys: int) -> CompiledSelect[CartRow]:
    return CompiledSelect(
        CartRow._make, lambda: _columns(_carts_of_keys(keys) if keys else _carts_of_user()).order_by("pk"), locks=Cart
    )


@lru_cache(maxsize=16)
def _summary_statement(keys: int) -> CompiledSelect[SummaryRow]:
    return CompiledSelect(SummaryRow._make, lambda: _counted(_carts_of_keys(keys) if keys else _carts_of_user()))


def _resolved(caller: CartOwner, statement: Callable[[int], CompiledSelect[AnyRow]]) -> tuple[AnyRow | None, str | None]:
    """Return the caller's cart in his market, and his guest key: the first that is live, else the first of ours, else a new one."""
    if caller.user_id is not None:
        return statement(0).first(user=caller.user_id, market=caller.market.code), None
    if not caller.keys:
        return None, guest_keys.mint()
    hashes = [guest_keys.digest(key) for key in caller.keys]
    slots: dict[str, Any] = {f"hash{number}": value for number, value in enumerate(hashes)}
    rows = statement(len(hashes)).rows(now=timezone.now(), **slots)
    live = {row.key_hash for row in rows}
    for key, hashed in zip(caller.keys, hashes, strict=True):
        if hashed in live:
            return next((row for row in rows if row.key_hash == hashed and row.market == caller.market.code), None), key
    return None, next(filter(guest_keys.is_ours, caller.keys), None) or guest_keys.mint()


def find(caller: CartOwner, *, lock: bool = False) -> CartRef:
    """Return the caller's cart in his market; with `lock`, inside a transaction, nobody else changes it until that ends."""
    row, key = _resolved(caller, _locking_statement if lock else _row_statement)
    ref = CartRef(caller.market, caller.user_id, caller.user_name, key)
    if row is None:
        return ref
    at = {name: getattr(row, name) for name in ("created_at", "updated_at", "ordered_at", "held_at")}
    return replace(ref, id=row.id, **at)


def summary(caller: CartOwner) -> tuple[CartRef, dict[str, Any]]:
    """Return the cart and its numbers, for a badge; one statement."""
    row, key = _resolved(caller, _summary_statement)
    ref = CartRef(caller.market, caller.user_id, caller.user_name, key, row.id if row else None)
    subtotal = (row.subtotal if row else None) or Decimal(0)
    text = f"{subtotal:.{caller.market.exponent}f}"
    return ref, {"id": ref.id, "total_items": (row.total_items if row else None) or 0, "subtotal": text}


def lines_of(ref: CartRef) -> list[Line]:
    """Return the cart's lines, oldest first."""
    return of_cart(ref.market).rows(cart=ref.id) if ref.id is not None else []


def shown(ref: CartRef, lines: Sequence[Line], site: str) -> tuple[dict[str, Any], list[str]]:
    """Return the cart as the API shows it, and its warnings."""
    items = [shown_line(line, ref.market, site) for line in lines]
    counted = [line for line in lines if line.quantity]
    subtotal = sum((line.price_at_addition * line.quantity for line in counted), Decimal(0))
    current = sum((line.price * line.quantity for line in counted if line.price is not None and line.is_available), Decimal(0))
    unavailable = any(not line.is_available for line in counted)
    short = any(line.is_short for line in counted)
    repriced = any(line.is_repriced for line in counted)
    now = timezone.now()
    cart = {
        "id": ref.id,
        "user": ref.user_name,
        "market": ref.market.code,
        "currency": ref.market.currency,
        "items": items,
        "total_items": sum(line.quantity for line in counted),
        "count": len(counted),
        "subtotal": f"{subtotal:.{ref.market.exponent}f}",
        "current_subtotal": f"{current:.{ref.market.exponent}f}",
        "has_unavailable_items": unavailable,
        "has_stock_issues": short,
        "has_price_changes": repriced,
        "created_at": ref.created_at or now,
        "updated_at": ref.updated_at or now,
        "owner": owner(ref),
    }
    flags = ((unavailable, UNAVAILABLE), (short, INSUFFICIENT), (repriced, REPRICED))
    return cart, [text for flag, text in flags if flag]


def owner(ref: CartRef) -> dict[str, Any]:
    """Return whose cart it is, as every cart answer says it."""
    kind = "guest" if ref.user_id is None else "user"
    return {"type": kind, "user_id": ref.user_id, "session_key": ref.key}


def repriced(line: Line, market: Market) -> dict[str, Any]:
    """Return a line with the price that it had and the one that it has now."""
    return {
        "id": line.id,
        "product_id": line.product_id,
        "sku_id": line.variant_id,
        "name": line.name,
        "old_price": f"{line.price_at_addition:.{market.exponent}f}",
        "new_price": f"{line.price:.{market.exponent}f}",
    }


def _status(line: Line) -> str:
    if not line.is_available:
        return "unavailable"
    left = line.obtainable
    if line.quantity > left or left == 0:
        return "insufficient_stock"
    return "low_stock" if left <= line.threshold else "in_stock"


def _product(line: Line, price: str | None, image: str | None) -> dict[str, Any]:
    return {
        "id": line.product_id,
        "uuid": line.uuid,
        "name": line.name,
        "slug": line.slug,
        "price": price,
        "stock": line.obtainable,
        "primary_image": image,
        "seller_name": seller_name(line.seller_id, line.first_name, line.last_name),
        "is_available": line.is_available,
        "is_low_stock": line.obtainable <= line.threshold,
    }


def shown_line(line: Line, market: Market, site: str) -> dict[str, Any]:
    """Return a line as the API shows it."""
    digits = market.exponent
    price = None if line.price is None else f"{line.price:.{digits}f}"
    image = storage.small_url_of(site, line.image)
    is_available = line.is_available
    return {
        "id": line.id,
        "product": _product(line, price, image),
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
        "stock_status": _status(line),
        "created_at": line.created_at,
        "updated_at": line.updated_at,
    }
