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
    "phone": ["mobile", "phone_number", "phoneNumber", "telephone", "mobileNumber", "tel"],
    "line1": [
        *("street", "street1", "street_1", "address1", "address_1", "address", "addressLine1", "address_line_1", "address_line1"),
        *("line_1", "streetAddress", "streetAddress1", "street_address_1", "streetName"),
    ],
    "line2": [
        *("address2", "address_2", "addressLine2", "address_line_2", "apartment", "line_2", "street2"),
        *("street_address2", "streetAddress2"),
    ],
    "city": ["town", "locality", "addressLocality", "admin_area_2"],
    "state": [
        *("province", "region", "county", "state_code", "stateCode", "province_code", "region_code"),
        *("administrativeArea", "addressRegion", "state_or_province", "stateOrRegion", "admin_area_1", "countryArea", "state_name"),
    ],
    "postal_code": [
        *("pincode", "pinCode", "pin", "zip", "zipcode", "zip_code", "zipCode", "postcode", "postCode", "postalCode", "postal"),
    ],
    "country": [
        *("country_code", "countryCode", "country_id", "countryId", "country_name", "countryName", "countryCodeV2"),
        *("addressCountry", "country_iso2"),
    ],
}
ALIASES = [(alias, field) for field, aliases in FIELD_NAMES.items() for alias in aliases]


def rename(field: str, alias: str) -> dict[str, str]:
    """Return a complete address with a field under another name."""
    return {alias if name == field else name: value for name, value in ADDRESS.items()}


def order_to(client: SchemaClient, address: Any) -> Any:
    """Order a lamp to this address and return the response."""
    add_to_cart(client, make_product())
    return client.post("/api/orders/create/", {"payment_method": "cod", "address": address})


@pytest.mark.sampled
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


@pytest.mark.sampled
@pytest.mark.parametrize(("alias", "field"), ALIASES)
def test_a_patch_reads_them_too(alias: str, field: str) -> None:
    client = customer()
    url = f"{BOOK}{client.post(BOOK, ADDRESS).json()['data']['id']}/"
    value = {"phone": "+1 312 805 9851", "postal_code": "EC1Y 8SY", "country": "AE"}.get(field, "New")

    response = client.patch(url, {alias: value})

    assert (response.status_code, response.json()["warnings"]) == (200, [])
    assert Address.objects.values(*ADDRESS).get() == {**ADDRESS, field: value}


@pytest.mark.parametrize(
    "names",
    [
        *(("first_name", "last_name"), ("firstName", "lastName"), ("firstname", "lastname")),
        *(("given_name", "family_name"), ("givenName", "familyName")),
    ],
)
def test_a_name_in_two_parts_is_joined(names: tuple[str, str]) -> None:
    client = customer()
    sent = {key: value for key, value in ADDRESS.items() if key != "full_name"} | dict(zip(names, ("Ada", "Lovelace"), strict=True))

    assert client.post(BOOK, sent).json()["data"]["full_name"] == "Ada Lovelace"
    assert order_to(client, sent).json()["data"]["name"] == "Ada Lovelace"
    assert order_to(client, {**sent, "name": "Countess"}).json()["data"]["name"] == "Countess"


def test_a_part_of_a_name_in_two_spellings_is_read_once() -> None:
    saved = customer().post(BOOK, {**ADDRESS, "full_name": "", "first_name": "Ada", "firstName": "Ada", "lastName": "Lovelace"})

    assert saved.json()["data"]["full_name"] == "Ada Lovelace"


US = {"city": "Boston", "state": "MA", "postal_code": "02108", "country": "US"}
WHOLE = {"full_name": "Ada Lovelace", "phone": "+1 312 805 9851", "line1": "12 Hill Road", "line2": "Floor 3, Flat 4", **US}
CONTACTS: dict[str, dict[str, Any]] = {
    "Apple Pay": {
        **{"givenName": "Ada", "familyName": "Lovelace", "phoneticGivenName": "", "phoneticFamilyName": ""},
        **{"phoneNumber": "+1 312 805 9851", "addressLines": ["12 Hill Road", "Floor 3", "Flat 4"], "subLocality": ""},
        **{"locality": "Boston", "postalCode": "02108", "subAdministrativeArea": "", "administrativeArea": "MA"},
        **{"country": "Vereinigte Staaten", "countryCode": "US"},
    },
    "Google Pay": {
        **{"name": "Ada Lovelace", "phoneNumber": "+1 312 805 9851", "address1": "12 Hill Road", "address2": "Floor 3"},
        **{"address3": "Flat 4", "sortingCode": "", "locality": "Boston", "administrativeArea": "MA"},
        **{"postalCode": "02108", "countryCode": "US"},
    },
    "Payment Request": {
        **{"recipient": "Ada Lovelace", "phone": "+1 312 805 9851", "organization": "", "dependentLocality": "", "sortingCode": ""},
        **{"addressLine": ["12 Hill Road", "Floor 3", "Flat 4"], "city": "Boston", "region": "MA", "postalCode": "02108"},
        **{"country": "US"},
    },
    "Stripe": {
        **{"name": "Ada Lovelace", "phone": "+1 312 805 9851", "carrier": None},
        "address": {"line1": "12 Hill Road", "line2": "Floor 3, Flat 4", **US},
    },
    "Shopify": {
        **{"firstName": "Ada", "lastName": "Lovelace", "company": None, "phone": "+1 312 805 9851", "address1": "12 Hill Road"},
        **{"address2": "Floor 3, Flat 4", "city": "Boston", "province": "MA", "zip": "02108", "countryCodeV2": "US"},
    },
    "WooCommerce": {
        **{"first_name": "Ada", "last_name": "Lovelace", "company": "", "phone": "+1 312 805 9851", "address_1": "12 Hill Road"},
        **{"address_2": "Floor 3, Flat 4", "city": "Boston", "state": "MA", "postcode": "02108", "country": "US"},
    },
    "Magento": {
        **{
            "firstname": "Ada",
            "lastname": "Lovelace",
            "telephone": "+1 312 805 9851",
            "street": ["12 Hill Road", "Floor 3", "Flat 4"],
        },
        **{"city": "Boston", "region": "MA", "postcode": "02108", "country_id": "US"},
    },
    "PayPal": {
        **{"full_name": "Ada Lovelace", "phone_number": "+1 312 805 9851", "address_line_1": "12 Hill Road"},
        **{"address_line_2": "Floor 3, Flat 4", "admin_area_2": "Boston", "admin_area_1": "MA"},
        **{"postal_code": "02108", "country_code": "US"},
    },
    "Amazon Pay": {
        **{"name": "Ada Lovelace", "addressLine1": "12 Hill Road", "addressLine2": "Floor 3", "addressLine3": "Flat 4"},
        **{"city": "Boston", "county": None, "district": None, "stateOrRegion": "MA", "postalCode": "02108"},
        **{"countryCode": "US", "phoneNumber": "+1 312 805 9851"},
    },
    "Klarna": {
        **{"given_name": "Ada", "family_name": "Lovelace", "phone": "+1 312 805 9851", "street_address": "12 Hill Road"},
        **{"street_address2": "Floor 3, Flat 4", "city": "Boston", "region": "MA", "postal_code": "02108", "country": "US"},
    },
    "schema.org": {
        **{"name": "Ada Lovelace", "telephone": "+1 312 805 9851", "streetAddress": "12 Hill Road", "line2": "Floor 3, Flat 4"},
        **{"addressLocality": "Boston", "addressRegion": "MA", "postalCode": "02108", "addressCountry": "US"},
    },
}


@pytest.mark.parametrize("contact", CONTACTS.values(), ids=CONTACTS)
def test_an_address_is_read_as_a_payment_sheet_or_another_shop_writes_it(contact: dict[str, Any]) -> None:
    client = customer()

    saved, order = client.post(BOOK, contact), order_to(client, contact)

    assert (saved.status_code, saved.json()["warnings"]) == (201, [])
    assert (order.status_code, order.json()["warnings"]) == (201, [])
    assert Address.objects.values(*ADDRESS).get() == WHOLE
    assert order.json()["data"]["address"] == WHOLE


def test_the_contact_of_apple_pay_has_its_own_name_in_an_order() -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = client.post("/api/orders/create/", {"payment_method": "cod", "shippingContact": CONTACTS["Apple Pay"]})

    assert (response.status_code, response.json()["warnings"]) == (201, [])
    assert response.json()["data"]["address"] == WHOLE


@pytest.mark.parametrize(
    ("sent", "line1", "line2"),
    [
        ({"addressLines": ["12 Hill Road"]}, "12 Hill Road", ""),
        ({"addressLines": ["12 Hill Road", "", " ", "Flat 4"]}, "12 Hill Road", "Flat 4"),
        ({"addressLines": ["12 Hill Road", "Flat 4"], "line2": "Floor 3"}, "12 Hill Road", "Floor 3, Flat 4"),
        ({"line1": "12 Hill Road", "line3": "Flat 4"}, "12 Hill Road", "Flat 4"),
        ({"line1": "12 Hill Road", "apartment": " ", "address_line_3": "Flat 4"}, "12 Hill Road", "Flat 4"),
    ],
)
def test_more_lines_than_two_become_two(sent: dict[str, Any], line1: str, line2: str) -> None:
    response = customer().post(BOOK, {"full_name": "Ada", **US, **sent})

    assert (response.status_code, response.json()["warnings"]) == (201, [])
    assert (response.json()["data"]["line1"], response.json()["data"]["line2"]) == (line1, line2)


@pytest.mark.parametrize(
    ("sent", "line1"),
    [
        ({"street": "Hill Road", "house_number": "12"}, "Hill Road 12"),
        ({"streetName": "Hill Road", "streetNumber": 12}, "Hill Road 12"),
        ({"street": "Hill Road", "houseNumberOrName": " Rose Villa "}, "Hill Road Rose Villa"),
        ({"addressLines": ["Hill Road"], "houseNumber": "12b"}, "Hill Road 12b"),
        ({"street": "12B, Hill Road", "house_number": "12b"}, "12B, Hill Road"),
        ({"street": "112 Hill Road", "house_no": "12"}, "112 Hill Road 12"),
        ({"street": "Hill Road", "house_number": ""}, "Hill Road"),
    ],
)
def test_a_house_number_of_its_own_is_added_to_the_street(sent: dict[str, Any], line1: str) -> None:
    client, address = customer(), {"full_name": "Ada", "phone": "+1 312 805 9851", **US, **sent}

    responses = [client.post(BOOK, address), order_to(client, address)]

    assert [(response.status_code, response.json()["warnings"]) for response in responses] == [(201, []), (201, [])]
    assert Address.objects.get().line1 == Order.objects.get().address["line1"] == line1


@pytest.mark.parametrize("sent", [{"house_number": "12"}, {"line1": "\u200b"}, {"line1": "\ufeff \u2060"}])
def test_what_shows_no_street_is_none(sent: dict[str, Any]) -> None:
    client, address = customer(), {"full_name": "Ada", "phone": "+1 312 805 9851", **US, **sent}

    book, order = client.post(BOOK, address), order_to(client, address)

    assert (book.status_code, book.json()["errors"]) == (400, {"line1": ["A street and number are needed"]})
    assert (order.status_code, order.json()["errors"]) == (400, {"address.line1": ["A street and number are needed"]})
    assert not Address.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        *(({"addressLines": []}, "line1"), ({"addressLines": [""]}, "line1"), ({"addressLines": [5]}, "addressLines")),
        *(({"addressLines": ["12 Hill Road", None]}, "addressLines"), ({"addressLines": ["x"] + ["y" * 20] * 20}, "line2")),
        *(({"line1": "x", "line2": "y" * 300, "line3": "z"}, "line2"), ({"line1": "x", "line2": 5, "line3": "z"}, "line2")),
        *(({"address": {"line1": 5}}, "line1"), ({"address": {"address": {"line1": "x"}}}, "address")),
    ],
)
def test_lines_that_cannot_be_kept_are_refused(sent: dict[str, Any], field: str) -> None:
    response = customer().post(BOOK, {"full_name": "Ada", **US, **sent})

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not Address.objects.exists()


def test_what_of_a_contact_has_no_field_is_named_if_it_says_something() -> None:
    client = customer()
    sent = {**CONTACTS["Apple Pay"], "subLocality": "Beacon Hill", "emailAddress": "ada@example.com", "line3": 5}
    stripe = {**CONTACTS["Stripe"], "address": {**CONTACTS["Stripe"]["address"], "landmark": "opposite the temple"}}

    assert sorted(order_to(client, sent).json()["warnings"]) == [
        "Unknown field: address.emailAddress",
        "Unknown field: address.line3",
        "Unknown field: address.subLocality",
    ]
    assert client.post(BOOK, stripe).json()["warnings"] == ["Unknown field: landmark"]


def test_of_two_streets_one_is_named() -> None:
    response = customer().post(BOOK, {**CONTACTS["Apple Pay"], "line1": "1 Other Road"})

    assert response.json()["data"]["line1"] == "1 Other Road"
    assert response.json()["warnings"] == ["Address field not used: addressLines"]


@pytest.mark.parametrize(
    ("countries", "kept"),
    [
        ({"country": "Italy", "countryCode": "FR"}, "IT"),
        ({"country": "Deutschland", "country_id": "DE"}, "DE"),
        ({"country": "XX", "country_name": "Germany"}, "DE"),
        ({"country": "", "countryCode": "DE"}, "DE"),
        ({"country": "Atlantis", "countryCode": "Lemuria"}, "Atlantis"),
        ({"country": "x" * 60, "countryCode": "DE"}, "DE"),
    ],
)
def test_of_two_countries_the_first_that_is_recognized_is_kept(countries: dict[str, str], kept: str) -> None:
    response = customer().post(BOOK, {"line1": "1 Other Road", "city": "X", "postal_code": "10115", **countries})

    assert (response.status_code, response.json()["data"]["country"], response.json()["warnings"]) == (201, kept, [])


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


def test_a_saved_address_keeps_its_id() -> None:
    client = customer()
    saved = client.post(BOOK, ADDRESS).json()["data"]

    response = client.put(f"{BOOK}{saved['id']}/", {**saved, "id": saved["id"] + 1})

    assert response.json()["warnings"] == ["Read-only field: id"]
    assert Address.objects.get().pk == saved["id"]


def test_a_postal_code_may_be_a_number() -> None:
    client = customer()
    sent = {**ADDRESS, "country": "IN", "postal_code": 411001}

    assert client.post(BOOK, sent).json()["data"]["postal_code"] == "411001"
    assert order_to(client, sent).json()["data"]["address"]["postal_code"] == "411001"


@pytest.mark.sampled
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
