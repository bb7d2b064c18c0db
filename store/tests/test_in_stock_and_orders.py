"""GET /api/products/?in_stock= follows orders and deliveries"""

from typing import Any

import pytest

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, get_sku_id, make_shirt
from orders.tests.factories import create, placed
from products.models import Listing
from products.tests.factories import make_product, make_variant
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient


def list_names_by_stock(market: str = "in") -> tuple[list[str], list[str]]:
    """Return the names of the products in stock, and of those sold out."""
    in_stock_rows, sold_out_rows = (
        SchemaClient().get(f"/api/products/?ordering=name&in_stock={in_stock}", headers={"X-Market": market}).json()["data"]
        for in_stock in ("true", "false")
    )
    return [row["name"] for row in in_stock_rows], [row["name"] for row in sold_out_rows]


def adjust_stock(slug: str, **fields: Any) -> None:
    """Adjust the stock as staff do."""
    staff = SchemaClient().bearer(make_access_token(make_user("staff@example.com", is_staff=True, is_superuser=True)))
    response = staff.post(f"/api/products/{slug}/stock/", {"reason": "received", **fields})
    assert response.status_code == 200, response.json()


@pytest.mark.parametrize("who", ["guest", "user"])
def test_an_order_of_the_last_units_sells_out_and_a_delivery_brings_back(api: SchemaClient, who: str) -> None:
    lamp = make_product("Lamp", stock=3)
    make_product("Mug")
    if who == "user":
        api.bearer(make_access_token(make_user()))
    add_to_cart(api, lamp, 2)
    placed(api)
    after_two = list_names_by_stock()
    add_to_cart(api, lamp, 1)
    placed(api)

    after_all = list_names_by_stock()
    adjust_stock("lamp", delta=1)

    assert after_two == (["Lamp", "Mug"], [])
    assert after_all == (["Mug"], ["Lamp"])
    assert list_names_by_stock() == (["Lamp", "Mug"], [])


def test_a_product_is_left_until_its_last_variant_is_sold(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, 4, variant_id=get_sku_id("SHIRT-S"))
    placed(api)
    after_small = list_names_by_stock()
    add_to_cart(api, shirt, 10, variant_id=get_sku_id("SHIRT-M"))
    placed(api)

    after_both = list_names_by_stock()
    adjust_stock("shirt", delta=2, sku_id=get_sku_id("SHIRT-M"))

    assert (after_small, after_both, list_names_by_stock()) == ((["Shirt"], []), ([], ["Shirt"]), (["Shirt"], []))


def test_one_order_of_both_variants_sells_out(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, 4, variant_id=get_sku_id("SHIRT-S"))
    add_to_cart(api, shirt, 10, variant_id=get_sku_id("SHIRT-M"))

    placed(api)

    assert list_names_by_stock() == ([], ["Shirt"])


def test_a_market_is_sold_out_when_all_that_it_sells_is(api: SchemaClient) -> None:
    tee = make_product("Tee", variants=[make_variant("S", stock=1, prices={"us": "2.00"}), make_variant("M", stock=5)])
    add_to_cart(api, tee, 1, variant_id=get_sku_id("S"))

    placed(api)

    assert (list_names_by_stock(), list_names_by_stock("us")) == ((["Tee"], []), ([], ["Tee"]))


def test_an_order_abroad_sells_out_at_home_too(api: SchemaClient) -> None:
    lamp = make_product("Lamp", stock=1, prices={"us": "2.00"})
    api.bearer(make_access_token(make_user(), "us"))
    add_to_cart(api, lamp)

    placed(api)

    assert (list_names_by_stock(), list_names_by_stock("us")) == (([], ["Lamp"]), ([], ["Lamp"]))


def test_an_order_that_is_refused_sells_nothing_out(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", stock=1), make_product("Mug", stock=1)
    add_to_cart(api, lamp)
    add_to_cart(api, mug)
    other = SchemaClient()
    add_to_cart(other, mug)
    placed(other)

    response = create(api)

    assert response.status_code == 409
    assert list_names_by_stock() == (["Lamp"], ["Mug"])


def test_units_taken_away_by_hand_sell_out(api: SchemaClient) -> None:
    make_product("Lamp", stock=2)

    adjust_stock("lamp", delta=-2, reason="damage")

    assert list_names_by_stock() == ([], ["Lamp"])


def test_stock_that_is_written_counts_at_once(api: SchemaClient) -> None:
    make_product("Lamp", stock=2)
    staff = api.bearer(make_access_token(make_user(is_staff=True, is_superuser=True)))
    names = []

    for stock in (0, 1, 0):
        assert staff.patch("/api/products/lamp/", {"stock": stock}).status_code == 200
        names.append(list_names_by_stock())

    assert names == [([], ["Lamp"]), (["Lamp"], []), ([], ["Lamp"])]


def test_an_order_that_leaves_some_does_not_touch_the_listings(api: SchemaClient) -> None:
    lamp = make_product("Lamp", stock=10)
    add_to_cart(api, lamp)

    with capture_statements() as spent:
        placed(api)

    assert [sql for sql in spent if sql.startswith("UPDATE") and Listing._meta.db_table in sql] == []
