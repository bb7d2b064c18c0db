"""Orders as the API returns them, and who may read them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from core import money
from core.absolute_urls import build_absolute_url
from core.pagination import Cursor, Page, build_page, make_newest_cursor, newest_after
from orders import tokens
from orders.carriers import links
from orders.exceptions import OrderNotFound
from orders.models import Order, OrderAdjustment, OrderItem, Payment, Shipment


def serialize_order(
    order: Order,
    site: str,
    *,
    items: Sequence[OrderItem],
    payments: Sequence[Payment],
    adjustments: Sequence[OrderAdjustment],
    shipments: Sequence[Shipment] = (),
) -> dict[str, Any]:
    """Return an order in the form of the API. A guest's order includes its token."""
    digits = money.exponent(order.currency)
    data = {
        "id": order.pk,
        "number": order.number,
        "order_no": order.number,
        "status": order.status,
        "payment_status": payment_status(order, payments),
        "payment_method": order.payment_method,
        "market": order.market,
        "currency": order.currency,
        **_serialize_amounts(order, adjustments, digits),
        "shipping": _serialize_shipping(order),
        **_serialize_parcels(order, shipments),
        "items": [_serialize_item(item, digits, site) for item in items],
        "address": order.address,
        "email": order.email,
        "name": order.name,
        "phone": order.phone,
        "phone_confirm_until": order.phone_confirm_until if order.awaits_phone else None,
        "note": order.note,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "created_at": order.created_at,
    }
    open_payment = next((payment for payment in payments if payment.state == Payment.State.OPEN), None)
    if order.status == Order.Status.PENDING and open_payment is not None:
        data |= {"checkout_url": open_payment.checkout_url, "session_id": open_payment.session_id}
    if order.user_id is None:
        data["order_token"] = tokens.order_token(order.number)
    return data


def _serialize_amounts(order: Order, adjustments: Sequence[OrderAdjustment], digits: int) -> dict[str, Any]:
    """Return the totals of an order, and its discounts and fees."""
    return {
        "subtotal": f"{order.subtotal:.{digits}f}",
        "discount_total": f"{order.discount_total:.{digits}f}",
        "shipping_total": f"{order.shipping_total:.{digits}f}",
        "fee_total": f"{order.fee_total:.{digits}f}",
        "tax_total": f"{order.tax_total:.{digits}f}",
        "total": f"{order.total:.{digits}f}",
        "discounts": [_serialize_discount(row, digits) for row in adjustments if row.kind == OrderAdjustment.Kind.DISCOUNT],
        "fees": [_serialize_fee(row, digits) for row in adjustments if row.kind == OrderAdjustment.Kind.FEE],
    }


def _serialize_shipping(order: Order) -> dict[str, Any] | None:
    """Return the shipping method, or None for an order from before there were any."""
    if not order.shipping_method:
        return None
    return {
        "code": order.shipping_method,
        "name": order.shipping_name,
        "earliest": order.delivery_earliest,
        "latest": order.delivery_latest,
    }


def serialize_prefetched_order(order: Order, site: str) -> dict[str, Any]:
    """Return an order whose lines and payments are prefetched in the form of the API; its adjustments, too, if they are shown."""
    adjustments = list(order.adjustments.all()) if has_shown_adjustments(order) else []
    items, payments = list(order.items.all()), list(order.payments.all())
    return serialize_order(order, site, items=items, payments=payments, adjustments=adjustments, shipments=get_parcels(order))


def may_have_parcels(order: Order) -> bool:
    """Return whether the order can have parcels that its buyer sees: each parcel changes its order."""
    return order.version > 0 and order.status in (*Order.SOLD_STATUSES, Order.Status.RETURNED)


def list_parcel_lookups() -> list[Prefetch[Any] | str]:
    """Return what fetches the parcels that buyers see, as lookups of `prefetch_related`."""
    shown = Shipment.objects.exclude(state=Shipment.State.CANCELLED).order_by("number")
    return [Prefetch("shipments", shown), "shipments__lines", "shipments__events"]


def prefetch_parcels(orders: Sequence[Order]) -> None:
    """Fetch the parcels that the buyers of these orders see; one statement, three if there are any, or none if there cannot be."""
    prefetch_related_objects([order for order in orders if may_have_parcels(order)], *list_parcel_lookups())


def get_parcels(order: Order) -> list[Shipment]:
    """Return the parcels of an order that its buyer sees; they are fetched before, or here."""
    if not may_have_parcels(order):
        return []
    prefetch_parcels([order])
    return list(order.shipments.all())


def get_fulfilment_status(order: Order, shipments: Iterable[Shipment]) -> str:
    """Return how far an order with these parcels is."""
    statuses = Order.FulfilmentStatus
    if order.status == Order.Status.PROCESSING and any(shipment.shipped_at is not None for shipment in shipments):
        return statuses.PARTIAL
    return statuses(order.status) if order.status in statuses.values else statuses.UNFULFILLED


def _serialize_parcels(order: Order, shipments: Sequence[Shipment]) -> dict[str, Any]:
    """Return the parcels of an order, and how far it is."""
    return {
        "fulfilment_status": get_fulfilment_status(order, shipments),
        "shipments": [_serialize_shipment(shipment) for shipment in shipments],
    }


def _serialize_shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "number": shipment.number,
        "state": shipment.state,
        "carrier": links.get_carrier_name(shipment.carrier),
        "tracking_number": shipment.tracking_number,
        "tracking_url": links.get_tracking_url(shipment.carrier, shipment.tracking_number),
        "shipped_at": shipment.shipped_at,
        "delivered_at": shipment.delivered_at,
        "lines": [{"item_id": line.item_id, "quantity": line.quantity} for line in shipment.lines.all()],
        "events": [{"code": event.code, "text": event.text, "at": event.at} for event in shipment.events.all()],
    }


def has_shown_adjustments(order: Order) -> bool:
    """Return whether the order has discounts or fees; taxes are not listed."""
    return bool(order.discount_total or order.fee_total)


def _serialize_discount(row: OrderAdjustment, digits: int) -> dict[str, Any]:
    return {"label": row.label, "code": row.code or None, "on": row.on, "amount": f"{row.amount:.{digits}f}"}


def _serialize_fee(row: OrderAdjustment, digits: int) -> dict[str, Any]:
    return {"label": row.label, "amount": f"{row.amount:.{digits}f}"}


def _serialize_item(item: OrderItem, digits: int, site: str) -> dict[str, Any]:
    return {
        "id": item.pk,
        "product_id": item.product_id,
        "variant_id": None if item.is_simple else item.variant_id,
        "sku_id": item.variant_id,
        "sku": item.sku,
        "name": item.name,
        "unit_price": f"{item.unit_price:.{digits}f}",
        "quantity": item.quantity,
        "line_total": f"{item.line_total:.{digits}f}",
        "discount_total": f"{item.discount_total:.{digits}f}",
        "net_total": f"{item.net_total:.{digits}f}",
        "image": build_absolute_url(site, item.image_url),
    }


def payment_status(order: Order, payments: Sequence[Payment]) -> str:
    """Return the payment status of an order, derived from the captured and refunded minor units."""
    captured = sum(payment.captured_minor for payment in payments)
    refunded = sum(payment.refunded_minor for payment in payments)
    if captured:
        remaining, due = captured - refunded, min(payment.amount_minor for payment in payments)
        if order.payment_method == Order.Method.COD and order.paid_at is None and remaining > 0:
            return "processing"  # parcels are still to bring cash, or have brought too little
        return "refunded" if remaining <= 0 else "paid" if not refunded or remaining >= due else "partially_refunded"
    states = {payment.state for payment in payments}
    if any(payment.state == Payment.State.SUCCEEDED and not payment.amount_minor for payment in payments):  # a free order
        return "paid"
    if Payment.State.PROCESSING in states:
        return "processing"
    return "failed" if states == {Payment.State.FAILED} else "unpaid"


def list_orders_of_user(user_id: int, cursor: Cursor | None, size: int, site: str) -> Page:
    """Return a page of the user's orders with their lines, newest first.

    Three statements; one more if any has a discount or a fee, one if any can have parcels, and two more if any has one.
    """
    orders = newest_after(Order.objects.filter(user=user_id), cursor)
    fetched = list(orders.prefetch_related("items", "payments")[: size + 1])
    page = build_page(fetched, size, cursor, make_newest_cursor)
    prefetch_related_objects([order for order in page.rows if has_shown_adjustments(order)], "adjustments")
    prefetch_parcels(page.rows)
    rows = [serialize_prefetched_order(order, site) for order in page.rows]
    return Page(rows, page.next, page.previous, page.size)


def get_order(number: str, *, user_id: int | None, token: str) -> Order:
    """Return an order to its owner or to a guest with its token. Raises OrderNotFound for anyone else."""
    order = Order.objects.filter(number=number.upper()).prefetch_related("items", "payments").first()
    if order is None or order.erased_at is not None:
        raise OrderNotFound
    if not belongs_to(order, user_id=user_id, token=token):
        raise OrderNotFound
    prefetch_parcels([order])
    return order


def belongs_to(order: Order, *, user_id: int | None, token: str) -> bool:
    """Return whether the order belongs to this user, or is a guest's order that the token opens."""
    if order.user_id is not None:
        return order.user_id == user_id
    return bool(token) and tokens.is_valid_order_token(token, order.number)


def get_payment_by_session(session_id: str, *, user_id: int | None, token: str) -> Payment:
    """Return the payment of a checkout session to a caller who may see its order. Raises OrderNotFound for anyone else."""
    payments = Payment.objects.select_related("order").filter(session_id=session_id)
    payment = payments.first() if session_id and session_id.isprintable() else None
    if payment is None or payment.order.erased_at is not None or not belongs_to(payment.order, user_id=user_id, token=token):
        raise OrderNotFound
    return payment
