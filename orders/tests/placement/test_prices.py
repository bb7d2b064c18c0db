"""Law L5, no silent price change: the price that the customer saw against the price charged."""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart, get_sku_id
from orders.tests.factories import create, database_rows, placed
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient


def test_an_increase_stops_the_order_and_names_every_change(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", price="20.00", sku="LAMP"), make_product("Mug", price="5.00", sku="MUG", stock=9)
    first = add_to_cart(api, lamp, 2)["data"]["id"]
    second = add_to_cart(api, mug, 1)["data"]["id"]
    set_price(lamp, "25.50")
    set_price(mug, "6.00")
    before = database_rows()

    response = create(api, "k-1")

    body = response.json()
    assert (response.status_code, body["code"], body["errors"]) == (409, "cart_changed", {})
    lamp_line = {"id": first, "product_id": lamp.pk, "sku_id": get_sku_id("LAMP"), "name": "Lamp"}
    mug_line = {"id": second, "product_id": mug.pk, "sku_id": get_sku_id("MUG"), "name": "Mug"}
    assert body["details"] == {
        "changes": [
            {"item": lamp_line, "code": "price_increased", "old": "20.00", "new": "25.50", "available": 10},
            {"item": mug_line, "code": "price_increased", "old": "5.00", "new": "6.00", "available": 9},
        ],
        "subtotal": "57.00",
    }
    assert database_rows() == before


def test_an_increase_that_is_accepted_is_charged_and_told(api: SchemaClient) -> None:
    lamp = make_product("Lamp", price="20.00")
    add_to_cart(api, lamp, 2)
    set_price(lamp, "25.50")

    response = create(api, accept_price_changes=True)

    assert response.status_code == 201
    assert response.json()["data"]["total"] == "51.00"
    assert response.json()["warnings"] == ["The price of Lamp rose from 20.00 to 25.50"]


def test_a_decrease_is_charged_and_told(api: SchemaClient) -> None:
    lamp = make_product("Lamp", price="20.00")
    add_to_cart(api, lamp, 2)
    set_price(lamp, "15.00")

    response = create(api)

    assert response.status_code == 201
    assert response.json()["data"]["total"] == "30.00"
    assert response.json()["warnings"] == ["The price of Lamp fell from 20.00 to 15.00"]


@pytest.mark.parametrize("displayed", ["20.00", 20, 20.0, "20", "21.00"])
def test_the_price_that_a_client_showed_counts_before_that_of_addition(api: SchemaClient, displayed: object) -> None:
    lamp = make_product(price="10.00")
    add_to_cart(api, lamp)
    set_price(lamp, "20.00")

    order = placed(api, items=[{"product_id": lamp.pk, "quantity": 1, "price": displayed}])

    assert order["total"] == "20.00"


@pytest.mark.parametrize("displayed", ["19.99", 0, "0.01"])
def test_a_client_that_showed_less_does_not_pay_less(api: SchemaClient, displayed: object) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp)
    before = database_rows()

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 1, "price": displayed}])

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    change = response.json()["details"]["changes"][0]
    assert (change["code"], change["new"]) == ("price_increased", "20.00")
    assert database_rows() == before


def test_a_line_without_a_price_counts_by_that_of_addition(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp)
    set_price(lamp, "25.00")
    before = database_rows()

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 1, "price": None}])

    assert response.status_code == 409
    assert database_rows() == before


@pytest.mark.parametrize("total", ["40.00", 40, "41.00"])
def test_the_total_that_was_shown_counts_in_place_of_the_prices_of_addition(api: SchemaClient, total: object) -> None:
    lamp = make_product(price="10.00")
    add_to_cart(api, lamp, 2)
    set_price(lamp, "20.00")

    order = placed(api, expected_total=total)

    assert order["total"] == "40.00"


def test_a_total_above_the_one_that_was_shown_stops_the_order(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp, 2)
    before = database_rows()

    response = create(api, expected_total="39.99")

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert response.json()["details"] == {
        "changes": [{"item": None, "code": "price_increased", "old": "39.99", "new": "40.00", "available": None}],
        "subtotal": "40.00",
    }
    assert database_rows() == before


@pytest.mark.parametrize(("expected", "accepts"), [("50.00", False), ("39.99", True)])
def test_another_total_than_was_shown_is_told_when_it_is_charged(api: SchemaClient, expected: str, accepts: bool) -> None:
    add_to_cart(api, make_product(price="20.00"), 2)

    response = create(api, expected_total=expected, accept_price_changes=accepts)

    assert response.status_code == 201
    assert response.json()["data"]["total"] == "40.00"
    assert len(response.json()["warnings"]) == 1
    assert expected in response.json()["warnings"][0]


def test_an_unchanged_total_is_nothing_to_tell(api: SchemaClient) -> None:
    add_to_cart(api, make_product(price="20.00"), 2)

    response = create(api, expected_total="40.00")

    assert response.json()["warnings"] == []


@pytest.mark.parametrize("fields", [{"expected_total": "much"}, {"expected_total": []}, {"accept_price_changes": "perhaps"}])
def test_what_is_no_amount_or_answer_is_refused(api: SchemaClient, fields: dict[str, Any]) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = create(api, **fields)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == list(fields)
    assert database_rows() == before


def test_amounts_of_the_client_are_never_used(api: SchemaClient) -> None:
    add_to_cart(api, make_product(price="20.00"), 2)

    order = placed(api, total="0.01", subtotal="0.01", discount_total="39.99", status="delivered", payment_status="paid")

    assert (order["total"], order["discount_total"]) == ("40.00", "0.00")
    assert (order["status"], order["payment_status"]) == ("processing", "unpaid")


def test_totals_are_exact(api: SchemaClient) -> None:
    for number, (price, units) in enumerate([("0.10", 3), ("19.99", 99), ("1.15", 7), ("9999999.99", 99)]):
        add_to_cart(api, make_product(f"Product {number}", price=price, stock=99), units)

    order = placed(api)

    assert [line["line_total"] for line in order["items"]] == ["0.30", "1979.01", "8.05", "989999999.01"]
    assert order["total"] == "990001986.37"


@pytest.mark.parametrize("noisy", [59.996, 60.004, "59.9999999", 60.00000000000001])
def test_the_noise_of_a_sum_is_neither_told_nor_stops_the_order(api: SchemaClient, noisy: object) -> None:
    lamp = make_product(price="60.00")
    add_to_cart(api, lamp)

    response = create(api, expected_total=noisy, items=[{"product_id": lamp.pk, "quantity": 1, "price": noisy}])

    assert (response.status_code, response.json()["warnings"]) == (201, [])
    assert response.json()["data"]["total"] == "60.00"


def test_a_cent_is_no_noise(api: SchemaClient) -> None:
    lamp = make_product(price="60.00")
    add_to_cart(api, lamp)
    before = database_rows()

    response = create(api, expected_total=59.994, items=[{"product_id": lamp.pk, "quantity": 1, "price": 59.994}])

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert [(change["old"], change["new"]) for change in response.json()["details"]["changes"]] == [("59.99", "60.00")] * 2
    assert database_rows() == before
