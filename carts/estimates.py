"""What a cart will probably cost: its promotions and codes, and the breakdown of its lines at current prices."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from carts.identity import CartRef
from carts.lines import Line
from carts.models import Cart
from core import money
from core.compiled_queries import CompiledRows, Param
from core.markets import Market
from pricing import breakdown, rules
from pricing.breakdown import Breakdown
from pricing.discounts import PAYMENT_METHODS, GoodsLine, Reason
from pricing.models import PriceRules, Promotion
from pricing.rules import EnteredCode, Selection

_rules = PriceRules.objects.filter(market=OuterRef("market")).values("data")
REASON_TEXTS = {
    "ended": "This code has ended",
    "used_up": "This code has been used up",
    "not_started": "This code is not valid yet",
    "not_in_market": "This code is not valid in this country",
    "repeated": "Another code in your cart gives the same discount",
    "no_matching_items": "Your cart has no items that this code is for",
    "better_promotion": "Another promotion saves you more",
    "nothing_to_discount": "There is nothing for this code to discount",
}


class CodeRow(NamedTuple):
    """The rules of the cart's market, and one of its codes; a single row without a code if it has none."""

    rules: Annotated[Any, Subquery(_rules[:1])]
    has_promotions: Annotated[bool, Exists(Promotion.objects.filter(is_active=True, deleted_at=None))]
    code_id: Annotated[int | None, "codes__code_id"]
    code: Annotated[str, "codes__code__code"]
    promotion_id: Annotated[int, "codes__code__promotion_id"]
    is_used: Annotated[bool, "codes__code__is_used"]
    is_single_use: Annotated[bool, "codes__code__single_use"]
    is_held: Annotated[bool, "codes__is_held"]


SELECT_CODES = CompiledRows(CodeRow, lambda: Cart.objects.filter(pk=Param("cart", models.BigIntegerField())).order_by("codes__id"))


def get_selection(
    ref: CartRef,
    codes: Sequence[EnteredCode] | None = None,
    *,
    held_codes: Collection[int] = (),
    held_promotions: Collection[int] = (),
) -> Selection:
    """Return the promotions that may apply to a cart, with its codes or with others instead; one statement.

    The cart's own pending order holds the codes and promotions with these ids, besides the codes that the cart knows of.
    """
    rows = SELECT_CODES.rows(cart=ref.id) if ref.id is not None else []
    if not rows:
        return rules.EMPTY
    if rows[0].rules is None and rows[0].has_promotions:  # the market is new
        rules.rebuild()
        rows = SELECT_CODES.rows(cart=ref.id)
    in_cart = [
        EnteredCode(row.code_id, row.code, row.promotion_id, row.is_used, row.is_held, row.is_single_use)
        for row in rows
        if row.code_id is not None
    ]
    held = {*held_codes, *(code.id for code in in_cart if code.is_held)}
    entered = [replace(code, is_held=code.id in held) for code in (in_cart if codes is None else codes)]
    return rules.select(rules.parse(rows[0].rules or []), entered, timezone.now(), held_promotions)


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


def estimate(lines: Iterable[Line], market: Market, selection: Selection) -> Breakdown:
    """Return what the available lines cost at current prices, without a payment method."""
    units = [(line, line.quantity) for line in lines if line.quantity and line.is_available]
    return compute(units, market, selection)


def compute(
    units: Iterable[tuple[Line, int]], market: Market, selection: Selection, payment_method: str | None = None
) -> Breakdown:
    """Return what lines with units to buy cost."""
    return breakdown.compute(
        build_goods(units, market),
        market,
        rules=selection.list_rules(),
        delivery=breakdown.get_delivery_rate(market),
        taxes=breakdown.get_tax_rates(market),
        payment_method=payment_method,
    )


def serialize_estimate(costs: Breakdown, selection: Selection) -> dict[str, Any]:
    """Return what the API adds to a cart: its codes, its discounts and the estimated total."""
    return {
        "codes": [_serialize_code(entered, costs, selection) for entered in selection.codes],
        "discounts": serialize_discounts(costs),
        "discount_total": costs.format(costs.discount),
        "shipping_estimate": costs.format(costs.shipping),
        "total_estimate": costs.format(costs.total),
    }


def serialize_discounts(costs: Breakdown) -> list[dict[str, Any]]:
    """Return the promotions that take something off, in the order in which they apply."""
    return [
        {
            "label": discount.rule.label,
            "code": discount.rule.code or None,
            "on": discount.rule.on,
            "amount": costs.format(discount.amount),
        }
        for discount in costs.discounts
    ]


def _serialize_code(entered: EnteredCode, costs: Breakdown, selection: Selection) -> dict[str, Any]:
    status = selection.statuses[entered.code]
    if status in ("ended", "used_up"):
        return {"code": entered.code, "status": "ended", "reason": {"code": status, "text": REASON_TEXTS[status]}}
    if status != "active":
        return {"code": entered.code, "status": "waiting", "reason": {"code": status, "text": REASON_TEXTS[status]}}
    reason = costs.reasons.get(entered.promotion_id)
    if reason is None:
        return {"code": entered.code, "status": "applied", "reason": None}
    return {"code": entered.code, "status": "waiting", "reason": _serialize_reason(reason, entered, costs, selection)}


def _serialize_reason(reason: Reason, entered: EnteredCode, costs: Breakdown, selection: Selection) -> dict[str, Any]:
    """Return why a code saves nothing, for programs and for people."""
    if reason.missing is not None:
        missing = costs.to_major(reason.missing)
        text = f"Add items for {money.format_price(missing, costs.market.currency)} more"
        return {"code": reason.code, "text": text, "missing": costs.format(reason.missing)}
    if reason.code == "payment_method":
        methods = sorted(selection.rules[entered.promotion_id].rule.payment_methods)
        ways = " or ".join(PAYMENT_METHODS.get(method, method) for method in methods)
        return {"code": reason.code, "text": f"This code counts if you pay {ways}"}
    return {"code": reason.code, "text": REASON_TEXTS[reason.code]}
