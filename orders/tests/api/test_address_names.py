"""The names under which addresses come: the same for orders and for the address book"""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart
from orders.models import Address, Order
from orders.tests.factories import ADDRESS, BLANK, customer
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
BOOK = "/api/orders/addresses/"
FIELD_NAMES = {
    "full_name": ["name", "fullname", "contact_name", "customer_name", "fullName", "recipient", "recipient_name", "recipientName"],
    "phone": ["mobile", "phone_number", "phoneNumber", "telephone", "mobileNumber"],
    "line1": [
        *("street", "street1", "street_1", "address1", "address_1", "address", "addressLine1", "address_line_1", "address_line1"),
        *("line_1", "streetAddress"),
    ],
    "line2": ["address2", "address_2", "addressLine2", "address_line_2", "apartment", "line_2", "street2"],
    "city": ["town", "locality"],
    "state": ["province", "region", "county", "state_code", "stateCode", "province_code", "region_code"],
    "postal_code": [
        *("pincode", "pinCode", "pin", "zip", "zipcode", "zip_code", "zipCode", "postcode", "postCode", "postalCode", "postal"),
    ],
    "country": ["country_code", "countryCode"],
}
ALIASES = [(alias, field) for field, aliases in FIELD_NAMES.items() for alias in aliases]


def rename(field: str, alias: str) -> dict[str, str]:
    """Return a complete address with a field under another name."""
    return {alias if name == field else name: value for name, value in ADDRESS.items()}


def order_to(client: SchemaClient, address: Any) -> Any:
    """Order a lamp to this address and return the response."""
    add_to_cart(client, make_product())
    return client.post("/api/orders/create/", {"payment_method": "cod", "address": address})


@pytest.mark.parametrize(("alias", "field"), ALIASES)
def test_a_field_is_read_under_its_other_names(alias: str, field: str) -> None:
    client = customer()
    sent = rename(field, alias)
    saved = client.post(BOOK, sent)

    responses = [saved, client.put(f"{BOOK}{saved.json()['data']['id']}/", sent), order_to(client, sent)]

    assert [response.status_code for response in responses] == [201, 200, 201]
    assert [response.json()["warnings"] for response in responses] == [[], [], []]
    assert Address.objects.values(*ADDRESS).get() == ADDRESS
    assert Order.objects.get().address == ADDRESS


@pytest.mark.parametrize(("alias", "field"), ALIASES)
def test_a_patch_reads_them_too(alias: str, field: str) -> None:
    client = customer()
    url = f"{BOOK}{client.post(BOOK, ADDRESS).json()['data']['id']}/"
    value = {"phone": "+1 312 805 9851", "postal_code": "EC1Y 8SY", "country": "United Kingdom"}.get(field, "New")

    response = client.patch(url, {alias: value})

    assert (response.status_code, response.json()["warnings"]) == (200, [])
    assert Address.objects.values(*ADDRESS).get() == {**ADDRESS, field: value}


@pytest.mark.parametrize("names", [("first_name", "last_name"), ("firstName", "lastName")])
def test_a_name_in_two_parts_is_joined(names: tuple[str, str]) -> None:
    client = customer()
    sent = {key: value for key, value in ADDRESS.items() if key != "full_name"} | dict(zip(names, ("Ada", "Lovelace"), strict=True))

    assert client.post(BOOK, sent).json()["data"]["full_name"] == "Ada Lovelace"
    assert order_to(client, sent).json()["data"]["name"] == "Ada Lovelace"
    assert order_to(client, {**sent, "name": "Countess"}).json()["data"]["name"] == "Countess"


def test_a_key_that_nobody_knows_is_named() -> None:
    client = customer()
    sent = {**ADDRESS, "landmark": "opposite the temple", "door.code": 5}
    saved = client.post(BOOK, sent)
    url = f"{BOOK}{saved.json()['data']['id']}/"

    responses = [saved, client.put(url, sent), client.patch(url, sent), order_to(client, sent)]

    assert [response.json()["warnings"] for response in responses] == [
        *([["Unknown field: landmark", "Unknown field: door.code"]] * 3),
        ["Unknown field: address.landmark", "Unknown field: address.door.code"],
    ]


def test_a_value_that_no_field_has_room_for_is_named() -> None:
    client = customer()
    sent = {key: value for key, value in ADDRESS.items() if key != "line2"}

    response = order_to(client, {**sent, "address2": "Floor 3", "apartment": "Flat 3", "town": "London", "country_code": "UK"})

    assert response.json()["warnings"] == ["Address field not used: apartment"]
    assert response.json()["data"]["address"]["line2"] == "Floor 3"


def test_a_saved_address_may_be_sent_back_whole() -> None:
    client = customer()
    saved = client.post(BOOK, ADDRESS).json()["data"]

    responses = [client.put(f"{BOOK}{saved['id']}/", saved), order_to(client, saved)]

    assert [(response.status_code, response.json()["warnings"]) for response in responses] == [(200, []), (201, [])]


def test_a_postal_code_may_be_a_number() -> None:
    client = customer()
    sent = {**ADDRESS, "country": "IN", "postal_code": 411001}

    assert client.post(BOOK, sent).json()["data"]["postal_code"] == "411001"
    assert order_to(client, sent).json()["data"]["address"]["postal_code"] == "411001"


@pytest.mark.parametrize(
    "fields",
    [
        *({"line1": 5}, {"line1": "x" * 301}, {"full_name": "x" * 201}, {"phone": "call me"}, {"phone": "1" * 33}, {"phone": True}),
        *({"city": "x" * 121}, {"postal_code": "1" * 21}, {"postal_code": True}, {"country": "x" * 61}, {"city": "a\x00b"}),
        *({"city": ["Paris"]}, {"pincode": "1" * 21}),
    ],
)
def test_both_refuse_the_same(fields: dict[str, Any]) -> None:
    client = customer()
    sent = {**ADDRESS, **fields}
    if "pincode" in fields:
        del sent["postal_code"]
    add_to_cart(client, make_product())

    book, order = client.post(BOOK, sent), client.post("/api/orders/create/", {"payment_method": "cod", "address": sent})

    assert (book.status_code, order.status_code) == (400, 400)
    assert order.json()["errors"] == {f"address.{name}": texts for name, texts in book.json()["errors"].items()}
    assert list(book.json()["errors"]) == list(fields)
    assert not Address.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.parametrize("address", [None, {}])
def test_no_address_is_asked_for(address: object) -> None:
    response = order_to(customer(), address)

    assert (response.status_code, response.json()["errors"]) == (400, {"address": ["A street and number are needed"]})


def test_null_is_blank() -> None:
    client = customer()
    sent = {**ADDRESS, "line2": None, "state": None}

    assert client.post(BOOK, sent).json()["data"]["line2"] == BLANK["line2"]
    assert order_to(client, sent).json()["data"]["address"] == {**ADDRESS, "line2": "", "state": ""}
