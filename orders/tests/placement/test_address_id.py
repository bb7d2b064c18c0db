"""POST /api/orders/create/ with an address of one's book"""

from typing import Any

import pytest

from carts.tests.factories import add
from orders.models import Order
from orders.tests.factories import ADDRESS, books, customer
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
BOOK = "/api/orders/addresses/"


def saved(client: SchemaClient, **given: Any) -> int:
    """Add an address to the client's book and return its id."""
    number: int = client.post(BOOK, {**ADDRESS, **given}).json()["data"]["id"]
    return number


def order(client: SchemaClient, **given: Any) -> Any:
    """Order Cash on Delivery with nothing but what is given."""
    return client.post("/api/orders/create/", {"payment_method": "cod", **given})


def test_name_and_phone_come_from_it_and_the_mail_address_from_the_user() -> None:
    client = customer()
    add(client, make_product())

    response = order(client, address_id=saved(client))

    shown = response.json()["data"]
    assert (response.status_code, shown["address"]) == (201, ADDRESS)
    assert (shown["name"], shown["phone"], shown["email"]) == (ADDRESS["full_name"], ADDRESS["phone"], "ada@example.com")


def test_what_is_said_counts_before_it() -> None:
    client = customer()
    add(client, make_product())

    shown = order(client, address_id=saved(client), name="Grace", phone="+1 555 0100", email="grace@example.com").json()["data"]

    assert (shown["name"], shown["phone"], shown["email"]) == ("Grace", "+1 555 0100", "grace@example.com")
    assert shown["address"] == ADDRESS


def test_the_order_keeps_it_as_it_was() -> None:
    client = customer()
    add(client, make_product())
    number = saved(client)
    placed = order(client, address_id=number).json()["data"]
    client.patch(f"{BOOK}{number}/", {"city": "Paris"})
    client.delete(f"{BOOK}{number}/")

    assert client.get(f"/api/orders/{placed['number']}/").json()["data"]["address"] == ADDRESS


def test_anothers_is_not_found_and_nothing_is_ordered() -> None:
    number = saved(customer("grace@example.com"))
    client = customer()
    add(client, make_product())
    before = books()

    response = order(client, address_id=number)

    assert (response.status_code, response.json()["code"]) == (404, "address_not_found")
    assert books() == before


def test_a_guest_has_no_book(api: SchemaClient) -> None:
    number = saved(customer())
    add(api, make_product())

    for given in (number, number + 1):
        response = order(api, address_id=given, name="Eve", email="eve@example.com")
        assert (response.status_code, response.json()["code"]) == (404, "address_not_found")

    assert not Order.objects.exists()


@pytest.mark.parametrize("given", ["x", -1, 0, 1.5, [], 10**30])
def test_what_is_no_number_is_refused(given: Any) -> None:
    client = customer()
    saved(client)
    add(client, make_product())

    assert order(client, address_id=given).status_code in (400, 404)

    assert not Order.objects.exists()


def test_none_counts_as_not_said() -> None:
    client = customer()
    add(client, make_product())

    assert order(client, address_id=None, address="12 Hill Road").status_code == 201

    assert Order.objects.get().address["line1"] == "12 Hill Road"


def test_the_same_order_again_by_the_same_address_is_the_same_order() -> None:
    client = customer()
    add(client, make_product())
    number = saved(client)
    first = order(client, address_id=number)

    again = order(client, address_id=number)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotency-Replayed"] == "true"
