"""Repeating a create request within ten minutes returns the same order, even without a key."""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart, get_cart, get_sku_id, guest_client, units_by_sku
from orders.models import Order
from orders.tests.factories import ADDRESS, back_date, create, customer, database_rows, placed
from products.tests.factories import get_only_variant, make_product
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("who", ["guest", "user"])
@pytest.mark.parametrize("named_by", ["nothing", "id", "uuid", "sku_id"])
def test_a_double_click_orders_once(db: None, who: str, named_by: str) -> None:
    client, lamp = customer() if who == "user" else SchemaClient(), make_product(sku="LAMP")
    key = add_to_cart(client, lamp, 2)["cart_token"]
    named: dict[str, dict[str, Any]] = {
        "id": {"product_id": lamp.pk},
        "uuid": {"product_id": str(lamp.uuid)},
        "sku_id": {"sku_id": get_sku_id("LAMP")},
    }
    fields = {"items": [{**named[named_by], "quantity": 2}]} if named_by in named else {}
    first = create(client, **fields)
    before = database_rows()

    again = create(client if who == "user" else guest_client(key), **fields)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotency-Replayed"] == "true"
    assert again.json()["data"] == first.json()["data"]
    assert database_rows() == before


def test_also_when_the_order_left_lines_in_the_cart(db: None) -> None:
    client, lamp = customer(), make_product(sku="LAMP")
    add_to_cart(client, lamp, 5)
    part = [{"product_id": lamp.pk, "quantity": 2}]
    placed(client, items=part)

    again = create(client, items=part)

    assert again.status_code == 200
    assert units_by_sku(get_cart(client)) == {"LAMP": 3}


def test_nine_minutes_later_it_is_still_the_same(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    first = placed(client)
    back_date(minutes=9)

    again = create(client)

    assert again.status_code == 200
    assert again.json()["data"]["number"] == first["number"]


def test_after_ten_minutes_the_cart_is_merely_empty(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    placed(client)
    back_date(minutes=10, seconds=1)

    again = create(client)

    assert (again.status_code, again.json()["code"]) == (400, "empty_cart")


def test_an_order_sent_again_after_ten_minutes_is_a_new_order(db: None) -> None:
    client, lamp = customer(), make_product(sku="LAMP", stock=10)
    add_to_cart(client, lamp, 5)
    part = [{"product_id": lamp.pk, "quantity": 2}]
    first = placed(client, items=part)
    back_date(minutes=10, seconds=1)

    second = create(client, items=part)

    assert second.status_code == 201
    assert "Idempotency-Replayed" not in second
    assert second.json()["data"]["number"] != first["number"]
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["processing", "processing"]
    assert (get_only_variant(lamp).stock, units_by_sku(get_cart(client))) == (6, {"LAMP": 1})


def test_after_a_change_of_the_cart_it_is_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    add_to_cart(client, lamp, 2)
    first = placed(client)
    add_to_cart(client, lamp, 2)

    second = create(client)

    assert second.status_code == 201
    assert second.json()["data"]["number"] != first["number"]


def test_the_same_lines_named_again_from_a_cart_that_was_filled_again_are_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    part = [{"product_id": lamp.pk, "quantity": 2}]
    add_to_cart(client, lamp, 2)
    placed(client, items=part)
    add_to_cart(client, lamp, 2)

    second = create(client, items=part)

    assert second.status_code == 201
    assert Order.objects.count() == 2


def test_the_rest_of_a_cart_is_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    add_to_cart(client, lamp, 5)
    placed(client, items=[{"product_id": lamp.pk, "quantity": 2}])

    second = create(client)

    assert second.status_code == 201
    assert second.json()["data"]["items"][0]["quantity"] == 3


def test_another_part_of_the_cart_is_another_order(db: None) -> None:
    client, lamp = customer(), make_product(sku="LAMP", stock=10)
    add_to_cart(client, lamp, 5)
    first = placed(client, items=[{"product_id": lamp.pk, "quantity": 2}])

    second = create(client, items=[{"product_id": lamp.pk, "quantity": 1}])

    assert second.status_code == 201
    assert second.json()["data"]["number"] != first["number"]
    assert (get_only_variant(lamp).stock, units_by_sku(get_cart(client))) == (7, {"LAMP": 2})


@pytest.mark.parametrize("other", [{"email": "grace@example.com"}, {"address": ADDRESS | {"line1": "elsewhere"}}])
def test_another_address_is_not_the_same_create(db: None, other: dict[str, Any]) -> None:
    client = customer()
    add_to_cart(client, make_product())
    placed(client)
    before = database_rows()

    again = create(client, **other)

    assert (again.status_code, again.json()["code"]) == (400, "empty_cart")
    assert database_rows() == before


def test_the_order_of_another_is_never_answered(db: None) -> None:
    lamp, bob = make_product(), customer("bob@example.com")
    add_to_cart(customer(), lamp)
    client = customer("cy@example.com")
    add_to_cart(client, lamp)
    placed(client, email="ada@example.com")

    answers = [create(other) for other in (bob, SchemaClient())]

    assert [answer.status_code for answer in answers] == [400, 400]
