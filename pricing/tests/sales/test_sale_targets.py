"""Which prices a sale reduces, and to what"""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from core import markets
from pricing.models import Sale, SaleLine
from pricing.sales.planning import reduce_price
from pricing.tests.sales.planned_sales import HOUR, end_sale, list_lines, plan_sale, run_jobs, start_sale
from products.models import Variant
from products.tests.editors import get_detail, list_prices
from products.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_currencies(settings: Settings) -> Iterator[None]:
    """A shop that sells in India, Japan and Kuwait."""
    settings.MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD"}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


@pytest.mark.parametrize(
    ("price", "percent", "currency", "expected"),
    [
        ("19.99", "10", "INR", "17.99"),
        ("0.05", "50", "USD", "0.03"),
        ("0.01", "50", "USD", "0.01"),
        ("0.01", "51", "USD", "0.00"),
        ("99.99", "33.33", "EUR", "66.66"),
        ("1000", "0.01", "EUR", "999.90"),
        ("4501", "50", "JPY", "2251"),
        ("1", "50", "JPY", "1"),
        ("1", "99.99", "JPY", "0"),
        ("8.125", "10", "KWD", "7.310"),
        ("1.510", "50", "KWD", "0.760"),
        ("0.005", "1", "KWD", "0.000"),
        ("8.125", "10", "IQD", "7.313"),
        ("9999999.999", "99.99", "KWD", "1000.000"),
    ],
)
def test_a_reduced_price_is_rounded_half_up_to_what_can_be_charged(price: str, percent: str, currency: str, expected: str) -> None:
    assert reduce_price(Decimal(price), Decimal(percent), currency) == Decimal(expected)


@pytest.mark.usefixtures("three_currencies")
def test_each_market_is_reduced_in_its_currency() -> None:
    lamp = make_product("Lamp", price="19.99", prices={"jp": "4501", "kw": "8.125"})

    sale = start_sale(percent="50")
    during = {code: get_detail(lamp, code) for code in ("in", "jp", "kw")}
    end_sale(sale)

    assert {code: (row["price"], row["compare_at_price"]) for code, row in during.items()} == {
        "in": ("10.00", "19.99"),
        "jp": ("2251", "4501"),
        "kw": ("4.060", "8.125"),
    }
    assert [get_detail(lamp, code)["price"] for code in ("in", "jp", "kw")] == ["19.99", "4501", "8.125"]


def test_a_sale_of_a_category_includes_its_subcategories_and_other_products_by_name() -> None:
    lamps, desk = make_category("Lamps", "Home"), make_category("Desk lamps", "Home", "Lamps")
    chairs = make_category("Chairs", "Home")
    for sku, category in (("LAMP", lamps), ("DESK", desk), ("CHAIR", chairs), ("ARMCHAIR", chairs), ("LOOSE", None)):
        make_product(sku.title(), sku=sku, category=category)
    chair = Variant.objects.get(sku="CHAIR").product

    sale = start_sale(percent="10", categories=[lamps], products=[chair], markets=["in"])

    reduced = ("CHAIR", "DESK", "LAMP")
    assert list_lines(sale) == [(sku, "in", "reduced", "") for sku in reduced]
    assert set(Variant.objects.filter(price=18).values_list("sku", flat=True)) == set(reduced)


def test_a_sale_of_a_category_that_is_deleted_before_the_start_is_not_one_of_all_products() -> None:
    lamps = make_category("Lamps")
    make_product("Chair", sku="CHAIR", price="20.00")
    plan_sale(categories=[lamps])
    lamps.delete()

    run_jobs()

    assert list_lines(Sale.objects.get()) == []
    assert list_prices("CHAIR") == ["20.00"]


def test_a_sale_of_one_market_leaves_the_others() -> None:
    make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"})

    sale = start_sale(percent="10", markets=["us"])

    assert list_lines(sale) == [("LAMP", "us", "reduced", "")]
    assert (list_prices("LAMP"), list_prices("LAMP", "us")) == (["20.00"], ["2.00", "1.80"])


def test_what_cannot_be_reduced_is_left_out_with_the_reason() -> None:
    make_product("Free", sku="FREE", price="0")
    make_product("Cent", sku="CENT", price="0.01", prices={"us": "0.01"})
    make_product("Lamp", sku="LAMP", price="20.00")

    sale = start_sale(percent="40")

    no_price = "no price in this market"
    assert list_lines(sale) == [
        ("CENT", "in", "left_out", "the price is too low to be reduced"),
        ("CENT", "us", "left_out", "the price is too low to be reduced"),
        ("FREE", "in", "left_out", "the price would be 0"),
        ("FREE", "us", "left_out", no_price),
        ("LAMP", "in", "reduced", ""),
        ("LAMP", "us", "left_out", no_price),
    ]
    assert (list_prices("FREE"), list_prices("CENT"), list_prices("LAMP")) == (["0.00"], ["0.01"], ["20.00", "12.00"])


def test_no_price_becomes_0() -> None:
    make_product("Cent", sku="CENT", price="0.01")

    sale = start_sale(percent="90", markets=["in"])

    assert list_lines(sale) == [("CENT", "in", "left_out", "the price would be 0")]
    assert list_prices("CENT") == ["0.01"]


def test_the_later_of_two_sales_leaves_out_what_the_earlier_one_reduces() -> None:
    lamps = make_category("Lamps")
    lamp = make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"}, category=lamps)
    make_product("Chair", sku="CHAIR", price="30.00", prices={"us": "3.00"})
    first = start_sale(percent="10", name="Lamp week", categories=[lamps], markets=["in"])

    second = start_sale(percent="50", name="Clearance", lasts=3 * HOUR)
    assert list_lines(second) == [
        ("CHAIR", "in", "reduced", ""),
        ("CHAIR", "us", "reduced", ""),
        ("LAMP", "in", "left_out", "already in the sale Lamp week"),
        ("LAMP", "us", "reduced", ""),
    ]
    end_sale(first)
    assert (get_detail(lamp)["price"], get_detail(lamp, "us")["price"]) == ("20.00", "1.00")
    end_sale(second)

    assert (get_detail(lamp)["price"], get_detail(lamp, "us")["price"]) == ("20.00", "2.00")
    assert list_prices("CHAIR") == ["30.00", "15.00", "30.00"]


def test_the_database_refuses_a_second_running_sale_of_a_price() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    start_sale(percent="10", markets=["in"])
    other = plan_sale(starts_in=HOUR)

    with pytest.raises(IntegrityError):
        SaleLine.objects.create(sale=other, variant=Variant.objects.get(), market="in")


def test_a_price_can_be_in_a_sale_again_after_the_first_has_ended() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    end_sale(start_sale(percent="10", markets=["in"]))

    sale = start_sale(percent="20", markets=["in"])

    assert list_lines(sale) == [("LAMP", "in", "reduced", "")]
    assert list_prices("LAMP") == ["20.00", "18.00", "20.00", "16.00"]


def test_a_market_that_the_shop_no_longer_has_is_ignored() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    plan_sale(markets=["in", "zz"])

    run_jobs()

    assert list_lines(Sale.objects.get()) == [("LAMP", "in", "reduced", "")]
