"""What the lines of a cart cost with a shipping method."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from carts.identity import CartRef
from carts.lines import Line
from core import money
from core.markets import Market
from pricing import breakdown
from pricing.breakdown import Breakdown, DeliveryRate, Fee
from pricing.delivery import lookup
from pricing.delivery.methods import COD, DeliveryOptions, Method
from pricing.discounts import GoodsLine
from pricing.exceptions import INCOMPLETE
from pricing.rules import Selection

COD_FEE = "Cash on Delivery"
UNSERVED_TEXTS = {
    **{code: refusal.default_message for code, refusal in INCOMPLETE.items()},
    "not_serviceable": "We do not deliver there",
    "too_heavy": "This is too heavy to be delivered there",
}


def build_goods(units: Iterable[tuple[Line, int]], market: Market) -> list[GoodsLine]:
    """Return lines with units to buy as the breakdown takes them."""
    return [
        GoodsLine(
            line.id,
            money.round_to_minor(line.price or Decimal(0), market.currency),
            quantity,
            line.product_id,
            line.category_id,
            line.is_reduced,
        )
        for line, quantity in units
    ]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a basket costs, delivered with a method; None if no method takes it to its place. `weight` is in grams."""

    costs: Breakdown
    weight: int
    method: Method | None = None


def estimate(lines: Iterable[Line], ref: CartRef, selection: Selection) -> Quote:
    """Return what the available lines cost at current prices, without a payment method."""
    units = [(line, line.quantity) for line in lines if line.quantity and line.is_available]
    return compute(units, ref.market, selection, method=ref.shipping_method)


def compute(
    units: Iterable[tuple[Line, int]],
    market: Market,
    selection: Selection,
    payment_method: str | None = None,
    *,
    method: str = "",
) -> Quote:
    """Return what lines with units to buy cost with the shipping method of this code if it is offered, else with the cheapest.

    Cash on Delivery has a fee only if there is something to collect; its limit is compared with the total without the fee.
    """
    return next(iter_quotes(units, market, selection, payment_method, method=method))


def iter_quotes(
    units: Iterable[tuple[Line, int]],
    market: Market,
    selection: Selection,
    payment_method: str | None = None,
    *,
    method: str = "",
) -> Iterator[Quote]:
    """Yield what lines with units to buy cost with each shipping method: the one of this code, then the others, cheapest first.

    The last quote has no method; it is the only one if no method is offered.
    """
    units = list(units)
    weight = sum((line.weight_grams or 0) * quantity for line, quantity in units)
    compute_costs = _prepare(units, market, selection, payment_method)
    methods = selection.delivery.list_methods(weight, payment_method)
    if len(methods) > 1:
        value = compute_costs().goods
        methods.sort(key=lambda offer: (offer.code != method, offer.get_rate(weight).get_price(value)))
    for offer in methods:
        rate = offer.get_rate(weight)
        costs = compute_costs(delivery=rate)
        if payment_method == COD:
            if offer.exceeds_cod_max(costs.total):
                continue
            if offer.cod_fee and costs.total:
                costs = compute_costs(delivery=rate, fees=[Fee(COD_FEE, offer.cod_fee)])
        yield Quote(costs, weight, offer)
    yield Quote(compute_costs(), weight)


def compute_with_rate(
    units: Iterable[tuple[Line, int]], market: Market, selection: Selection, payment_method: str, *, rate: DeliveryRate
) -> Breakdown:
    """Return what lines with units to buy would cost at another rate of delivery, without a fee."""
    return _prepare(units, market, selection, payment_method)(delivery=rate)


def _prepare(
    units: Iterable[tuple[Line, int]], market: Market, selection: Selection, payment_method: str | None
) -> Callable[..., Breakdown]:
    """Return a function of delivery and fees."""
    return partial(
        breakdown.compute,
        build_goods(units, market),
        market,
        rules=selection.list_rules(),
        taxes=breakdown.get_tax_rates(market),
        payment_method=payment_method,
    )


def serialize_delivery(ref: CartRef, quote: Quote, options: DeliveryOptions) -> dict[str, Any]:
    """Return where a cart would be delivered and with which method, or why not."""
    method, reason = quote.method, find_reason(quote, options)
    return {
        "country": ref.place.country,
        "postal_code": ref.postal_code,
        "state": ref.state,
        "serviceable": None if method is None and reason is None else method is not None,
        "reason": reason,
        "method": None if method is None else lookup.serialize_method(method, quote.costs.shipping, options, ref.market),
    }


def find_reason(quote: Quote, options: DeliveryOptions) -> dict[str, str] | None:
    """Return why a basket is not delivered, for programs and for people."""
    code = options.find_problem(quote.weight)
    return None if code is None else {"code": code, "text": UNSERVED_TEXTS[code]}
