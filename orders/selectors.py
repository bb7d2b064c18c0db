"""Orders as shown."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from core import money
from core.absolute_urls import absolute
from core.pagination import Cursor, Page, paged
from orders import tokens
from orders.exceptions import OrderNotFound
from orders.models import Order, OrderItem, Payment


def shown(order: Order, items: Sequence[OrderItem], payments: Sequence[Payment], site: str) -> dict[str, Any]:
    """Return an order as the API shows it; a guest's with its token."""
    digits = money.exponent(order.currency)
    answer = {
        "id": order.pk,
        "number": order.number,
        "order_no": order.number,
        "status": order.status,
        "payment_status": payment_status(payments),
        "payment_method": order.payment_method,
        "market": order.market,
        "currency": order.currency,
        "subtotal": f"{order.subtotal:.{digits}f}",
        "discount_total": f"{order.discount_total:.{digits}f}",
        "shipping_total": f"{order.shipping_total:.{digits}f}",
        "tax_total": f"{order.tax_total:.{digits}f}",
        "total": f"{order.total:.{digits}f}",
        "items": [_item(item, digits, site) for item in items],
        "address": order.address,
        "email": order.email,
        "name": order.name,
        "phone": order.phone,
        "note": order.note,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "created_at": order.created_at,
    }
    waiting = next((one for one in payments if one.state == Payment.State.OPEN), None)
    if order.status == Order.Status.PENDING and waiting is not None:
        answer |= {"checkout_url": waiting.checkout_url, "session_id": waiting.session_id}
    if order.user_id is None:
        answer["order_token"] = tokens.order_token(order.number)
    return answer


def shown_whole(order: Order, site: str) -> dict[str, Any]:
    """Return an order that was fetched with its lines and payments."""
    return shown(order, list(order.items.all()), list(order.payments.all()), site)


def _item(item: OrderItem, digits: int, site: str) -> dict[str, Any]:
    return {
        "product_id": item.product_id,
        "variant_id": None if item.is_simple else item.variant_id,
        "sku_id": item.variant_id,
        "sku": item.sku,
        "name": item.name,
        "unit_price": f"{item.unit_price:.{digits}f}",
        "quantity": item.quantity,
        "line_total": f"{item.line_total:.{digits}f}",
        "image": absolute(site, item.image_url),
    }


def payment_status(payments: Sequence[Payment]) -> str:
    """Return what a client is told about the money: derived from what was captured and refunded, in minor units."""
    captured = sum(payment.captured_minor for payment in payments)
    refunded = sum(payment.refunded_minor for payment in payments)
    if captured:
        rest, owed = captured - refunded, min(payment.amount_minor for payment in payments)
        return "refunded" if rest <= 0 else "paid" if not refunded or rest >= owed else "partially_refunded"
    states = {payment.state for payment in payments}
    if any(payment.state == Payment.State.SUCCEEDED and not payment.amount_minor for payment in payments):  # an order for nothing
        return "paid"
    if Payment.State.PROCESSING in states:
        return "processing"
    return "failed" if states == {Payment.State.FAILED} else "unpaid"


def of_user(user_id: int, cursor: Cursor | None, size: int, site: str) -> Page:
    """Return a page of the user's orders, newest first, with their lines; three statements."""
    orders = _behind(Order.objects.filter(user=user_id), cursor)
    found = list(orders.prefetch_related("items", "payments")[: size + 1])
    page = paged(found, size, cursor, lambda order, back: Cursor("newest", order.created_at.isoformat(), order.pk, back))
    rows = [shown_whole(order, site) for order in page.rows]
    return Page(rows, page.next, page.previous, page.size)


def _behind(orders: QuerySet[Order], cursor: Cursor | None) -> QuerySet[Order]:
    if cursor is None:
        return orders.order_by("-created_at", "-id")
    at = cursor.moment()
    if cursor.backwards:
        behind = orders.filter(created_at__gte=at).exclude(created_at=at, pk__lte=cursor.id)
        return behind.order_by("created_at", "id")
    behind = orders.filter(created_at__lte=at).exclude(created_at=at, pk__gte=cursor.id)
    return behind.order_by("-created_at", "-id")


def one(number: str, *, user_id: int | None, token: str) -> Order:
    """Return an order to its owner, or to the guest who holds its token. Raises OrderNotFound for everybody else."""
    order = Order.objects.filter(number=number.upper()).prefetch_related("items", "payments").first()
    if order is None or order.erased_at is not None:
        raise OrderNotFound
    if not is_of(order, user_id=user_id, token=token):
        raise OrderNotFound
    return order


def is_of(order: Order, *, user_id: int | None, token: str) -> bool:
    """Say whether an order is this user's, or a guest's who holds its token."""
    if order.user_id is not None:
        return order.user_id == user_id
    return bool(token) and tokens.opens(token, order.number)


def by_session(session_id: str, *, user_id: int | None, token: str) -> Payment:
    """Return the payment of a checkout session, to whoever may see its order. Raises OrderNotFound for everybody else."""
    known = Payment.objects.select_related("order").filter(session_id=session_id)
    payment = known.first() if session_id and session_id.isprintable() else None
    if payment is None or payment.order.erased_at is not None or not is_of(payment.order, user_id=user_id, token=token):
        raise OrderNotFound
    return payment
