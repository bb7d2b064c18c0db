"""The total of an order: lines, shipping, and the included tax"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from core import markets
from core.markets import Market
from core.money import to_minor
from orders.models import Order
from orders.tests.factories import create, placed
from orders.tests.payments.paid_orders import fill_cart
from pricing import breakdown
from pricing.breakdown import Breakdown
from pricing.delivery.methods import get_default_method
from pricing.discounts import GoodsLine
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

D = Decimal
INDIA, JAPAN, KUWAIT = Market("in", "INR", True), Market("jp", "JPY", False), Market("kw", "KWD", False)
AMOUNT_FIELDS = ("subtotal", "discount_total", "shipping_total", "tax_total", "total")


@pytest.fixture
def four_markets(settings: Settings) -> Iterator[None]:
    """The shop sells in India, Japan, Kuwait and the United States."""
    settings.MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD", "us": "USD"}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


def get_amounts(order: dict[str, Any]) -> tuple[str, ...]:
    """Return the amounts of an order."""
    return tuple(order[name] for name in AMOUNT_FIELDS)


def compute_costs(lines: list[tuple[str, int]], market: Market) -> Breakdown:
    """Return what lines of price and units cost."""
    goods = [
        GoodsLine(number, to_minor(D(price), market.currency), units, number) for number, (price, units) in enumerate(lines, 1)
    ]
    delivery, taxes = get_default_method(market).get_rate(0), breakdown.get_tax_rates(market)
    return breakdown.compute(goods, market, delivery=delivery, taxes=taxes)


def order_in_market(market: str, price: str, units: int = 1) -> dict[str, Any]:
    """Order a lamp in this market and return the order."""
    client = SchemaClient()
    client.credentials(HTTP_X_MARKET=market)
    add_to_cart(client, make_product(prices={market: price}), units)
    return placed(client)


def test_without_settings_there_is_neither_shipping_nor_tax(api: SchemaClient) -> None:
    add_to_cart(api, make_product(price="19.99"), 2)

    assert get_amounts(placed(api)) == ("39.98", "0.00", "0.00", "0.00", "39.98")


def test_a_flat_rate_is_added(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("50.00"), None)}
    add_to_cart(api, make_product(price="19.99"), 2)

    assert get_amounts(placed(api)) == ("39.98", "0.00", "50.00", "0.00", "89.98")


@pytest.mark.parametrize(("price", "shipping"), [("498.99", "50.00"), ("499.00", "0.00"), ("499.01", "0.00")])
def test_it_is_free_from_a_subtotal_on(api: SchemaClient, settings: Settings, price: str, shipping: str) -> None:
    settings.SHIPPING = {"in": (D("50.00"), D("499.00"))}
    add_to_cart(api, make_product(price=price))

    assert placed(api)["shipping_total"] == shipping


def test_free_from_nothing_is_always_free(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("50.00"), D("0"))}
    add_to_cart(api, make_product(price="0.01"))

    assert placed(api)["shipping_total"] == "0.00"


def test_only_what_is_ordered_counts_for_it(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("50.00"), D("100.00"))}
    lamp, mug = make_product("Lamp", price="60.00"), make_product("Mug", price="60.00")
    add_to_cart(api, lamp)
    add_to_cart(api, mug)

    order = placed(api, items=[{"product_id": lamp.pk, "quantity": 1}])

    assert get_amounts(order) == ("60.00", "0.00", "50.00", "0.00", "110.00")


def test_each_market_has_its_own_rate_and_tax(db: None, four_markets: None, settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("50.00"), None), "jp": (D("500"), D("5000")), "us": (D("4.99"), None)}
    settings.TAX_RATES = {"jp": D(10), "us": D(0)}

    assert get_amounts(order_in_market("jp", "4999")) == ("4999", "0", "500", "500", "5499")
    assert get_amounts(order_in_market("jp", "5000")) == ("5000", "0", "0", "455", "5000")
    assert get_amounts(order_in_market("us", "20.00")) == ("20.00", "0.00", "4.99", "0.00", "24.99")
    assert get_amounts(order_in_market("kw", "1.234", 3)) == ("3.702", "0.000", "0.000", "0.000", "3.702")


def test_the_total_that_a_client_shows_holds_the_shipping(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("50.00"), None)}
    add_to_cart(api, make_product(price="20.00"))

    refused = create(api, expected_total="20.00")

    assert (refused.status_code, refused.json()["code"]) == (409, "cart_changed")
    assert refused.json()["details"]["changes"][0]["new"] == "70.00"
    assert create(api, expected_total="70.00").status_code == 201


def test_a_new_rate_does_not_change_what_was_ordered(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (D("50.00"), None)}, {"in": D(18)}
    add_to_cart(api, make_product(price="20.00"))
    order = placed(api)
    settings.SHIPPING, settings.TAX_RATES = {}, {}

    again = api.get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]}).json()["data"]

    assert get_amounts(again) == ("20.00", "0.00", "50.00", "10.68", "70.00")


@pytest.mark.parametrize(
    ("market", "gross", "rate", "tax"),
    [
        (INDIA, "118.00", "18", "18.00"),
        (INDIA, "100.00", "18", "15.25"),  # 15.2542
        (INDIA, "0.03", "20", "0.01"),  # 0.005 exactly
        (INDIA, "0.09", "20", "0.02"),  # 0.015 exactly
        (INDIA, "0.15", "20", "0.03"),  # 0.025 exactly: half up, not to even
        (INDIA, "0.01", "18", "0.00"),
        (INDIA, "100.00", "0", "0.00"),
        (INDIA, "100.00", "5.5", "5.21"),
        (INDIA, "99999999999.99", "99.999", "49999749998.74"),
        (JAPAN, "1000", "10", "91"),  # 90.909
        (JAPAN, "11", "10", "1"),
        (JAPAN, "6", "20", "1"),
        (JAPAN, "3", "20", "1"),  # 0.5 exactly
        (JAPAN, "9", "20", "2"),  # 1.5 exactly
        (JAPAN, "15", "20", "3"),  # 2.5 exactly
        (KUWAIT, "1.234", "5", "0.059"),  # 0.05876
        (KUWAIT, "0.003", "20", "0.001"),  # 0.0005 exactly
    ],
)
def test_the_tax_within_is_rounded_half_up_to_the_digits(
    settings: Settings, market: Market, gross: str, rate: str, tax: str
) -> None:
    settings.TAX_RATES = {market.code: D(rate)}

    included = compute_costs([(gross, 1)], market)

    assert included.format(included.tax) == tax


def test_tax_lies_within_lines_and_shipping_and_is_never_added(settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (D("18.00"), None)}, {"in": D(18)}

    costs = compute_costs([("100.00", 1)], INDIA)

    assert (costs.tax, costs.total) == (18_00, 118_00)


def test_no_lines_cost_nothing(settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("18.00"), None)}

    assert compute_costs([], INDIA).total == 0


def test_a_hundred_lines_are_exact() -> None:
    costs = compute_costs([("19.99", 1)] * 100, INDIA)

    assert (costs.subtotal, costs.format(costs.total)) == (1999_00, "1999.00")
    assert compute_costs([("0.10", 99)] * 100, INDIA).total == 990_00
    assert compute_costs([("9999999.999", 99)] * 100, KUWAIT).total == 98_999_999_990_100


def test_a_hundred_lines_of_ten_units_are_ordered_to_the_minor_unit(api: SchemaClient) -> None:
    fill_cart(api, 100, "19.99", units=10)

    order = placed(api)

    assert (len(order["items"]), order["total"]) == (100, "19990.00")
    assert sum(D(line["line_total"]) for line in order["items"]) == Order.objects.get().total == D("19990.00")
