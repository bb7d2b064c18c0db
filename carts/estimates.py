"""What a cart will probably cost: its promotions and codes, its delivery, and the breakdown of its lines at current prices."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from carts.identity import CartRef
from carts.models import Cart
from carts.quotes import Quote
from core import money
from core.compiled_queries import CompiledRows, Param
from pricing import rules
from pricing.breakdown import Breakdown
from pricing.delivery.lookup import select_areas, select_days
from pricing.delivery.methods import AreaService, resolve
from pricing.delivery.places import Place
from pricing.discounts import PAYMENT_METHODS, Reason
from pricing.models import PriceRules, Promotion
from pricing.rules import EnteredCode, Selection

_rules = PriceRules.objects.filter(market=OuterRef("market"))
_areas = select_areas(OuterRef("market"))
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

    rules: Annotated[Any, Subquery(_rules.values("data")[:1])]
    delivery: Annotated[Any, Subquery(_rules.values("delivery")[:1])]
    prepaid: Annotated[bool, Exists(_areas.filter(prepaid=True))]
    cod: Annotated[bool, Exists(_areas.filter(cod=True))]
    days: Annotated[int | None, select_days(_areas)]
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
    place: Place | None = None,
    held_codes: Collection[int] = (),
    held_promotions: Collection[int] = (),
) -> Selection:
    """Return the promotions that may apply to a cart, with its codes or with others instead, and how it may be delivered.

    It is delivered to the cart's place, or to another one. The cart's own pending order holds the codes and promotions with these
    ids, besides the codes that the cart knows of. One statement.
    """
    target = ref.place if place is None else place
    values = {"cart": ref.id, "country": target.country, "postal_code": target.postal_code}
    rows = SELECT_CODES.rows(**values) if ref.id is not None else []
    if not rows:
        return rules.EMPTY
    if rows[0].rules is None and rows[0].has_promotions:  # the market is new
        rules.rebuild()
        rows = SELECT_CODES.rows(**values)
    in_cart = [
        EnteredCode(row.code_id, row.code, row.promotion_id, row.is_used, row.is_held, row.is_single_use)
        for row in rows
        if row.code_id is not None
    ]
    held = {*held_codes, *(code.id for code in in_cart if code.is_held)}
    entered = [replace(code, is_held=code.id in held) for code in (in_cart if codes is None else codes)]
    selection = rules.select(rules.parse(rows[0].rules or []), entered, timezone.now(), held_promotions)
    return _add_delivery(selection, rows[0], ref, target)


def _add_delivery(selection: Selection, row: CodeRow, ref: CartRef, place: Place) -> Selection:
    area = AreaService(row.prepaid, row.cod, row.days)
    delivery = resolve(row.delivery or {}, ref.market, place, area)
    shown = None if place == ref.place else resolve(row.delivery or {}, ref.market, ref.place, area)
    return replace(selection, delivery=delivery, shown_delivery=shown)


def serialize_estimate(quote: Quote, selection: Selection) -> dict[str, Any]:
    """Return what the API adds to a cart: its codes, its discounts and the estimated total.

    Delivery that is not possible, or not known, has no price.
    """
    costs = quote.costs
    is_known = quote.method is not None or not costs.lines
    return {
        "codes": [_serialize_code(entered, costs, selection) for entered in selection.codes],
        "discounts": serialize_discounts(costs),
        "discount_total": costs.format(costs.discount),
        "shipping_estimate": costs.format(costs.shipping) if is_known else None,
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
