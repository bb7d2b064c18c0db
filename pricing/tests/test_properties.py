"""What holds of every basket, whatever its lines, promotions, shipping, tax and currency"""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.markets import Market
from core.money import get_step
from pricing import breakdown
from pricing.breakdown import Breakdown, DeliveryRate, Fee, TaxRate
from pricing.discounts import GoodsLine, Rule
from pricing.shares import divide, get_part

pytestmark = pytest.mark.once
CASES = settings(max_examples=100, deadline=None, derandomize=True, database=None)
MARKETS = [Market("in", "INR", True), Market("jp", "JPY", False), Market("kw", "KWD", False)]
amounts = st.integers(0, 500_000) | st.integers(0, 50_000).map(lambda amount: amount * 10)
ids = st.integers(1, 4)


@st.composite
def draw_lines(draw: Any) -> list[GoodsLine]:
    """Draw up to eight lines."""
    columns = st.tuples(amounts, st.integers(1, 9), ids, st.none() | ids, st.booleans())
    return [GoodsLine(number, *row) for number, row in enumerate(draw(st.lists(columns, max_size=8)), 1)]


@st.composite
def draw_rules(draw: Any) -> list[Rule]:
    """Draw up to eight promotions."""
    effects = {"items": ("percent", "amount", "buy_get"), "order": ("percent", "amount"), "shipping": ("percent", "amount", "free")}
    rules = []
    for pk in range(1, draw(st.integers(0, 8)) + 1):
        on = draw(st.sampled_from(list(effects)))
        rules.append(
            Rule(
                pk,
                f"Promotion {pk}",
                on,
                draw(st.sampled_from(effects[on])),
                basis_points=draw(st.integers(1, 10_000)),
                amount=draw(amounts),
                buy_quantity=draw(st.integers(1, 3)),
                get_quantity=draw(st.integers(1, 3)),
                all_products=draw(st.booleans()),
                categories=frozenset(draw(st.sets(ids))),
                products=frozenset(draw(st.sets(ids))),
                excludes_reduced=draw(st.booleans()),
                min_subtotal=draw(st.just(0) | amounts),
                payment_methods=frozenset(draw(st.sets(st.sampled_from(["cod", "stripe"])))),
                combines=draw(st.booleans()),
            )
        )
    return rules


deliveries = st.builds(DeliveryRate, amounts, st.none() | amounts)
taxes = st.lists(
    st.builds(TaxRate, st.just("Tax"), st.integers(0, 99_999).map(lambda n: Decimal(n) / 1000), st.booleans()), max_size=2
)
fees = st.lists(st.builds(Fee, st.just("Fee"), amounts), max_size=2)
methods = st.sampled_from([None, "cod", "stripe"])
baskets = st.fixed_dictionaries(
    {
        "lines": draw_lines(),
        "market": st.sampled_from(MARKETS),
        "rules": draw_rules(),
        "delivery": deliveries,
        "taxes": taxes,
        "fees": fees,
        "payment_method": methods,
    }
)


def describe(costs: Breakdown) -> tuple[object, ...]:
    """Return all amounts of a breakdown."""
    discounts = [(discount.rule.id, discount.amount, dict(discount.shares)) for discount in costs.discounts]
    return dict(costs.lines), discounts, costs.shipping, [(tax.items, tax.shipping, tax.fee) for tax in costs.taxes], costs.total


@CASES
@given(baskets)
def test_the_parts_add_up_to_the_total(basket: dict[str, Any]) -> None:
    costs = breakdown.compute(**basket)

    of_lines = sum(line.discount for line in costs.lines.values())
    of_shipping = sum(discount.amount for discount in costs.discounts if discount.rule.on == "shipping")
    assert of_lines == sum(sum(discount.shares.values()) for discount in costs.discounts)
    assert costs.discount == of_lines + of_shipping
    assert sum(line.tax for line in costs.lines.values()) == sum(tax.items for tax in costs.taxes)
    added = sum(tax.total for tax in costs.taxes if not tax.rate.is_included)
    net = sum(line.net for line in costs.lines.values())
    assert costs.total == net + costs.shipping - of_shipping + costs.fee + added


@CASES
@given(baskets)
def test_no_line_and_no_total_is_below_zero(basket: dict[str, Any]) -> None:
    costs = breakdown.compute(**basket)

    assert all(0 <= line.discount <= line.subtotal and line.tax >= 0 for line in costs.lines.values())
    assert all(discount.amount > 0 and all(share >= 0 for share in discount.shares.values()) for discount in costs.discounts)
    assert 0 <= sum(discount.amount for discount in costs.discounts if discount.rule.on == "shipping") <= costs.shipping
    assert costs.total >= 0


@CASES
@given(baskets, st.randoms(use_true_random=False))
def test_the_same_basket_gives_the_same_discounts_in_whatever_order_it_comes(basket: dict[str, Any], random: Any) -> None:
    shuffled = {**basket, "lines": [*basket["lines"]], "rules": [*basket["rules"]]}
    random.shuffle(shuffled["lines"])
    random.shuffle(shuffled["rules"])

    assert describe(breakdown.compute(**shuffled)) == describe(breakdown.compute(**basket))


@CASES
@given(baskets)
def test_a_promotion_that_does_not_apply_changes_nothing(basket: dict[str, Any]) -> None:
    costs = breakdown.compute(**basket)

    assert {rule.id for rule in basket["rules"]} == {discount.rule.id for discount in costs.discounts} | set(costs.reasons)
    for pk in costs.reasons:
        without = [rule for rule in basket["rules"] if rule.id != pk]
        assert describe(breakdown.compute(**{**basket, "rules": without})) == describe(costs)


@CASES
@given(baskets)
def test_units_that_are_given_back_one_by_one_return_exactly_what_was_paid(basket: dict[str, Any]) -> None:
    costs, step = breakdown.compute(**basket), get_step(basket["market"].currency)

    for line in basket["lines"]:
        paid = costs.lines[line.id].net
        parts = [get_part(paid, units, line.quantity, step) for units in range(line.quantity + 1)]
        returned = [after - before for before, after in pairwise(parts)]
        assert (sum(returned), min(returned) >= 0) == (paid, True)
        assert all(part % step == 0 for part in returned[:-1])


@CASES
@given(baskets)
def test_dinars_stay_in_steps_of_ten_if_prices_are(basket: dict[str, Any]) -> None:
    market = MARKETS[2]
    lines = [GoodsLine(line.id, line.unit_price // 10 * 10, line.quantity, line.product_id) for line in basket["lines"]]
    rules = [Rule(1, "Tenth", "items", "percent", basis_points=777), Rule(2, "Third", "order", "percent", basis_points=3333)]

    costs = breakdown.compute(lines, market, rules=rules)

    assert all(line.net % 10 == 0 for line in costs.lines.values())


@CASES
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), max_size=20), st.sampled_from([1, 10]))
def test_shares_add_up_and_exceed_nothing(amount: int, weights: list[int], step: int) -> None:
    shares = divide(amount, weights, step)

    assert sum(shares) == (amount if sum(weights) else 0)
    if amount <= sum(weights):
        assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
