"""The recipient of an order: the address, name, phone and e-mail of POST /api/orders/create/"""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart
from orders.tests.factories import ADDRESS, BLANK, create, customer, database_rows, order_body, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def get_contact(order: dict[str, Any]) -> tuple[str, str, str]:
    """Return the name, e-mail and phone of an order in a response."""
    return order["name"], order["email"], order["phone"]


def test_an_address_may_be_plain_text(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    order = placed(client, address="12 St James's Square, London")

    assert order["address"] == BLANK | {"line1": "12 St James's Square, London"}


def test_blanks_around_a_field_go_and_missing_ones_are_blank(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    needed = {"line1": " 12 St James's Square ", "city": "London", "postal_code": "SW1Y 4JH", "country": "GB"}

    order = placed(client, address={**needed, "line2": None, "state": " "}, phone="123")

    assert order["address"] == BLANK | needed | {"line1": "12 St James's Square"}


def test_name_and_phone_default_to_the_addresss(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    order = placed(api, email="grace@example.com")

    assert get_contact(order) == ("Ada Lovelace", "grace@example.com", "+91 98765 43210")


def test_what_is_given_wins(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    order = placed(api, name="Grace Hopper", email="Grace@Example.com", phone="+1 212 555 0100")

    assert get_contact(order) == ("Grace Hopper", "grace@example.com", "+1 212 555 0100")


@pytest.mark.parametrize("fields", [{}, {"email": ""}])
def test_the_e_mail_defaults_to_the_users(db: None, fields: dict[str, str]) -> None:
    client = customer("ada@example.com")
    add_to_cart(client, make_product())
    body = {"payment_method": "cod", "address": ADDRESS, **fields}

    response = client.post("/api/orders/create/", body)

    assert response.json()["data"]["email"] == "ada@example.com"


def test_a_user_needs_no_more_than_an_address(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = client.post("/api/orders/create/", {"payment_method": "cod", "address": "12 St James's Square"})

    assert response.status_code == 201
    assert get_contact(response.json()["data"]) == ("", "ada@example.com", "")


@pytest.mark.parametrize(
    "fields", [{"email": "ada@example.com", "phone": ""}, {"email": "", "phone": "+1 212 555 0100"}, {"email": None}]
)
def test_a_guest_needs_e_mail_or_phone(api: SchemaClient, fields: dict[str, Any]) -> None:
    add_to_cart(api, make_product())
    body = order_body(address="12 St James's Square", name="Ada", **fields)
    expected = 201 if fields["email"] or fields.get("phone") else 400

    response = api.post("/api/orders/create/", {key: value for key, value in body.items() if value is not None})

    assert response.status_code == expected
    if expected == 400:
        assert list(response.json()["errors"]) == ["email"]


@pytest.mark.parametrize(
    "address",
    [ADDRESS | {"full_name": ""}, ADDRESS | {"full_name": "  "}, ADDRESS | {"full_name": "\u200b"}, "12 St James's Square"],
)
def test_a_guest_needs_a_name(api: SchemaClient, address: object) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = create(api, address=address)

    assert response.status_code == 400
    assert response.json()["errors"] == {"name": [response.json()["message"]]}
    assert database_rows() == before


def test_a_guest_hears_at_once_of_all_that_is_missing(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = api.post("/api/orders/create/", {"payment_method": "cod"})

    assert response.status_code == 400
    assert response.json()["code"] == "required"
    assert response.json()["errors"] == {
        "address": ["A street and number are needed"],
        "name": ["A name is needed"],
        "email": ["An e-mail address or a phone number is needed"],
    }
    assert database_rows() == before


@pytest.mark.sampled
@pytest.mark.parametrize("address", [None, "", "   ", {}, {"planet": "Earth"}, {"line1": " "}])
@pytest.mark.parametrize("who", ["guest", "user"])
def test_without_an_address_nothing_is_sent(db: None, who: str, address: object) -> None:
    client = customer() if who == "user" else SchemaClient()
    add_to_cart(client, make_product())
    before = database_rows()
    body = order_body(address=address, name="Ada")
    if address is None:
        del body["address"]

    response = client.post("/api/orders/create/", body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["address"]
    assert database_rows() == before


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"address": 5}, "address"),
        ({"address": ["12 St James's Square"]}, "address"),
        ({"address": ADDRESS | {"line1": 5}}, "address.line1"),
        ({"address": ADDRESS | {"line1": "x" * 301}}, "address.line1"),
        ({"address": ADDRESS | {"city": "\x00"}}, "address.city"),
        ({"address": ADDRESS | {"phone": "?"}}, "address.phone"),
        ({"address": ADDRESS | {"phone": "call me"}}, "address.phone"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"email": "x" * 250 + "@example.com"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1" * 40}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": "1" * 33}, "phone"),
        ({"phone": "+91 98765 43210 " + "x" * 50}, "phone"),
        ({"address": ADDRESS | {"phone": "12"}}, "address.phone"),
        ({"name": "x" * 201}, "name"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_cannot_be_written_on_a_parcel_is_refused(api: SchemaClient, fields: dict[str, Any], field: str) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = create(api, **fields)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert database_rows() == before


def test_an_address_id_that_is_not_ones_own_is_not_found(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    before = database_rows()

    response = client.post("/api/orders/create/", {"payment_method": "cod", "address_id": 1})

    assert response.status_code == 404
    assert database_rows() == before
