"""`lowest_price_30_days`: the lowest price in the 30 days before the current one came into force (98/6/EC, Article 6a)

After 30 days at the current price, it is the price itself.
"""

from collections.abc import Callable
from typing import Any

import pytest

from products.models import Product
from products.tests.editors import backdate_prices, get_detail, get_variant, make_tee, staff_client
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
Step = str | float | None  # a new price (None: off sale in the market), or a number of days that pass
MINUTE = 1 / 24 / 60


def apply_steps(lamp: Product, *steps: Step, market: str = "in") -> None:
    """Apply these steps to a product through the API."""
    client = staff_client()
    for step in steps:
        if isinstance(step, float):
            backdate_prices(step)
        else:
            payload = {"price": step} if market == "in" else {"prices": {market: step}}
            assert client.patch(f"/api/products/{lamp.pk}/", payload).status_code == 200


CASES: list[tuple[list[Step], str]] = [
    ([], "20.00"),  # a single price
    ([100.0], "20.00"),
    ([10.0, "15"], "20.00"),  # a reduction
    ([10.0, "15", 29.9], "20.00"),
    ([10.0, "15", 30.1], "15.00"),  # 30 days at the current price
    ([100.0, "15"], "20.00"),
    ([10.0, "18", 10.0, "15"], "18.00"),  # two reductions within 30 days: before the second the lowest was 18
    ([10.0, "18", 31.0, "15"], "18.00"),
    ([10.0, "25"], "20.00"),  # an increase
    ([10.0, "25", 30.1], "25.00"),
    ([10.0, "25", 10.0, "22"], "20.00"),  # raised, then "reduced": 20 was in force within the 30 days
    ([10.0, "15", 1.0, "30", 1.0, "20"], "15.00"),
    ([10.0, "15", 1.0, "30", 29.5, "20"], "15.00"),  # the end of 15 lies within the window
    ([10.0, "15", 1.0, "30", 31.0, "20"], "30.00"),  # 15 ended 31 days before, outside the window
    ([1.0, "15", 31.0, "30"], "15.00"),  # 15 started 31 days ago, and was still in force at the start of the window
    ([1.0, "15", 31.0, "30", 1.0, "29"], "15.00"),
    ([1.0, "15", 31.0, "30", 30.1, "29"], "30.00"),
    ([10.0, "15", 5.0, "20"], "15.00"),  # back at the old price: 15 still counts
    ([10.0, "15", 5.0, "20", 30.1], "20.00"),
    (["15", "20", "15"], "15.00"),  # changed back and forth immediately
    ([10.0, "15", 30.0 - MINUTE, "14"], "15.00"),
    ([10.0, "15", 30.0 + MINUTE], "15.00"),
    ([10.0, "0", 1.0, "20"], "0.00"),
    (["20.00", "20"], "20.00"),  # not a change
]


@pytest.mark.parametrize(("steps", "lowest"), CASES)
@pytest.mark.parametrize("market", ["in", "us"])
def test_the_lowest_price_before_the_present_one(market: str, steps: list[Step], lowest: str) -> None:
    lamp = make_product(price="20.00", prices={"us": "20.00"})

    apply_steps(lamp, *steps, market=market)

    data = get_detail(lamp, market)
    assert data["lowest_price_30_days"] == lowest
    assert [item["lowest_price_30_days"] for item in data["variants"]] == [lowest]
    other_data = get_detail(lamp, "us" if market == "in" else "in")
    assert (other_data["price"], other_data["lowest_price_30_days"]) == ("20.00", "20.00")


@pytest.mark.parametrize(
    ("steps", "lowest"),
    [
        (["2", 10.0, None, 10.0, "3"], "2.00"),  # 2 was in force within the 30 days
        (["2", 10.0, None, 31.0, "3"], "3.00"),  # it was not for sale within the 30 days
        (["2", 40.0, None, 10.0, "3"], "2.00"),  # 2 was in force at the start of the window
        (["2", 10.0, None, 31.0, "3", 1.0, "2.50"], "3.00"),
        (["2", 10.0, None, 31.0, "3", 30.1], "3.00"),
        (["2", 10.0, None, 1.0, "3", 30.1], "3.00"),
        (["2"], "2.00"),  # for the first time in that market
    ],
)
def test_a_gap_without_a_price_in_a_market(steps: list[Step], lowest: str) -> None:
    lamp = make_product(price="20.00")

    apply_steps(lamp, *steps, market="us")

    assert get_detail(lamp, "us")["lowest_price_30_days"] == lowest


def test_each_variant_has_its_own_and_the_product_that_of_the_cheapest() -> None:
    tee = make_tee()  # S 20, M 25
    client = staff_client()
    backdate_prices(40)
    small, medium = (f"/api/products/{tee.pk}/variants/{get_variant(sku).pk}/" for sku in ("TEE-S", "TEE-M"))

    client.patch(small, {"price": "18"})
    response_data = client.patch(medium, {"price": "10"}).json()["data"]

    assert response_data["lowest_price_30_days"] == "25.00"
    data = get_detail(tee)
    assert [(item["price"], item["lowest_price_30_days"]) for item in data["variants"]] == [("18.00", "20.00"), ("10.00", "25.00")]
    assert (data["price"], data["lowest_price_30_days"]) == ("10.00", "25.00")


def test_every_way_of_changing_a_price_remembers_the_lowest() -> None:
    tee = make_tee()
    client, pk = staff_client(), get_variant("TEE-S").pk
    address = f"/api/products/{tee.pk}/"
    backdate_prices(1)

    changes: list[tuple[str, Callable[[], Any]]] = [
        ("19.00", lambda: client.patch(f"{address}variants/{pk}/", {"price": "19"})),
        ("18.00", lambda: client.patch(address, {"variants": [{"id": pk, "price": "18"}, {"sku": "TEE-M"}]})),
        ("17.00", lambda: client.put(address, {"name": "Tee", "variants": [{"id": pk, "price": "17"}]})),
        ("16.00", lambda: client.put(address, {"name": "Tee", "price": "16"})),
        ("15.00", lambda: client.patch(address, {"price": "15"})),
    ]
    for price, change in changes:
        before = get_detail(tee)["price"]
        assert change().status_code == 200
        data = get_detail(tee)
        assert (data["price"], data["lowest_price_30_days"]) == (price, before)
        backdate_prices(1)


def test_those_who_edit_see_what_the_public_sees(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    client = staff_client()

    response_data = client.patch(f"/api/products/{lamp.pk}/", {"price": "15", "is_active": False}).json()["data"]

    assert (response_data["lowest_price_30_days"], response_data["variants"][0]["lowest_price_30_days"]) == ("20.00", "20.00")
