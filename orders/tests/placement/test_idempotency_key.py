"""Law L3, exactly one order for each intent: the Idempotency-Key of POST /api/orders/create/"""

import re
from typing import Any

import pytest

from carts.tests.factories import add_to_cart, get_cart, guest_client, units_by_sku
from orders.models import Order
from orders.tests.factories import ADDRESS, back_date, create, customer, database_rows, order_body
from products.models import Product, Variant
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient

OTHER: list[dict[str, Any]] = [
    {"note": "Ring twice"},
    {"name": "Grace Hopper"},
    {"phone": "+1 212 555 0100"},
    {"email": "grace@example.com"},
    {"address": ADDRESS | {"line1": "elsewhere"}},
    {"expected_total": "40.00"},
    {"accept_price_changes": True},
]


def test_the_same_key_answers_the_same_order(api: SchemaClient) -> None:
    key = add_to_cart(api, make_product(), 2)["cart_token"]
    first = create(api, "k-1")
    before = database_rows()

    again = create(guest_client(key), "k-1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert again.json()["data"] == first.json()["data"]
    assert database_rows() == before


def test_it_does_so_however_late_and_whatever_the_cart_holds_by_then(db: None) -> None:
    client, lamp = customer(), make_product(sku="LAMP")
    add_to_cart(client, lamp, 2)
    first = create(client, "k-1")
    back_date(hours=12)
    add_to_cart(client, lamp, 3)

    again = create(client, "k-1")

    assert again.status_code == 200
    assert again.json()["data"]["number"] == first.json()["data"]["number"]
    assert units_by_sku(get_cart(client)) == {"LAMP": 3}
    assert Variant.objects.get().stock == 8


@pytest.mark.sampled
@pytest.mark.parametrize("other", OTHER)
@pytest.mark.parametrize("cart", ["empty", "filled again"])
def test_the_same_key_with_another_body_is_refused(db: None, cart: str, other: dict[str, Any]) -> None:
    client, lamp = customer(), make_product()
    add_to_cart(client, lamp, 2)
    create(client, "k-1")
    if cart == "filled again":
        add_to_cart(client, lamp, 2)
    before = database_rows()

    response = create(client, "k-1", **other)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert database_rows() == before


def test_the_same_key_with_another_snapshot_is_refused(db: None) -> None:
    client, lamp = customer(), make_product()
    add_to_cart(client, lamp, 5)
    create(client, "k-1", items=[{"product_id": lamp.pk, "quantity": 1}])
    before = database_rows()

    response = create(client, "k-1", items=[{"product_id": lamp.pk, "quantity": 2}])

    assert response.status_code == 422
    assert database_rows() == before


def test_another_key_is_another_order(db: None) -> None:
    client, lamp = customer(), make_product()
    add_to_cart(client, lamp, 2)
    first = create(client, "k-1")
    add_to_cart(client, lamp, 2)

    second = create(client, "k-2")

    assert second.status_code == 201
    assert first.json()["data"]["number"] != second.json()["data"]["number"]


def test_a_key_belongs_to_its_caller(db: None) -> None:
    lamp, bob = make_product(), customer("bob@example.com")
    clients = [customer(), bob, SchemaClient(), SchemaClient()]
    for client in clients:
        add_to_cart(client, lamp)

    responses = [create(client, "k-1") for client in clients]

    assert [response.status_code for response in responses] == [201] * 4
    assert len({response.json()["data"]["number"] for response in responses}) == 4


@pytest.mark.parametrize("blank", ["", " ", "\t "])
def test_a_blank_key_counts_as_none(api: SchemaClient, blank: str) -> None:
    add_to_cart(api, make_product())

    response = create(api, blank)

    assert response.status_code == 201
    assert not Order.objects.exclude(idempotency_key="").exists()


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~#", "0b2f2e0c-6a55-4d43-a1a5-1b4a2a8f8c11"])
def test_a_key_is_1_to_255_visible_characters(api: SchemaClient, key: str) -> None:
    add_to_cart(api, make_product())

    response = create(api, key)

    assert response.status_code == 201
    assert Order.objects.get().idempotency_key == key


@pytest.mark.sampled
@pytest.mark.parametrize("key", ["x" * 256, "two words", "clé", "a\x07b", "a\tb", "\x7f"])
def test_any_other_key_is_refused(api: SchemaClient, key: str) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = create(api, key)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_idempotency_key")
    assert database_rows() == before


@pytest.mark.parametrize("refusal", ["price", "method", "address", "empty cart"])
def test_a_refused_order_leaves_no_key(db: None, refusal: str) -> None:
    client, lamp = customer(), make_product(price="20.00")
    if refusal != "empty cart":
        add_to_cart(client, lamp)
    if refusal == "price":
        set_price(lamp, "25.00")
    fields = {"method": {"payment_method": "stripe"}, "address": {"address": ""}}.get(refusal, {})

    refused = create(client, "k-1", **fields)

    assert refused.status_code >= 400
    assert not Order.objects.exclude(idempotency_key="").exists()
    _set_right(client, lamp, refusal)
    assert create(client, "k-1").status_code == 201
    assert Order.objects.count() == 1


def _set_right(client: SchemaClient, product: Product, refusal: str) -> None:
    if refusal == "price":
        set_price(product, "20.00")
    elif refusal == "empty cart":
        add_to_cart(client, product)


def test_a_key_is_kept_with_its_order_and_no_body(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    number = create(api, "k-1").json()["data"]["number"]

    order = Order.objects.get()

    assert (order.number, order.idempotency_key) == (number, "k-1")
    assert re.fullmatch("[0-9a-f]{64}", order.request_hash)


def test_one_key_in_two_markets_is_refused(api: SchemaClient) -> None:
    client, lamp = customer(), make_product(prices={"us": "3.00"})
    add_to_cart(client, lamp)
    client.post("/api/cart/add/", {"product_id": lamp.pk}, headers={"X-Market": "us"})
    create(client, "k-1")

    response = client.post("/api/orders/create/", order_body(), headers={"X-Market": "us", "Idempotency-Key": "k-1"})

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1
