"""The country of an address is stored as its code, in orders and in the address book"""

import pytest

from carts.tests.factories import add_to_cart
from orders.models import Address
from orders.tests.factories import ADDRESS, create, customer, database_rows, placed
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
BOOK = "/api/orders/addresses/"
IN_INDIA = {**ADDRESS, "city": "Pune", "state": "Maharashtra", "postal_code": "411 001", "country": "India"}
WRITTEN = [
    *(("India", "IN"), ("india ", "IN"), ("IND", "IN"), ("in", "IN"), ("IN", "IN"), ("U.S.A.", "US"), ("England", "GB")),
    *(("Deutschland", "Deutschland"), ("Korea", "Korea"), ("", "")),
]


@pytest.mark.parametrize(("written", "stored"), WRITTEN)
def test_an_order_stores_the_code_of_a_country_that_is_known(written: str, stored: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    sent = {**IN_INDIA, "postal_code": {"US": "94103", "GB": "SW1Y 4JH"}.get(stored, "411 001"), "country": written}

    order = placed(client, address=sent)

    assert order["address"] == {**sent, "country": stored}
    assert client.get(f"/api/orders/{order['number']}/").json()["data"]["address"] == {**sent, "country": stored}


@pytest.mark.parametrize(("written", "stored"), WRITTEN)
def test_the_address_book_does_so_too(written: str, stored: str) -> None:
    client = customer()
    fields = {**IN_INDIA, "postal_code": {"US": "94103", "GB": "SW1Y 4JH"}.get(stored, "411 001"), "country": written}
    saved = client.post(BOOK, fields).json()["data"]
    url = f"{BOOK}{saved['id']}/"

    replaced = client.put(url, fields).json()["data"]
    patched = client.patch(url, {"country": written}).json()["data"]

    assert [address["country"] for address in (saved, replaced, patched)] == [stored] * 3
    assert client.patch(url, {"phone": "98765 43210"}).json()["data"]["country"] == stored


def test_an_order_stores_the_code_of_a_saved_address_that_still_has_the_name() -> None:
    client = customer()
    add_to_cart(client, make_product())
    address_id = client.post(BOOK, IN_INDIA).json()["data"]["id"]
    Address.objects.update(country="India")

    order = client.post("/api/orders/create/", {"payment_method": "cod", "address_id": address_id}).json()["data"]

    assert order["address"] == {**IN_INDIA, "country": "IN"}


def test_plain_text_stays_as_it_is() -> None:
    client = customer()
    add_to_cart(client, make_product())

    order = placed(client, address="12 Hill Road, Pune, India")

    assert order["address"] == {**dict.fromkeys(ADDRESS, ""), "line1": "12 Hill Road, Pune, India"}


@pytest.mark.parametrize("key", ["", "k1"])
def test_a_repeated_request_with_the_name_of_the_country_is_the_same_one(key: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    first = create(client, key, address=IN_INDIA)
    before = database_rows()

    again = create(client, key, address=IN_INDIA)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["data"] == first.json()["data"]
    assert database_rows() == before


def test_another_country_is_another_request_under_the_same_key() -> None:
    client = customer()
    add_to_cart(client, make_product())
    create(client, "k1", address=IN_INDIA)

    again = create(client, "k1", address={**IN_INDIA, "country": "IN"})

    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
