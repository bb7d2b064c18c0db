"""The same create again within ten minutes answers the same order, also without a key."""

from typing import Any

import pytest

from carts.tests.factories import add, cart_of, guest, held, sku_id
from orders.models import Order
from orders.tests.factories import ADDRESS, back_date, books, create, customer, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("who", ["guest", "user"])
@pytest.mark.parametrize("named_by", ["nothing", "id", "uuid", "sku_id"])
def test_a_double_click_orders_once(db: None, who: str, named_by: str) -> None:
    client, lamp = customer() if who == "user" else SchemaClient(), make_product(sku="LAMP")
    key = add(client, lamp, 2)["cart_token"]
    named: dict[str, dict[str, Any]] = {
        "id": {"product_id": lamp.pk},
        "uuid": {"product_id": str(lamp.uuid)},
        "sku_id": {"sku_id": sku_id("LAMP")},
    }
    given = {"items": [{**named[named_by], "quantity": 2}]} if named_by in named else {}
    first = create(client, **given)
    before = books()

    again = create(client if who == "user" else guest(key), **given)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotency-Replayed"] == "true"
    assert again.json()["data"] == first.json()["data"]
    assert books() == before


def test_also_when_the_order_left_lines_in_the_cart(db: None) -> None:
    client, lamp = customer(), make_product(sku="LAMP")
    add(client, lamp, 5)
    part = [{"product_id": lamp.pk, "quantity": 2}]
    placed(client, items=part)

    again = create(client, items=part)

    assert again.status_code == 200
    assert held(cart_of(client)) == {"LAMP": 3}


def test_nine_minutes_later_it_is_still_the_same(db: None) -> None:
    client = customer()
    add(client, make_product())
    first = placed(client)
    back_date(minutes=9)

    again = create(client)

    assert again.status_code == 200
    assert again.json()["data"]["number"] == first["number"]


def test_after_ten_minutes_the_cart_is_merely_empty(db: None) -> None:
    client = customer()
    add(client, make_product())
    placed(client)
    back_date(minutes=10, seconds=1)

    again = create(client)

    assert (again.status_code, again.json()["code"]) == (400, "empty_cart")


def test_after_a_change_of_the_cart_it_is_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    add(client, lamp, 2)
    first = placed(client)
    add(client, lamp, 2)

    second = create(client)

    assert second.status_code == 201
    assert second.json()["data"]["number"] != first["number"]


def test_the_same_lines_named_again_from_a_cart_that_was_filled_again_are_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    part = [{"product_id": lamp.pk, "quantity": 2}]
    add(client, lamp, 2)
    placed(client, items=part)
    add(client, lamp, 2)

    second = create(client, items=part)

    assert second.status_code == 201
    assert Order.objects.count() == 2


def test_the_rest_of_a_cart_is_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    add(client, lamp, 5)
    placed(client, items=[{"product_id": lamp.pk, "quantity": 2}])

    second = create(client)

    assert second.status_code == 201
    assert second.json()["data"]["items"][0]["quantity"] == 3


@pytest.mark.parametrize("other", [{"email": "grace@example.com"}, {"address": ADDRESS | {"line1": "elsewhere"}}])
def test_another_address_is_not_the_same_create(db: None, other: dict[str, Any]) -> None:
    client = customer()
    add(client, make_product())
    placed(client)
    before = books()

    again = create(client, **other)

    assert (again.status_code, again.json()["code"]) == (400, "empty_cart")
    assert books() == before


def test_the_order_of_another_is_never_answered(db: None) -> None:
    lamp, bob = make_product(), customer("bob@example.com")
    add(customer(), lamp)
    client = customer("cy@example.com")
    add(client, lamp)
    placed(client, email="ada@example.com")

    answers = [create(other) for other in (bob, SchemaClient())]

    assert [answer.status_code for answer in answers] == [400, 400]
