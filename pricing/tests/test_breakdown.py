"""Promotions, shipping and tax of a basket, in minor units"""

from decimal import Decimal
from typing import Any

import pytest

from core.markets import Market
from pricing import breakdown
from pricing.breakdown import Breakdown, DeliveryRate, Fee, TaxRate
from pricing.discounts import GoodsLine, Reason, Rule

INDIA, JAPAN, KUWAIT = Market("in", "INR", True), Market("jp", "JPY", False), Market("kw", "KWD", False)
LAMP, MUG, RUG = GoodsLine(1, 1999, 2, 10, 1), GoodsLine(2, 750, 3, 20, 2), GoodsLine(3, 10000, 1, 30, 2, is_reduced=True)


def percent(pk: int, value: int, on: Any = "order", **columns: Any) -> Rule:
    """Return a promotion of so many percent."""
    return Rule(pk, f"{value} %", on, "percent", basis_points=value * 100, **columns)


def amount(pk: int, value: int, on: Any = "order", **columns: Any) -> Rule:
    """Return a promotion of an amount."""
    return Rule(pk, f"{value} off", on, "amount", amount=value, **columns)


def buy_get(pk: int, buy: int, get: int, off: int = 100, **columns: Any) -> Rule:
    """Return a promotion that makes the cheapest units of each group cheaper."""
    return Rule(pk, "x for y", "items", "buy_get", basis_points=off * 100, buy_quantity=buy, get_quantity=get, **columns)


def compute(*rules: Rule, lines: Any = (LAMP, MUG), market: Market = INDIA, **options: Any) -> Breakdown:
    """Return what these lines cost with these promotions."""
    return breakdown.compute(list(lines), market, rules=rules, **options)


def list_discounts(costs: Breakdown) -> list[tuple[int, int]]:
    """Return the id and the amount of each promotion that applies."""
    return [(discount.rule.id, discount.amount) for discount in costs.discounts]


def test_a_percentage_of_items_is_rounded_half_up_once_a_line() -> None:
    costs = compute(percent(1, 15, "items"))

    assert [line.discount for line in costs.lines.values()] == [600, 338]  # of 3998: 599.7; of 2250: 337.5
    assert (costs.subtotal, costs.discount, costs.total) == (6248, 938, 5310)


def test_a_percentage_of_the_order_is_rounded_once_and_shared_by_largest_remainder() -> None:
    costs = compute(percent(1, 15))

    assert costs.discount == 937  # of 6248: 937.2
    assert [line.discount for line in costs.lines.values()] == [600, 337]


def test_equal_remainders_go_to_the_lower_id() -> None:
    lines = [GoodsLine(number, 100, 1, number) for number in (3, 1, 2)]

    costs = compute(amount(1, 100), lines=lines)

    assert {pk: line.discount for pk, line in costs.lines.items()} == {1: 34, 2: 33, 3: 33}


def test_an_amount_is_off_each_unit_of_items_and_at_most_its_price() -> None:
    costs = compute(amount(1, 1000, "items"))

    assert [line.discount for line in costs.lines.values()] == [2000, 2250]


def test_an_amount_off_the_order_is_at_most_what_is_left() -> None:
    assert compute(amount(1, 99999)).total == 0


def test_the_cheapest_units_of_full_groups_are_free() -> None:
    costs = compute(buy_get(1, 2, 1))  # units: 1999, 1999, 750 | 750, 750

    assert [line.discount for line in costs.lines.values()] == [0, 750]


@pytest.mark.parametrize(("quantity", "free"), [(1, 0), (2, 0), (3, 1), (5, 1), (6, 2), (9, 3)])
def test_three_for_two(quantity: int, free: int) -> None:
    assert compute(buy_get(1, 2, 1), lines=[GoodsLine(1, 750, quantity, 1)]).discount == free * 750


def test_groups_are_made_of_the_products_of_the_promotion() -> None:
    costs = compute(buy_get(1, 1, 1, off=50, all_products=False, products=frozenset({20})))

    assert list_discounts(costs) == [(1, 375)]


def test_a_unit_has_one_promotion_on_items() -> None:
    costs = compute(buy_get(1, 2, 1), percent(2, 10, "items"))

    assert list_discounts(costs) == [(1, 750), (2, 550)]  # 10 % of the four other units: 399.8 and 150


def test_a_promotion_that_combines_takes_its_share_of_what_is_left() -> None:
    costs = compute(buy_get(1, 2, 1), percent(2, 10, "items", combines=True))

    assert list_discounts(costs) == [(1, 750), (2, 550)]  # of 3998 and 1500
    assert compute(percent(1, 50), percent(2, 10, combines=True)).discount == 3124 + 312


def test_the_best_promotion_on_the_order_wins_and_the_lower_id_among_equals() -> None:
    costs = compute(percent(1, 10), percent(2, 15), percent(3, 15))

    assert list_discounts(costs) == [(2, 937)]
    assert costs.reasons == {1: Reason("better_promotion"), 3: Reason("better_promotion")}


def test_stages_add_up() -> None:
    rules = (percent(1, 10, "items"), percent(2, 10), Rule(3, "Free", "shipping", "free"))

    costs = compute(*rules, delivery=DeliveryRate(5000))

    assert list_discounts(costs) == [(1, 625), (2, 562), (3, 5000)]
    assert (costs.shipping, costs.discount, costs.total) == (5000, 6187, 5061)


def test_a_minimum_of_items_looks_at_prices_and_others_at_what_items_cost_then() -> None:
    half = percent(1, 50, "items")

    costs = compute(half, percent(2, 10, "items", min_subtotal=6249), percent(3, 10, min_subtotal=3125))

    assert costs.reasons == {2: Reason("min_subtotal", 1), 3: Reason("min_subtotal", 1)}
    assert list_discounts(compute(half, percent(3, 10, min_subtotal=3124))) == [(1, 3124), (3, 312)]


def test_a_minimum_for_shipping_does_not_look_at_discounts_of_the_order() -> None:
    free = Rule(2, "Free", "shipping", "free", min_subtotal=6248)

    assert list_discounts(compute(percent(1, 50), free, delivery=DeliveryRate(5000))) == [(1, 3124), (2, 5000)]


@pytest.mark.parametrize(("method", "applies"), [(None, False), ("cod", False), ("stripe", True)])
def test_a_promotion_for_a_payment_method_waits_for_it(method: str | None, applies: bool) -> None:
    costs = compute(percent(1, 5, payment_methods=frozenset({"stripe"})), payment_method=method)

    assert bool(costs.discount) is applies
    assert costs.reasons == ({} if applies else {1: Reason("payment_method")})


def test_reduced_variants_are_left_out_if_the_promotion_says_so() -> None:
    costs = compute(percent(1, 10, excludes_reduced=True), lines=[LAMP, RUG])

    assert (costs.lines[1].discount, costs.lines[3].discount) == (400, 0)


def test_a_promotion_on_the_order_may_be_for_some_products_only() -> None:
    costs = compute(amount(1, 1000, all_products=False, categories=frozenset({2})), lines=[LAMP, MUG, RUG])

    assert [costs.lines[pk].discount for pk in (1, 2, 3)] == [0, 184, 816]


def test_a_promotion_for_products_that_are_not_in_the_basket_says_so() -> None:
    assert compute(percent(1, 10, all_products=False)).reasons == {1: Reason("no_matching_items")}


def test_free_shipping_that_is_free_already_takes_nothing_off() -> None:
    assert compute(Rule(1, "Free", "shipping", "free")).reasons == {1: Reason("nothing_to_discount")}


def test_shipping_is_free_from_a_value_of_the_goods_after_discounts() -> None:
    delivery = DeliveryRate(5000, 6248)

    assert (compute(delivery=delivery).shipping, compute(percent(1, 1), delivery=delivery).shipping) == (0, 5000)


def test_everything_off_costs_nothing() -> None:
    costs = compute(percent(1, 100), Rule(2, "Free", "shipping", "free"), delivery=DeliveryRate(5000))

    assert costs.total == 0


def test_included_tax_is_of_what_is_paid_and_shared_over_it() -> None:
    costs = compute(percent(1, 10), delivery=DeliveryRate(5000), taxes=[TaxRate("VAT", Decimal(18))])

    assert (costs.total, costs.tax) == (10623, 1620)  # 1620.457
    assert ([line.tax for line in costs.lines.values()], costs.taxes[0].shipping) == ([549, 309], 762)


def test_added_tax_is_part_of_the_total() -> None:
    costs = compute(taxes=[TaxRate("VAT", Decimal(10), is_included=False)], fees=[Fee("COD", 50)])

    assert (costs.tax, costs.total) == (630, 6248 + 50 + 630)
    assert (costs.taxes[0].items, costs.taxes[0].fee) == (625, 5)


def test_amounts_in_dinars_are_in_steps_of_ten() -> None:
    lines = [GoodsLine(1, 1230, 1, 1), GoodsLine(2, 4560, 3, 2)]

    costs = compute(percent(1, 7), lines=lines, market=KUWAIT)

    assert (costs.discount, [line.discount for line in costs.lines.values()]) == (1040, [90, 950])  # 1043.7


def test_a_yen_is_not_divided() -> None:
    costs = compute(percent(1, 15), lines=[GoodsLine(1, 333, 1, 1), GoodsLine(2, 334, 1, 2)], market=JAPAN)

    assert [line.discount for line in costs.lines.values()] == [50, 50]


def test_no_lines_cost_nothing_whatever_the_shipping() -> None:
    assert compute(lines=[], delivery=DeliveryRate(5000)).total == 0
