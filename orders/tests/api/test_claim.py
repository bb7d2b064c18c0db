"""POST /api/orders/<number>/claim/"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, signed_in_client
from orders.models import Order, OrderEvent
from orders.tests.factories import customer, database_rows, placed
from orders.tokens import order_token
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def claim(client: SchemaClient, number: str, token: str) -> Any:
    """Claim an order for the client's account."""
    return client.post(f"/api/orders/{number}/claim/", headers={"X-Order-Token": token} if token else {})


@pytest.fixture
def order(api: SchemaClient) -> dict[str, Any]:
    """A guest's order."""
    add_to_cart(api, make_product(), 2)
    return placed(api)


def test_the_order_joins_the_account(order: dict[str, Any]) -> None:
    client = customer("grace@example.com")

    response = claim(client, order["number"], order["order_token"])

    mine = {name: value for name, value in order.items() if name != "order_token"}
    assert (response.status_code, response.json()["data"]) == (200, mine)
    assert client.get("/api/orders/my/").json()["data"] == [mine]
    assert client.get(f"/api/orders/{order['number']}/").json()["data"] == mine
    user = User.objects.get()
    event = OrderEvent.objects.latest("pk")
    assert (event.kind, event.user, event.from_status, event.to_status) == ("claimed", user, "processing", "processing")


def test_its_token_opens_nothing_from_then_on(order: dict[str, Any]) -> None:
    claim(customer(), order["number"], order["order_token"])
    token = {"X-Order-Token": order["order_token"]}
    url = f"/api/orders/{order['number']}/"
    before = database_rows()

    for stranger in (SchemaClient(), customer("grace@example.com")):
        assert stranger.get(url, headers=token).status_code == 404
        assert stranger.post(f"{url}cancel/", headers=token).status_code == 404
        assert stranger.post(f"{url}pay/", headers=token).status_code == 404

    assert {name: rows for name, rows in database_rows().items() if rows != before[name]} == {}


def test_nobody_claims_it_a_second_time(order: dict[str, Any]) -> None:
    first, second = customer(), customer("grace@example.com")
    claim(first, order["number"], order["order_token"])
    events = OrderEvent.objects.count()

    answers = [claim(client, order["number"], order["order_token"]) for client in (second, first)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "order_not_found")] * 2
    assert (Order.objects.get().user, OrderEvent.objects.count()) == (User.objects.get(email="ada@example.com"), events)


@pytest.mark.parametrize("token", ["", "wrong", " ", "A" * 43, "A" * 5000])
def test_a_wrong_token_opens_nothing(order: dict[str, Any], token: str) -> None:
    response = claim(customer(), order["number"], token)

    assert (response.status_code, Order.objects.get().user) == (404, None)


def test_the_token_of_one_order_does_not_open_another(order: dict[str, Any]) -> None:
    other = SchemaClient()
    add_to_cart(other, make_product("Mug"))
    second = placed(other, email="eve@example.com")

    assert claim(customer(), order["number"], second["order_token"]).status_code == 404

    assert not Order.objects.exclude(user=None).exists()


def test_who_is_not_signed_in_claims_nothing(order: dict[str, Any]) -> None:
    response = claim(SchemaClient(), order["number"], order["order_token"])

    assert (response.status_code, Order.objects.get().user) == (401, None)


def test_ones_own_order_is_not_claimed(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    order = placed(client)

    for token in ("", order_token(order["number"])):
        assert claim(client, order["number"], token).status_code == 404


def test_an_order_that_is_not_there_is_not_found(db: None) -> None:
    assert claim(customer(), "260101-AAAAAA", "x").status_code == 404


def test_neither_a_registration_nor_a_sign_in_claims_anything(order: dict[str, Any]) -> None:
    body = {"email": "ada@example.com", "password": "a lamp on the hill", "mode": "token"}
    registered = SchemaClient().post("/api/auth/register/", body)

    assert registered.status_code == 201
    token = registered.json()["data"]["access_token"]
    assert SchemaClient().bearer(token).get("/api/orders/my/").json()["data"] == []
    assert Order.objects.get().user is None


def test_a_claimed_order_is_erased_with_the_account(order: dict[str, Any]) -> None:
    user = make_user()
    client = signed_in_client(user)
    claim(client, order["number"], order["order_token"])
    Order.objects.update(status="delivered")

    assert client.delete("/api/auth/me/", {"password": "a lamp on the hill"}).status_code == 200

    assert Order.objects.values("name", "email", "phone", "note", "address").get() == {
        **dict.fromkeys(("name", "email", "phone", "note"), ""),
        "address": {},
    }
    assert SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one_claim() -> None:
    guest = SchemaClient()
    add_to_cart(guest, make_product())
    order = placed(guest)
    tokens = [make_access_token(make_user(f"buyer-{number}@example.com")) for number in range(4)]

    def act(number: int) -> int:
        status: int = claim(SchemaClient().bearer(tokens[number]), order["number"], order["order_token"]).status_code
        return status

    assert sorted(run_concurrently(4, act)) == [200, 404, 404, 404]
    assert OrderEvent.objects.filter(kind="claimed").count() == 1
