"""GET /api/products/?in_stock= follows what is bought and delivered"""

from typing import Any

import pytest

from accounts.tests.factories import access_token, make_user
from carts.tests.factories import add, make_shirt, sku_id
from orders.tests.factories import create, placed
from products.models import Listing
from products.tests.factories import make_product, make_variant
from tests.counting import statements
from tests.schema_client import SchemaClient


def listed(market: str = "in") -> tuple[list[str], list[str]]:
    """Return the names of what is left, and of what is sold out."""
    left, gone = (
        SchemaClient().get(f"/api/products/?ordering=name&in_stock={given}", headers={"X-Market": market}).json()["data"]
        for given in ("true", "false")
    )
    return [row["name"] for row in left], [row["name"] for row in gone]


def deliver(slug: str, **given: Any) -> None:
    """Change units on hand as staff do."""
    staff = SchemaClient().bearer(access_token(make_user("staff@example.com", is_staff=True)))
    response = staff.post(f"/api/products/{slug}/stock/", {"reason": "received", **given})
    assert response.status_code == 200, response.json()


@pytest.mark.parametrize("who", ["guest", "user"])
def test_an_order_of_the_last_units_sells_out_and_a_delivery_brings_back(api: SchemaClient, who: str) -> None:
    lamp = make_product("Lamp", stock=3)
    make_product("Mug")
    if who == "user":
        api.bearer(access_token(make_user()))
    add(api, lamp, 2)
    placed(api)
    after_two = listed()
    add(api, lamp, 1)
    placed(api)

    after_all = listed()
    deliver("lamp", delta=1)

    assert after_two == (["Lamp", "Mug"], [])
    assert after_all == (["Mug"], ["Lamp"])
    assert listed() == (["Lamp", "Mug"], [])


def test_a_product_is_left_until_its_last_variant_is_sold(api: SchemaClient) -> None:
    shirt = make_shirt()
    add(api, shirt, 4, variant_id=sku_id("SHIRT-S"))
    placed(api)
    after_small = listed()
    add(api, shirt, 10, variant_id=sku_id("SHIRT-M"))
    placed(api)

    after_both = listed()
    deliver("shirt", delta=2, sku_id=sku_id("SHIRT-M"))

    assert (after_small, after_both, listed()) == ((["Shirt"], []), ([], ["Shirt"]), (["Shirt"], []))


def test_one_order_of_both_variants_sells_out(api: SchemaClient) -> None:
    shirt = make_shirt()
    add(api, shirt, 4, variant_id=sku_id("SHIRT-S"))
    add(api, shirt, 10, variant_id=sku_id("SHIRT-M"))

    placed(api)

    assert listed() == ([], ["Shirt"])


def test_a_market_is_sold_out_when_all_that_it_sells_is(api: SchemaClient) -> None:
    tee = make_product("Tee", variants=[make_variant("S", stock=1, prices={"us": "2.00"}), make_variant("M", stock=5)])
    add(api, tee, 1, variant_id=sku_id("S"))

    placed(api)

    assert (listed(), listed("us")) == ((["Tee"], []), ([], ["Tee"]))


def test_an_order_abroad_sells_out_at_home_too(api: SchemaClient) -> None:
    lamp = make_product("Lamp", stock=1, prices={"us": "2.00"})
    api.bearer(access_token(make_user(), "us"))
    add(api, lamp)

    placed(api)

    assert (listed(), listed("us")) == (([], ["Lamp"]), ([], ["Lamp"]))


def test_an_order_that_is_refused_sells_nothing_out(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", stock=1), make_product("Mug", stock=1)
    add(api, lamp)
    add(api, mug)
    other = SchemaClient()
    add(other, mug)
    placed(other)

    response = create(api)

    assert response.status_code == 409
    assert listed() == (["Lamp"], ["Mug"])


def test_units_taken_away_by_hand_sell_out(api: SchemaClient) -> None:
    make_product("Lamp", stock=2)

    deliver("lamp", delta=-2, reason="damage")

    assert listed() == ([], ["Lamp"])


def test_stock_that_is_written_counts_at_once(api: SchemaClient) -> None:
    make_product("Lamp", stock=2)
    staff = api.bearer(access_token(make_user(is_staff=True)))
    found = []

    for stock in (0, 1, 0):
        assert staff.patch("/api/products/lamp/", {"stock": stock}).status_code == 200
        found.append(listed())

    assert found == [([], ["Lamp"]), (["Lamp"], []), ([], ["Lamp"])]


def test_an_order_that_leaves_some_does_not_touch_the_listings(api: SchemaClient) -> None:
    lamp = make_product("Lamp", stock=10)
    add(api, lamp)

    with statements() as spent:
        placed(api)

    assert [sql for sql in spent if sql.startswith("UPDATE") and Listing._meta.db_table in sql] == []
