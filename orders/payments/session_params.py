"""The parameters of a checkout session at Stripe. A repeated call has to send the same ones, whatever has changed since."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings

from core import markets
from core.countries import find_country_code
from orders import minor_units
from orders.exceptions import AmountNotChargeable
from orders.models import Order, OrderAdjustment, OrderItem, Payment

MAX_LINE_ITEMS = 100  # per session
MAX_NAME = 250  # characters
MAX_METADATA_VALUE = 500  # characters
MAX_DESCRIPTION = 500  # characters
ADDRESS_FIELDS = ("line1", "line2", "city", "state", "postal_code")


def build(order: Order, items: Sequence[OrderItem], payment: Payment) -> Any:
    """Return the parameters of a payment's session. Raises ValueError if the lines do not add up to the payment's amount."""
    if payment.expires_at is None:
        raise ValueError("a card payment needs expires_at")
    metadata = {"shop": settings.SHOP_ID[:MAX_METADATA_VALUE], "order": order.number, "payment": str(payment.pk)}
    intent: dict[str, Any] = {"metadata": metadata}
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": order.number,
        "line_items": _line_items(order, items, payment),
        "success_url": _fill_url(settings.CHECKOUT_SUCCESS_URL, order),
        "cancel_url": _fill_url(settings.CHECKOUT_CANCEL_URL, order),
        "expires_at": int(payment.expires_at.timestamp()),
        "metadata": metadata,
        "payment_intent_data": intent,
        "adaptive_pricing": {"enabled": False},  # Stripe would convert amount and currency
        "allowed_payment_method_types": settings.STRIPE_ALLOWED_PAYMENT_METHODS,
    }
    has_full_domain = "." in order.email.rpartition("@")[2]  # Stripe rejects addresses without a dotted domain
    params |= {"customer_email": order.email} if has_full_domain else {}
    if payment.session_format == Payment.SessionFormat.WITHOUT_BUYER:
        return params
    intent |= _buyer_params(order, items)
    params["automatic_tax"] = {"enabled": False}  # the default of an account may switch it on, and the total would differ
    if order.currency != markets.get_default_market().currency:
        params["billing_address_collection"] = "required"  # of charges abroad, see _buyer_params
    return params


def _buyer_params(order: Order, items: Sequence[OrderItem]) -> dict[str, Any]:
    """Return what is bought, by whom, and where it goes, as far as it is known; Stripe rejects empty values.

    Accounts in India need it for charges in another currency (https://docs.stripe.com/india-exports).
    """
    goods = ", ".join(f"{item.quantity} × {item.name}" for item in items)
    params: dict[str, Any] = {"description": f"Order {order.number}: {goods}"[:MAX_DESCRIPTION]}
    parts = {field: value.strip() for field, value in order.address.items()}
    address = {field: parts[field] for field in ADDRESS_FIELDS if parts.get(field)}
    country = find_country_code(parts.get("country", ""))  # Stripe takes codes only
    address |= {"country": country} if country else {}
    name = parts.get("full_name") or order.name.strip()
    if name and "line1" in address:
        params["shipping"] = {"name": name, "address": address}
    return params


def _fill_url(url: str, order: Order) -> str:
    return url.replace("{ORDER}", order.number)


def _line_items(order: Order, items: Sequence[OrderItem], payment: Payment) -> list[dict[str, Any]]:
    try:
        if payment.session_format >= Payment.SessionFormat.WITH_NET_LINES:
            lines = [_line_item(name, amount, 1, order.currency) for name, amount in _list_net_lines(order, items)]
        else:
            lines = _list_priced_lines(order, items)
    except AmountNotChargeable:  # a part may have a fraction that Stripe does not charge, while the total has none
        lines = []
    if not 0 < len(lines) <= MAX_LINE_ITEMS:
        lines = [_line_item(f"Order {order.number}", order.total, 1, order.currency)]
    total = sum(line["quantity"] * line["price_data"]["unit_amount"] for line in lines)
    if total != payment.amount_minor:
        raise ValueError(f"the lines of {order.number} add up to {total} and not to {payment.amount_minor}")
    return lines


def _list_net_lines(order: Order, items: Sequence[OrderItem]) -> Iterator[tuple[str, Decimal]]:
    """Yield name and amount of each part of the total: the lines and shipping without their discounts, fees, and tax on top."""
    for item in items:
        yield f"{item.quantity} × {item.name}", item.net_total
    discounts_of_items = sum((item.discount_total for item in items), Decimal(0))
    shipping = order.shipping_total - (order.discount_total - discounts_of_items)
    if shipping:
        yield order.chosen_shipping_name or "Shipping", shipping
    if order.fee_total:
        for fee in order.adjustments.filter(kind=OrderAdjustment.Kind.FEE):
            yield fee.label, fee.amount
    if order.tax_total and not order.prices_include_tax:
        yield "Tax", order.tax_total


def _list_priced_lines(order: Order, items: Sequence[OrderItem]) -> list[dict[str, Any]]:
    """Return the lines at their prices, as sessions of the earlier formats have them; none if the order has a discount."""
    if order.discount_total:
        return []
    lines = [_line_item(item.name, item.unit_price, item.quantity, order.currency) for item in items]
    return lines + ([_line_item("Shipping", order.shipping_total, 1, order.currency)] if order.shipping_total else [])


def _line_item(name: str, amount: Decimal, quantity: int, currency: str) -> dict[str, Any]:
    unit_amount = minor_units.to_minor(amount, Order.Method.STRIPE, currency)
    price = {"currency": currency.lower(), "unit_amount": unit_amount, "product_data": {"name": name[:MAX_NAME]}}
    return {"quantity": quantity, "price_data": price}
