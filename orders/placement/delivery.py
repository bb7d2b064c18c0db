"""How an order is delivered: the address decides, and the buyer is told what differs from what they were shown."""

from collections.abc import Iterator, Mapping
from typing import Any

from carts import quotes
from carts.identity import CartRef
from carts.quotes import Quote
from core.markets import Market
from orders.placement import cash_check
from orders.placement.cart_check import CheckedCart, UnshownChange
from orders.placement.request import CheckoutRequest, Placement
from pricing.breakdown import Breakdown, DeliveryRate
from pricing.delivery.methods import COD, get_rate
from pricing.delivery.places import Place, build_place
from pricing.exceptions import refuse_incomplete
from pricing.rules import Selection


def get_place(request: CheckoutRequest, market: Market) -> Place:
    """Return the place of the order's address; plain text has no parts, so it is somewhere in the market's country."""
    if request.is_address_text:
        return build_place(market)
    return build_place(market, **{name: request.address.get(name, "") for name in ("country", "postal_code", "state")})


def get_wanted_method(request: CheckoutRequest, ref: CartRef) -> str:
    """Return the code of the method that the request or else the cart names; empty for the cheapest."""
    return ref.shipping_method if request.shipping_method is None else request.shipping_method


def choose(placement: Placement, ref: CartRef, checked: CheckedCart, selection: Selection) -> Quote:
    """Return what the order costs with its method, and record on the checked cart what differs from what the buyer was shown.

    The method is the wanted one, or the cheapest that the address and the payment method allow. Raises PlaceIncomplete.
    """
    request, options = placement.request, selection.delivery
    refuse_incomplete(options.problem, "address.")
    if not cash_check.allows_method(placement):
        selection = selection.without_cash()
    wanted = get_wanted_method(request, ref)
    quote = quotes.compute(checked.lines, ref.market, selection, request.method, method=wanted)
    offered = {method.code for method in options.list_methods(quote.weight)}
    if quote.method is None:
        if offered and request.method == COD:
            checked.add_change("cod_unavailable", COD, None)
        else:
            checked.add_change("not_serviceable", request.address.get("postal_code") or options.place.country, None)
        return quote
    if wanted and quote.method.code != wanted:
        if request.shipping_method and wanted in offered:  # it does not take this payment method
            checked.add_change("cod_unavailable" if request.method == COD else "not_serviceable", request.method, None)
        elif request.shipping_method:
            checked.add_change("shipping_changed", wanted, quote.method.code)
        else:
            checked.unshown_changes.append(UnshownChange("shipping_changed", wanted, quote.method.code, is_amount=False))
    checked.unshown_changes.extend(_find_unshown_changes(placement, ref, checked, selection, quote))
    return quote


def _find_unshown_changes(
    placement: Placement, ref: CartRef, checked: CheckedCart, selection: Selection, quote: Quote
) -> Iterator[UnshownChange]:
    """Yield what the buyer was not shown: a dearer delivery than the cart had, and a fee. Warn of a cheaper one."""
    costs, stored = quote.costs, _get_stored_rate(ref, placement.request)
    is_certain = stored is not None
    rate = _get_usual_rate(selection, quote) if stored is None else _read_rate(stored, quote.weight)
    risen = 0
    if rate is not None and rate.get_price(costs.goods) != costs.shipping:
        shown = quotes.compute_with_rate(checked.lines, ref.market, selection, placement.request.method, rate=rate)
        old, new = _get_net_shipping(shown), _get_net_shipping(costs)
        risen = new - old
        if old < new:
            yield UnshownChange("shipping_changed", costs.format(old), costs.format(new), is_certain=is_certain)
        elif old > new and is_certain and checked.expected.total is None:  # with a total, its fall is told
            checked.warnings.append(f"Delivery costs {costs.format(new)} instead of {costs.format(old)}")
    fee = 0 if stored is None else stored["cod_fee"]
    if not checked.has_shown(costs.to_major(costs.total - costs.fee + fee - risen)):  # a total of the cart is without a fee
        fee = 0
    if costs.fee > fee:
        yield UnshownChange("fee_changed", costs.format(fee), costs.format(costs.fee))


def _get_stored_rate(ref: CartRef, request: CheckoutRequest) -> Mapping[str, Any] | None:
    """Return the rate that the cart showed when the buyer chose place or method; None if the order names another method."""
    is_shown = ref.shown_rate is not None and request.shipping_method in (None, ref.shown_rate["code"])
    return ref.shown_rate if is_shown else None


def _read_rate(stored: Mapping[str, Any], weight: int) -> DeliveryRate:
    return get_rate(stored["price"], stored["free_from"], stored["price_per_kg"], weight)


def _get_usual_rate(selection: Selection, quote: Quote) -> DeliveryRate | None:
    """Return the cheapest rate today of the place that the cart has."""
    options = selection.shown_delivery or selection.delivery
    rates = [method.get_rate(quote.weight) for method in options.list_methods(quote.weight)]
    return min(rates, key=lambda rate: rate.get_price(quote.costs.goods), default=None)


def _get_net_shipping(costs: Breakdown) -> int:
    return costs.shipping - sum(discount.amount for discount in costs.discounts if discount.rule.on == "shipping")
