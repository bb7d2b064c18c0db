"""Law L1, no oversell: the units that an order takes from stock, and when it takes none."""

from typing import Any

import pytest

from accounts.models import User
from carts.tests.factories import add_to_cart, get_cart, get_sku_id, units_by_sku
from orders.models import Order
from orders.tests.factories import create, customer, database_rows, placed
from products.models import StockMovement, Variant
from products.tests.factories import get_only_variant, make_product, set_price, update_product, update_variant
from tests.schema_client import SchemaClient


def test_the_units_leave_the_shelf_as_a_sale(db: None) -> None:
    client = customer()
    lamp = make_product(stock=10)
    add_to_cart(client, lamp, 3)

    order = placed(client)

    variant = get_only_variant(lamp)
    assert (variant.stock, variant.reserved) == (7, 0)
    sale = StockMovement.objects.get(reason="sale")
    assert (sale.variant, sale.delta, sale.reference, sale.user) == (variant, -3, order["number"], User.objects.get())
    assert sum(variant.movements.values_list("delta", flat=True)) == 7
    assert Order.objects.get().stock_state == "committed"


def test_the_last_unit_can_be_sold(api: SchemaClient) -> None:
    lamp = make_product(stock=2)
    add_to_cart(api, lamp, 2)

    placed(api)

    assert get_only_variant(lamp).stock == 0


def test_what_others_have_reserved_is_not_sold(api: SchemaClient) -> None:
    lamp = make_product(stock=5, sku="LAMP")
    add_to_cart(api, lamp, 3)
    update_variant("LAMP", reserved=3)
    before = database_rows()

    response = create(api)

    change_found = response.json()["details"]["changes"][0]
    assert (response.status_code, change_found["code"], change_found["available"]) == (409, "insufficient_stock", 2)
    assert database_rows() == before


def test_too_little_stock_stops_the_order_and_is_told(api: SchemaClient) -> None:
    lamp = make_product("Lamp", stock=5, sku="LAMP", price="20.00")
    line = add_to_cart(api, lamp, 3)["data"]["id"]
    update_variant("LAMP", stock=1)
    before = database_rows()

    response = create(api, "k-1")

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "cart_changed")
    item = {"id": line, "product_id": lamp.pk, "sku_id": get_sku_id("LAMP"), "name": "Lamp"}
    assert body["details"]["changes"] == [{"item": item, "code": "insufficient_stock", "old": 3, "new": 1, "available": 1}]
    assert database_rows() == before


@pytest.mark.parametrize("how", ["product switched off", "variant switched off", "becomes one's own"])
def test_what_is_not_for_sale_any_more_stops_the_order_and_is_told(db: None, how: str) -> None:
    client = customer()
    lamp = make_product("Lamp", sku="LAMP")
    line = add_to_cart(client, lamp, 3)["data"]["id"]
    if how == "product switched off":
        update_product(lamp, is_active=False)
    elif how == "variant switched off":
        update_variant("LAMP", is_active=False)
    else:
        update_product(lamp, seller_id=User.objects.get().pk)
    before = database_rows()

    response = create(client)

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "cart_changed")
    item = {"id": line, "product_id": lamp.pk, "sku_id": get_sku_id("LAMP"), "name": "Lamp"}
    assert body["details"]["changes"] == [{"item": item, "code": "unavailable", "old": 3, "new": 0, "available": 0}]
    assert database_rows() == before


def test_every_change_is_told_at_once(api: SchemaClient) -> None:
    for sku in ("GONE", "SHORT", "DEARER", "FINE"):
        add_to_cart(api, make_product(sku, sku=sku, price="20.00"), 2)
    update_variant("GONE", is_active=False)
    update_variant("SHORT", stock=1)
    update_variant("DEARER", price="30.00")
    before = database_rows()

    response = create(api)

    changes: list[dict[str, Any]] = response.json()["details"]["changes"]
    assert [(entry["item"]["name"], entry["code"]) for entry in changes] == [
        ("GONE", "unavailable"),
        ("SHORT", "insufficient_stock"),
        ("DEARER", "price_increased"),
    ]
    assert database_rows() == before


@pytest.mark.parametrize("code", ["insufficient_stock", "unavailable"])
def test_accepting_price_changes_accepts_nothing_else(api: SchemaClient, code: str) -> None:
    add_to_cart(api, make_product(sku="LAMP"), 3)
    update_variant("LAMP", **({"stock": 1} if code == "insufficient_stock" else {"is_active": False}))
    before = database_rows()

    response = create(api, accept_price_changes=True)

    assert response.status_code == 409
    assert [entry["code"] for entry in response.json()["details"]["changes"]] == [code]
    assert database_rows() == before


def test_a_troubled_line_that_is_not_named_does_not_stop_the_others(api: SchemaClient) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    add_to_cart(api, lamp, 2)
    add_to_cart(api, make_product("Gone", sku="GONE"))
    update_variant("GONE", is_active=False)

    placed(api, items=[{"product_id": lamp.pk, "quantity": 2}])

    assert units_by_sku(get_cart(api)) == {"GONE": 1}


def test_a_line_that_holds_more_than_is_left_can_be_ordered_in_part(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp, 5)
    update_variant("LAMP", stock=2)

    placed(api, items=[{"product_id": lamp.pk, "quantity": 2}])

    assert Variant.objects.get().stock == 0
    assert units_by_sku(get_cart(api)) == {"LAMP": 3}


def test_after_a_refusal_the_buyer_can_set_it_right_and_order(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP", price="20.00")
    add_to_cart(api, lamp, 5)
    update_variant("LAMP", stock=2)
    set_price(lamp, "25.00")
    create(api)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 2})

    order = placed(api, accept_price_changes=True)

    assert order["total"] == "50.00"
