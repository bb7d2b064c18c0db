"""/api/orders/addresses/: a user's address book"""

from typing import Any

import pytest

from accounts.models import User
from accounts.signals import identity_reset
from accounts.tests.factories import PASSWORD, make_user
from carts.tests.factories import signed_in_client
from orders.models import Address
from orders.tests.factories import ADDRESS, BLANK, customer
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
BOOK = "/api/orders/addresses/"


def save_address(client: SchemaClient, **fields: Any) -> dict[str, Any]:
    """Add an address to the client's book and return it."""
    response = client.post(BOOK, {**ADDRESS, **fields})
    assert response.status_code == 201, response.json()
    data: dict[str, Any] = response.json()["data"]
    return data


def list_book(client: SchemaClient) -> list[dict[str, Any]]:
    """Return the client's addresses."""
    response = client.get(BOOK)
    assert response.status_code == 200
    rows: list[dict[str, Any]] = response.json()["data"]
    return rows


def list_default_lines(client: SchemaClient) -> list[str]:
    """Return line1 of each address that is the default."""
    return [row["line1"] for row in list_book(client) if row["is_default"]]


def test_an_address_is_saved_shown_and_listed(api: SchemaClient) -> None:
    client = customer()

    saved = save_address(client)

    assert saved == {**ADDRESS, "id": saved["id"], "is_default": True}
    assert client.get(f"{BOOK}{saved['id']}/").json()["data"] == saved
    assert list_book(client) == [saved]


@pytest.mark.parametrize("url", ["/api/orders/addresses", "/orders/addresses/", "/orders/addresses"])
def test_it_answers_under_each_form_of_its_address(api: SchemaClient, url: str) -> None:
    client = customer()
    saved = save_address(client)

    assert client.get(url).json()["data"] == [saved]
    assert client.get(f"{url.rstrip('/')}/{saved['id']}").json()["data"] == saved


def test_name_phone_second_line_and_state_may_be_missing(api: SchemaClient) -> None:
    client = customer()
    needed = {"line1": "12 Hill Road", "city": "Pune", "postal_code": "411001", "country": "IN"}

    response = client.post(BOOK, needed)

    assert response.status_code == 201
    assert response.json()["data"] == {**BLANK, **needed, "id": Address.objects.get().pk, "is_default": True}


@pytest.mark.parametrize("name", ["line1", "city", "postal_code"])
def test_what_the_country_demands_is_asked_for_by_field(api: SchemaClient, name: str) -> None:
    client = customer()
    saved = save_address(client)
    url = f"{BOOK}{saved['id']}/"
    incomplete = {key: value for key, value in ADDRESS.items() if key != name}

    responses = [client.post(BOOK, incomplete), client.put(url, incomplete), client.patch(url, {name: ""})]

    assert [(response.status_code, response.json()["code"]) for response in responses] == [(400, "required")] * 3
    assert [list(response.json()["errors"]) for response in responses] == [[name]] * 3
    assert list_book(client) == [saved]


def test_an_incomplete_address_of_earlier_times_can_become_the_default(api: SchemaClient) -> None:
    user = make_user()
    old = Address.objects.create(user=user, line1="12 Hill Road")
    client = signed_in_client(user)
    url = f"{BOOK}{old.pk}/"

    assert client.patch(url, {"is_default": True, "phone": "+91 98765 43210"}).status_code == 200
    assert list(client.patch(url, {"line1": "13 Hill Road"}).json()["errors"]) == ["city", "postal_code"]
    assert client.patch(url, {"city": "Pune", "postal_code": "411001"}).status_code == 200


@pytest.mark.sampled
@pytest.mark.parametrize(
    "fields",
    [
        {"line1": ""},
        {"line1": None},
        {"line1": "x" * 301},
        {"full_name": "x" * 201},
        {"phone": "call me"},
        {"phone": "1" * 33},
        {"city": "x" * 121},
        {"postal_code": "1" * 21},
        {"country": "x" * 61},
        {"city": "a\x00b"},
        {"city": ["Paris"]},
        {"is_default": "perhaps"},
        {"is_default": None},
    ],
)
def test_what_is_no_address_is_refused_by_field(api: SchemaClient, fields: dict[str, Any]) -> None:
    client = customer()

    response = client.post(BOOK, {**ADDRESS, **fields})

    assert (response.status_code, list(response.json()["errors"])) == (400, list(fields))
    assert not Address.objects.exists()


def test_the_first_is_the_default_and_the_next_ones_are_not(api: SchemaClient) -> None:
    client = customer()

    for line in ("first", "second", "third"):
        save_address(client, line1=line)

    assert [(row["line1"], row["is_default"]) for row in list_book(client)] == [
        ("first", True),
        ("second", False),
        ("third", False),
    ]


def test_a_new_default_takes_the_place_of_the_other_and_stands_first(api: SchemaClient) -> None:
    client = customer()
    save_address(client, line1="first")

    save_address(client, line1="second", is_default=True)

    assert [(row["line1"], row["is_default"]) for row in list_book(client)] == [("second", True), ("first", False)]


@pytest.mark.parametrize("method", ["patch", "put"])
def test_the_default_moves_by_a_change(api: SchemaClient, method: str) -> None:
    client = customer()
    save_address(client, line1="first")
    second = save_address(client, line1="second")

    response = getattr(client, method)(f"{BOOK}{second['id']}/", {**ADDRESS, "line1": "second", "is_default": True})

    assert (response.status_code, response.json()["data"]["is_default"]) == (200, True)
    assert list_default_lines(client) == ["second"]


def test_the_default_of_one_user_is_not_that_of_another(api: SchemaClient) -> None:
    ada, grace = customer(), customer("grace@example.com")
    save_address(ada, line1="first")

    save_address(grace, line1="second", is_default=True)

    assert (list_default_lines(ada), list_default_lines(grace)) == (["first"], ["second"])


def test_a_patch_changes_what_it_names(api: SchemaClient) -> None:
    client = customer()
    saved = save_address(client)

    response = client.patch(f"{BOOK}{saved['id']}/", {"city": "Paris"})

    assert (response.status_code, response.json()["data"]) == (200, {**saved, "city": "Paris"})
    assert client.patch(f"{BOOK}{saved['id']}/", {}).json()["data"] == {**saved, "city": "Paris"}
    assert client.patch(f"{BOOK}{saved['id']}/", {"line1": ""}).status_code == 400


def test_a_put_replaces_the_whole_address(api: SchemaClient) -> None:
    client = customer()
    saved = save_address(client)

    new = {"line1": "1 New Road", "city": "Paris", "postal_code": "75001", "country": "FR"}

    response = client.put(f"{BOOK}{saved['id']}/", new)

    assert response.status_code == 200
    assert response.json()["data"] == {**saved, **BLANK, **new}
    assert client.put(f"{BOOK}{saved['id']}/", {"city": "Paris"}).status_code == 400
    assert list_book(client)[0]["line1"] == "1 New Road"


def test_an_address_is_taken_out(api: SchemaClient) -> None:
    client = customer()
    saved, other = save_address(client), save_address(client, line1="second")

    response = client.delete(f"{BOOK}{other['id']}/")

    assert (response.status_code, response.json()["data"]) == (200, None)
    assert list_book(client) == [saved]
    assert client.delete(f"{BOOK}{other['id']}/").status_code == 404


def test_anothers_address_does_not_exist(api: SchemaClient) -> None:
    saved = save_address(customer())
    thief = customer("grace@example.com")
    url = f"{BOOK}{saved['id']}/"

    answers = [thief.get(url), thief.patch(url, {"city": "X"}), thief.put(url, {"line1": "X"}), thief.delete(url)]
    answers.append(thief.patch(url, {"is_default": True}))

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "address_not_found")] * 5
    assert Address.objects.values(*ADDRESS).get() == ADDRESS
    assert Address.objects.get().is_default


@pytest.mark.parametrize("number", ["0", "999999999999999999", "9" * 19, "abc", "-1", "1.5"])
def test_another_users_address_is_not_found(api: SchemaClient, number: str) -> None:
    assert customer().get(f"{BOOK}{number}/").status_code == 404


def test_who_is_not_signed_in_has_no_book(api: SchemaClient) -> None:
    saved = save_address(customer())
    url = f"{BOOK}{saved['id']}/"

    answers = [api.get(BOOK), api.post(BOOK, ADDRESS), api.get(url), api.patch(url, {}), api.put(url, ADDRESS), api.delete(url)]

    assert {answer.status_code for answer in answers} == {401}
    assert Address.objects.count() == 1


def test_a_book_holds_fifty(api: SchemaClient) -> None:
    user = make_user()
    client = signed_in_client(user)
    Address.objects.bulk_create(Address(user=user, line1=f"Road {number}") for number in range(49))
    save_address(client, line1="the fiftieth")

    response = client.post(BOOK, {**ADDRESS, "is_default": True})

    assert (response.status_code, response.json()["code"]) == (400, "address_book_full")
    assert Address.objects.count() == 50
    client.delete(f"{BOOK}{Address.objects.latest('pk').pk}/")
    assert save_address(client)["id"]
    assert save_address(customer("grace@example.com"))["id"]


def test_the_book_goes_with_the_account(api: SchemaClient) -> None:
    client, other = customer(), customer("grace@example.com")
    save_address(client)
    kept = save_address(other)

    assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200

    assert [address.pk for address in Address.objects.all()] == [kept["id"]]


def test_the_book_of_a_stranger_goes_when_the_owner_of_the_address_comes(api: SchemaClient) -> None:
    user = make_user()
    save_address(signed_in_client(user))
    kept = save_address(customer("grace@example.com"))

    identity_reset.send(sender=User, user=user)

    assert [address.pk for address in Address.objects.all()] == [kept["id"]]
