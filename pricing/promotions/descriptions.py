"""What a promotion does, in words for staff."""

from collections.abc import Callable
from decimal import Decimal

from core import markets, money
from pricing.models import Promotion, PromotionAmount

On, Effect = Promotion.On, Promotion.Effect
DISCOUNTS: dict[str, dict[tuple[str, str], str]] = {  # every pair that the constraint `promotion_effect_fits` allows
    "Order": {
        (On.ORDER, Effect.PERCENT): "A percentage off the order",
        (On.ORDER, Effect.AMOUNT): "An amount off the order",
    },
    "Items": {
        (On.ITEMS, Effect.PERCENT): "A percentage off items",
        (On.ITEMS, Effect.AMOUNT): "An amount off each item",
        (On.ITEMS, Effect.BUY_GET): "Buy some, get some free or cheaper",
    },
    "Shipping": {
        (On.SHIPPING, Effect.FREE): "Free shipping",
        (On.SHIPPING, Effect.PERCENT): "A percentage off shipping",
        (On.SHIPPING, Effect.AMOUNT): "An amount off shipping",
    },
}


def describe(promotion: Promotion) -> str:
    """Return what a promotion does, such as "10 % off the order from ₹500.00".

    The amounts, which should be prefetched, are those of the default market, or else of the first that has some.
    """
    lowest = _find_amount(promotion, lambda row: row.min_subtotal)
    text = _describe_effect(promotion)
    return f"{text} from {lowest}" if lowest else text


def _describe_effect(promotion: Promotion) -> str:
    target = _describe_target(promotion)
    if promotion.effect == Effect.BUY_GET:
        percent = promotion.get_percent or Decimal(0)
        reward = "free" if percent == 100 else f"with {format_percent(percent)} off"
        return (
            f"Buy {promotion.buy_quantity}, get {promotion.get_quantity} {reward}{'' if promotion.all_products else ', some items'}"
        )
    if promotion.effect == Effect.FREE:
        return "Free shipping"
    if promotion.effect == Effect.AMOUNT:
        return f"{_find_amount(promotion, lambda row: row.amount) or 'An amount'} off {target}"
    return f"{format_percent(promotion.percent or Decimal(0))} off {target}"


def _describe_target(promotion: Promotion) -> str:
    if promotion.on == On.SHIPPING:
        return "shipping"
    if promotion.on == On.ITEMS:
        which = "all" if promotion.all_products else "some"
        return f"each of {which} items" if promotion.effect == Effect.AMOUNT else f"{which} items"
    return "the order" if promotion.all_products else "some items of the order"


def _find_amount(promotion: Promotion, get_amount: Callable[[PromotionAmount], Decimal | None]) -> str:
    """Return an amount of the default market, or else of the first market that has one; empty if none has."""
    rows = {row.market: row for row in promotion.amounts.all()}
    for code, market in markets.get_markets().items():
        amount = get_amount(rows[code]) if code in rows else None
        if amount:
            return money.format_price(amount, market.currency)
    return ""


def format_percent(percent: Decimal) -> str:
    """Return a percentage without needless zeros, such as "12.5 %"."""
    return f"{percent.normalize():f} %"
