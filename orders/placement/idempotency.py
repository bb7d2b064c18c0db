"""Finds the order that a repeated request has placed already: by idempotency key, as a duplicate submit, or as the pending order.

Orders claimed by another account, or anonymised, are never returned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BigIntegerField, CharField, QuerySet
from django.utils import timezone

from carts import checkout
from carts import selectors as cart_selectors
from carts.identity import CartRef
from carts.lines import Line
from core.compiled_queries import CompiledSelect, Param
from core.exceptions import KeyReused
from orders.exceptions import OrderWaits
from orders.models import Order, OrderAdjustment, OrderItem, Payment, Shipment
from orders.placement.cart_check import matches_items
from orders.placement.request import Placement, is_repeated
from orders.selectors import get_parcels, has_shown_adjustments

DUPLICATE_SUBMIT_WINDOW = timedelta(minutes=10)
COLUMNS = [column.attname for column in Order._meta.concrete_fields]


def _make_order(row: Any) -> Order:
    return Order.from_db(DEFAULT_DB_ALIAS, COLUMNS, row)


def _select_by_key() -> QuerySet[Order, Any]:
    key = {"idempotency_scope": Param("scope", CharField()), "idempotency_key": Param("key", CharField())}
    return Order.objects.filter(**key).values_list(*COLUMNS)


def _select_last_order() -> QuerySet[Order, Any]:
    return Order.objects.filter(cart=Param("cart", BigIntegerField())).order_by("-id").values_list(*COLUMNS)[:1]


SELECT_BY_KEY = CompiledSelect(_make_order, _select_by_key)
SELECT_LAST_ORDER = CompiledSelect(_make_order, _select_last_order)


@dataclass(frozen=True, slots=True)
class Placed:
    """An order, new or replayed; `cart_is_empty` says whether the cart has no lines left."""

    order: Order
    items: Sequence[OrderItem]
    payments: Sequence[Payment]
    adjustments: Sequence[OrderAdjustment] = ()
    shipments: Sequence[Shipment] = ()
    is_replay: bool = False
    cart_is_empty: bool = False
    warnings: list[str] = field(default_factory=list)


def find_by_key(placement: Placement, ref: CartRef) -> Placed | None:
    """Return the order that was placed with this idempotency key.

    Raises KeyReused if the key came with another request, or if the order now belongs to another account.
    """
    if not placement.key:
        return None
    scope = placement.key_scope(ref.key)
    order = SELECT_BY_KEY.first(scope=scope, key=placement.key)
    if order is None:
        return None
    if order.request_hash != placement.request_hash or belongs_to_other(order, placement):
        raise KeyReused
    return as_replay(order, ref)


def as_replay(order: Order, ref: CartRef) -> Placed:
    """Return an existing order as the answer to a repeated request."""
    is_empty = not cart_selectors.get_lines(ref)
    adjustments = list(order.adjustments.all()) if has_shown_adjustments(order) else []
    items, payments = list(order.items.all()), list(order.payments.all())
    return Placed(order, items, payments, adjustments, get_parcels(order), is_replay=True, cart_is_empty=is_empty)


def is_duplicate_submit(last_order: Order, placement: Placement, lines: Sequence[Line]) -> bool:
    """Return whether a client without idempotency keys has sent the same request again within ten minutes."""
    request = placement.request
    if last_order.status in Order.CLOSED_STATUSES or belongs_to_other(last_order, placement):
        return False
    if timezone.now() - last_order.placed_at > DUPLICATE_SUBMIT_WINDOW:
        return False
    if request.shipping_method not in (None, last_order.shipping_method):
        return False
    items = list(last_order.items.select_related("product"))
    if request.expected.lines is None and any(line.quantity for line in lines):
        return False
    if request.expected.lines is not None and not matches_items(request.expected.lines, items):
        return False
    units = [(item.variant_id, item.quantity, item.unit_price) for item in items]
    sent_codes = last_order.codes if request.codes is None else request.codes
    return is_repeated(last_order, units, request, sent_codes)


def find_pending_order(ref: CartRef, placement: Placement) -> Order | None:
    """Return the pending order of this cart, or of a cart that was merged into it.

    Raises OrderWaits if the order was claimed by another account, whose payment page must not be closed for this cart.
    """
    cart_ids = checkout.get_merged_cart_ids(ref.pk)
    order = Order.objects.filter(cart__in=cart_ids, status=Order.Status.PENDING).order_by("-pk").first()
    if order is not None and belongs_to_other(order, placement):
        raise OrderWaits
    return order


def belongs_to_other(order: Order, placement: Placement) -> bool:
    """Return whether an order of this cart belongs to another account by now, or is anonymised."""
    return order.erased_at is not None or order.user_id not in (None, placement.owner.user_id)
