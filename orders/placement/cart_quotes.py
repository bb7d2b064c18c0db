"""What a cart would cost with each shipping method and each payment method."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from carts import estimates, quotes, selectors
from carts.identity import CartRef
from carts.lines import Line
from carts.quotes import Quote
from core import money
from core.markets import Market
from orders import minor_units
from orders.exceptions import AmountNotChargeable
from orders.models import Order
from orders.payments import stripe_gateway
from pricing import rules
from pricing.delivery import lookup
from pricing.delivery.methods import COD, DeliveryOptions, Method
from pricing.rules import Selection

NOT_WITH_METHOD = {
    COD: {"code": "cod_unavailable", "text": "Cash on Delivery is not available for this delivery"},
    Order.Method.STRIPE: {"code": "not_serviceable", "text": "Only Cash on Delivery is available there"},
}


def describe(ref: CartRef, *, offers_cash: bool = True) -> dict[str, Any]:
    """Return where and how a cart can be delivered, and the total with each payment method; two statements at most."""
    has_row = ref.id is not None
    selection = (
        estimates.get_selection(ref) if has_row else replace(rules.EMPTY, delivery=lookup.get_options(ref.market, ref.place))
    )
    return describe_lines(ref, selectors.get_lines(ref), selection, offers_cash=offers_cash)


def describe_lines(ref: CartRef, lines: Iterable[Line], selection: Selection, *, offers_cash: bool = True) -> dict[str, Any]:
    """Return the same for lines and offers that have been read.

    Without `offers_cash`, Cash on Delivery is not available; the reason is that of a method that does not take it.
    """
    if not offers_cash:
        selection = selection.without_cash()
    units = [(line, line.quantity) for line in lines if line.quantity and line.is_available]
    offered = [quote for quote in quotes.iter_quotes(units, ref.market, selection) if quote.method is not None]
    of_payments = {
        payment_method: {
            quote.method.code: quote
            for quote in quotes.iter_quotes(units, ref.market, selection, payment_method)
            if quote.method is not None
        }
        for payment_method in list_payment_methods()
    }
    chosen = quotes.compute(units, ref.market, selection, method=ref.shipping_method)
    return {
        **quotes.serialize_delivery(ref, chosen, selection.delivery),
        "cod": bool(of_payments[COD]),
        "methods": [_serialize(quote, quote.method, of_payments, selection.delivery) for quote in offered if quote.method],
    }


def list_payment_methods() -> list[str]:
    """Return the payment methods of this shop."""
    return [Order.Method.COD, *([Order.Method.STRIPE] if stripe_gateway.is_configured() else [])]


def _serialize(
    quote: Quote, method: Method, of_payments: Mapping[str, Mapping[str, Quote]], options: DeliveryOptions
) -> dict[str, Any]:
    """Return a method with what the cart costs in total for each payment method."""
    costs = quote.costs
    method = replace(method, allows_cod=method.allows_cod and options.takes_cod)
    return {
        **lookup.serialize_method(method, costs.shipping, options, costs.market),
        "payments": [
            {"payment_method": name, **_serialize_payment(name, found.get(method.code), method, costs.market)}
            for name, found in of_payments.items()
        ],
    }


def _serialize_payment(name: str, quote: Quote | None, method: Method, market: Market) -> dict[str, Any]:
    """Return the amounts with a payment method, or why it cannot be used."""
    reason = _find_reason(name, quote, method, market)
    if quote is None or reason is not None:
        return {"available": False, "reason": reason, "fee": None, "discount_total": None, "total": None}
    costs = quote.costs
    amounts = {"fee": costs.fee, "discount_total": costs.discount, "total": costs.total}
    return {"available": True, "reason": None, **{key: costs.format(amount) for key, amount in amounts.items()}}


def _find_reason(name: str, quote: Quote | None, method: Method, market: Market) -> dict[str, str] | None:
    """Return why a payment method cannot be used, for programs and for people."""
    if quote is None and name == COD and method.allows_cod and method.cod_max is not None:
        limit = money.format_price(money.to_major(method.cod_max, market.currency), market.currency)
        return {"code": "cod_unavailable", "text": f"Cash on Delivery is available up to {limit}"}
    if quote is None:
        return NOT_WITH_METHOD[name]
    try:
        minor_units.to_minor(quote.costs.to_major(quote.costs.total), name, market.currency)
    except AmountNotChargeable as error:
        return {"code": error.code, "text": error.default_message}
    return None
