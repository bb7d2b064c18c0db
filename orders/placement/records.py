"""The rows of a new order: order, lines, adjustments and payment, each in one statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.utils import timezone

from carts.identity import CartRef
from carts.lines import Line
from carts.quotes import Quote
from core.compiled_queries import CompiledInsert
from orders import address_rules, cash_rules, minor_units, tokens
from orders.models import VARIANT_SEPARATOR, Order, OrderAdjustment, OrderItem, Payment
from orders.payments import sessions
from orders.placement import unpaid_orders
from orders.placement.cart_check import CheckedCart
from orders.placement.request import Placement
from orders.state.redemptions import Limits
from pricing.breakdown import Breakdown
from pricing.delivery.methods import Method
from pricing.rules import Selection
from products.media.storage import get_thumbnail_url

INSERT_ORDER, INSERT_ITEMS, INSERT_PAYMENT = CompiledInsert(Order), CompiledInsert(OrderItem), CompiledInsert(Payment)
INSERT_ADJUSTMENTS = CompiledInsert(OrderAdjustment)
Kind, On = OrderAdjustment.Kind, OrderAdjustment.On


@dataclass(frozen=True, slots=True)
class Purchase:
    """All lines of the cart, and what is bought of them, at which amounts and with which promotions."""

    cart_lines: Sequence[Line]
    checked: CheckedCart
    quote: Quote
    selection: Selection
    limited_promotions: Limits
    fingerprint: str

    @property
    def costs(self) -> Breakdown:
        """The amounts."""
        return self.quote.costs


def awaits_payment(placement: Placement, costs: Breakdown) -> bool:
    """Return whether an order has to be paid online; there is nothing to pay for if its total is zero."""
    return placement.request.method == Order.Method.STRIPE and bool(costs.total)


def insert_payment(order: Order) -> Payment:
    """Insert the order's payment; a payment of nothing has succeeded."""
    is_online = order.payment_method == Order.Method.STRIPE
    payment = Payment(
        order=order,
        provider=order.payment_method,
        state=Payment.State.CREATED if order.total else Payment.State.SUCCEEDED,
        amount=order.total,
        currency=order.currency,
        amount_minor=minor_units.to_minor(order.total, order.payment_method, order.currency),
        expires_at=order.placed_at + sessions.SESSION_LIFETIME if is_online else None,
    )
    INSERT_PAYMENT.add(payment)
    return payment


def insert_order(placement: Placement, ref: CartRef, purchase: Purchase, now: datetime) -> Order:
    """Insert the order with its amounts, its buyer and its address."""
    request, costs = placement.request, purchase.costs
    is_unpaid = awaits_payment(placement, costs)
    order = Order(
        number=tokens.generate_order_number(placement.numbered_at or now),
        user_id=placement.owner.user_id,
        cart_id=ref.id,
        cart_fingerprint=purchase.fingerprint,
        status=Order.Status.PENDING if is_unpaid else Order.Status.PROCESSING,
        payment_method=request.method,
        market=ref.market.code,
        currency=ref.market.currency,
        subtotal=costs.to_major(costs.subtotal),
        discount_total=costs.to_major(costs.discount),
        shipping_total=costs.to_major(costs.shipping),
        **_get_delivery_columns(purchase, now),
        fee_total=costs.to_major(costs.fee),
        tax_total=costs.to_major(costs.tax),
        prices_include_tax=all(tax.rate.is_included for tax in costs.taxes),
        total=costs.to_major(costs.total),
        codes=sorted(entered.code for entered in purchase.selection.codes),
        name=request.name,
        email=request.email,
        **_get_phone_columns(placement, costs, now),
        note=request.note,
        address=address_rules.with_country_code(request.address),  # hash and fingerprint are of what was sent
        stock_state=Order.StockState.RESERVED if is_unpaid else Order.StockState.COMMITTED,
        reserved_until=now + sessions.SESSION_CREATION_WINDOW if is_unpaid else None,
        guest_network=unpaid_orders.get_network(placement) if is_unpaid else "",
        paid_at=None if costs.total else now,
        placed_at=now,
        created_at=now,
        idempotency_scope=placement.key_scope(ref.key) if placement.key else "",
        idempotency_key=placement.key,
        request_hash=placement.request_hash,
    )
    INSERT_ORDER.add(order)
    return order


def _get_delivery_columns(purchase: Purchase, now: datetime) -> dict[str, Any]:
    method = cast(Method, purchase.quote.method)  # without one, the order was refused
    earliest, latest = purchase.selection.delivery.get_dates(method, timezone.localdate(now))
    return {
        "shipping_method": method.code,
        "shipping_name": method.name,
        "delivery_earliest": earliest,
        "delivery_latest": latest,
    }


def _get_phone_columns(placement: Placement, costs: Breakdown, now: datetime) -> dict[str, Any]:
    """Return the phone, and by when it has to be confirmed; the account's confirmed one need not be."""
    request, until = placement.request, None
    if request.verified_phone not in placement.phone_numbers:
        total = costs.to_major(costs.total)
        until = cash_rules.get_confirmation_deadline(placement.owner.market.code, request.method, total, now)
    return {"phone": request.phone, "phone_e164": placement.phone_e164, "phone_confirm_until": until}


def insert_items(order: Order, purchase: Purchase) -> list[OrderItem]:
    """Insert the lines of the order, as they are bought."""
    costs = purchase.costs
    items = [
        OrderItem(
            order=order,
            product_id=line.product_id,
            variant_id=line.variant_id,
            is_simple=(line.variants_count or 0) <= 1,
            name=f"{line.name}{VARIANT_SEPARATOR}{line.variant_name}" if line.variant_name else line.name,
            sku=line.sku,
            image_url=get_thumbnail_url(line.image) if line.image else "",
            unit_price=line.price,
            quantity=units,
            line_total=costs.to_major(costs.lines[line.id].subtotal),
            discount_total=costs.to_major(costs.lines[line.id].discount),
            tax_total=costs.to_major(costs.lines[line.id].tax),
        )
        for line, units in purchase.checked.lines
        if line.price is not None
    ]
    INSERT_ITEMS.add(*items)
    return items


def insert_adjustments(order: Order, costs: Breakdown) -> list[OrderAdjustment]:
    """Insert a row for each discount, fee and tax of the order, if there are any."""
    rows = [
        OrderAdjustment(order=order, kind=kind, on=on, label=label, amount=costs.to_major(amount), position=position, **columns)
        for position, (kind, on, label, amount, columns) in enumerate(_list_adjustments(costs))
    ]
    if rows:
        INSERT_ADJUSTMENTS.add(*rows)
    return rows


def _list_adjustments(costs: Breakdown) -> Iterator[tuple[str, str, str, int, dict[str, Any]]]:
    """Yield the kind, what it is on, the label and the amount of each, with what else its row says."""
    for discount in costs.discounts:
        rule = discount.rule
        yield Kind.DISCOUNT, rule.on, rule.label, discount.amount, {"code": rule.code, "promotion_id": rule.id}
    for fee in costs.fees:
        yield Kind.FEE, On.FEE, fee.label, fee.amount, {}
    for tax in costs.taxes:
        for on, amount in ((On.ITEMS, tax.items), (On.SHIPPING, tax.shipping), (On.FEE, tax.fee)):
            if amount:
                yield Kind.TAX, on, tax.rate.label, amount, {"rate": tax.rate.percent}
