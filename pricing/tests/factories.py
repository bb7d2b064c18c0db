"""Promotions for tests."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pricing import rules
from pricing.models import Promotion, PromotionAmount, PromotionCode
from products.models import Category, Product


def make_promotion(
    name: str = "Ten percent off",
    *,
    code: str = "",
    amounts: Mapping[str, str] | None = None,
    min_subtotals: Mapping[str, str] | None = None,
    categories: Sequence[Category] = (),
    products: Sequence[Product] = (),
    single_use: bool = False,
    **columns: Any,
) -> Promotion:
    """Create a promotion, by default of 10 % off the order: with a code if one is given, else automatic."""
    columns = {"on": "order", "effect": "percent"} | columns
    if columns["effect"] == "percent":
        columns.setdefault("percent", Decimal(10))
    kind = Promotion.Kind.CODE if code else Promotion.Kind.AUTOMATIC
    promotion = Promotion.objects.create(name=name, kind=kind, all_products=not (categories or products), **columns)
    promotion.categories.set(categories)
    promotion.products.set(products)
    amounts, min_subtotals = amounts or {}, min_subtotals or {}
    for market in {**amounts, **min_subtotals}:
        PromotionAmount.objects.create(
            promotion=promotion, market=market, amount=amounts.get(market), min_subtotal=min_subtotals.get(market)
        )
    if code:
        PromotionCode.objects.create(promotion=promotion, code=code, single_use=single_use)
    rules.rebuild()
    return promotion


def change_promotion(**columns: Any) -> None:
    """Change the only promotion."""
    Promotion.objects.update(**columns)
    rules.rebuild()
