"""POST /api/orders/create/ with an address of the caller's address book"""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import ADDRESS, customer, database_rows
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
BOOK = "/api/orders/addresses/"


def save_address(client: SchemaClient, **fields: Any) -> int:
    """Add an address to the client's book and return its id."""
    number: int = client.post(BOOK, {**ADDRESS, **fields}).json()["data"]["id"]
    return number


def post_order(client: SchemaClient, **fields: Any) -> Any:
    """Place a Cash on Delivery order with only these fields."""
    return client.post("/api/orders/create/", {"payment_method": "cod", **fields})


def test_name_and_phone_come_from_it_and_the_mail_address_from_the_user() -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = post_order(client, address_id=save_address(client))

    order_data = response.json()["data"]
    assert (response.status_code, order_data["address"]) == (201, ADDRESS)
    assert (order_data["name"], order_data["phone"], order_data["email"]) == (
        ADDRESS["full_name"],
        ADDRESS["phone"],
        "ada@example.com",
    )


def test_what_is_said_counts_before_it() -> None:
    client = customer()
    add_to_cart(client, make_product())

    order_data = post_order(
        client, address_id=save_address(client), name="Grace", phone="+1 555 0100", email="grace@example.com"
    ).json()["data"]

    assert (order_data["name"], order_data["phone"], order_data["email"]) == ("Grace", "+1 555 0100", "grace@example.com")
    assert order_data["address"] == ADDRESS


def test_the_order_keeps_it_as_it_was() -> None:
    client = customer()
    add_to_cart(client, make_product())
    number = save_address(client)
    placed = post_order(client, address_id=number).json()["data"]
    client.patch(f"{BOOK}{number}/", {"city": "Paris"})
    client.delete(f"{BOOK}{number}/")

    assert client.get(f"/api/orders/{placed['number']}/").json()["data"]["address"] == ADDRESS


def test_anothers_is_not_found_and_nothing_is_ordered() -> None:
    number = save_address(customer("grace@example.com"))
    client = customer()
    add_to_cart(client, make_product())
    before = database_rows()

    response = post_order(client, address_id=number)

    assert (response.status_code, response.json()["code"]) == (404, "address_not_found")
    assert database_rows() == before


def test_a_guest_has_no_book(api: SchemaClient) -> None:
    number = save_address(customer())
    add_to_cart(api, make_product())

    for address_id in (number, number + 1):
        response = post_order(api, address_id=address_id, name="Eve", email="eve@example.com")
        assert (response.status_code, response.json()["code"]) == (404, "address_not_found")

    assert not Order.objects.exists()


@pytest.mark.parametrize("address_id", ["x", -1, 0, 1.5, [], 10**30])
def test_what_is_no_number_is_refused(address_id: Any) -> None:
    client = customer()
    save_address(client)
    add_to_cart(client, make_product())

    assert post_order(client, address_id=address_id).status_code in (400, 404)

    assert not Order.objects.exists()


def test_none_counts_as_not_said() -> None:
    client = customer()
    add_to_cart(client, make_product())

    assert post_order(client, address_id=None, address="12 Hill Road").status_code == 201

    assert Order.objects.get().address["line1"] == "12 Hill Road"


def test_the_same_order_again_by_the_same_address_is_the_same_order() -> None:
    client = customer()
    add_to_cart(client, make_product())
    number = save_address(client)
    first = post_order(client, address_id=number)

    again = post_order(client, address_id=number)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotency-Replayed"] == "true"
