"""GET /api/orders/<number>/"""

import pytest

from accounts.models import User
from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import customer, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("form", ["/api/orders/{}/", "/api/orders/{}", "/orders/{}/", "/orders/{}"])
def test_a_user_reads_their_order(db: None, form: str) -> None:
    client = customer()
    add_to_cart(client, make_product(), 2)
    order = placed(client)

    response = client.get(form.format(order["number"]))

    assert response.status_code == 200
    assert response.json()["data"] == order


def test_a_guest_reads_an_order_with_its_token(api: SchemaClient) -> None:
    add_to_cart(api, make_product(), 2)
    order = placed(api)

    response = SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})

    assert response.status_code == 200
    assert response.json()["data"] == order


def test_the_token_opens_a_guests_order_for_a_signed_in_caller_too(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    order = placed(api)

    response = customer().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})

    assert response.status_code == 200


@pytest.mark.parametrize("who", ["another user", "a guest"])
def test_the_order_of_a_user_is_for_others_like_one_that_never_was(db: None, who: str) -> None:
    owner = customer()
    add_to_cart(owner, make_product())
    number = placed(owner)["number"]
    client = customer("bob@example.com") if who == "another user" else SchemaClient()

    foreign, unknown = client.get(f"/api/orders/{number}/"), client.get("/api/orders/250101-000000/")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()


@pytest.mark.parametrize("token", ["none", "empty", "nonsense", "another order's", "the cart's key"])
def test_a_guests_order_is_closed_without_its_own_token(api: SchemaClient, token: str) -> None:
    lamp, other = make_product(), SchemaClient()
    key = add_to_cart(api, lamp)["cart_token"]
    add_to_cart(other, lamp)
    number, foreign_token = placed(api)["number"], placed(other)["order_token"]
    tokens = {"empty": "", "nonsense": "x" * 43, "another order's": foreign_token, "the cart's key": key}
    headers = {"X-Order-Token": tokens[token]} if token in tokens else {}

    closed, unknown = (SchemaClient().get(f"/api/orders/{n}/", headers=headers) for n in (number, "250101-000000"))

    assert closed.status_code == unknown.status_code == 404
    assert closed.json() == unknown.json()


def test_a_token_that_is_not_ascii_is_refused_by_its_header(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    number = placed(api)["number"]

    responses = [SchemaClient().get(f"/api/orders/{n}/", headers={"X-Order-Token": "clé"}) for n in (number, "250101-000000")]

    assert [(response.status_code, response.json()["code"]) for response in responses] == [(400, "invalid_header")] * 2
    assert responses[0].json()["details"] == {"header": "X-Order-Token"}


def test_a_users_order_is_opened_by_no_token(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    order = placed(api)
    client = customer()
    Order.objects.update(user=User.objects.get())

    by_token = SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})

    assert by_token.status_code == 404
    assert client.get(f"/api/orders/{order['number']}/").status_code == 200


@pytest.mark.parametrize("number", ["nonsense", "0", "250101-0000000", "250101", "../my", "%00", "250101-ÀÀÀÀÀÀ"])
def test_what_is_no_number_is_not_found(api: SchemaClient, number: str) -> None:
    response = api.get(f"/api/orders/{number}/")

    assert response.status_code == 404


def test_the_number_may_be_written_in_small_letters(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    order = placed(client)

    response = client.get(f"/api/orders/{order['number'].lower()}/")

    assert response.json()["data"]["number"] == order["number"]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
def test_an_order_cannot_be_written(db: None, method: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    order = placed(client)

    response = getattr(client, method)(f"/api/orders/{order['number']}/", {"status": "delivered"})

    assert response.status_code == 405
    assert Order.objects.get().status == "processing"
