"""REQUIRE_VERIFIED_EMAIL: users with an unconfirmed address cannot order, and can do everything else"""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import PASSWORD
from accounts.tests.mails import get_link_params
from carts.tests.factories import add_to_cart, get_cart, signed_in_client
from orders.tests.factories import create, customer, database_rows, order_body, placed
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    """The setting is on."""
    settings.REQUIRE_VERIFIED_EMAIL = True


@pytest.fixture
def lamp() -> Product:
    """A product to order."""
    return make_product(stock=50)


@pytest.mark.parametrize("url", ["/api/orders/create/", "/api/orders/create", "/api/order/create", "/orders/create/"])
def test_nothing_can_be_ordered_in_any_way_and_nothing_changes(lamp: Product, url: str) -> None:
    client = customer()
    add_to_cart(client, lamp)
    before = database_rows()

    response = client.post(url, order_body())

    assert (response.status_code, response.json()["code"]) == (403, "email_not_verified")
    assert database_rows() == before


def test_another_address_in_the_order_does_not_help(lamp: Product) -> None:
    client = customer()
    add_to_cart(client, lamp)

    assert create(client, email="proved@example.com").status_code == 403
    assert create(client, email="").status_code == 403


def test_everything_else_goes_on(lamp: Product) -> None:
    client = customer()

    add_to_cart(client, lamp, 2)
    responses: list[Any] = [
        client.patch("/api/auth/me/", {"first_name": "Ada"}),
        client.get("/api/orders/my/"),
        client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 1}),
        client.get("/api/auth/sessions/"),
        client.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD}),
    ]

    assert [response.status_code for response in responses] == [200] * 5
    assert get_cart(client)["total_items"] == 1


def test_the_link_of_the_mail_opens_the_way(lamp: Product) -> None:
    client = customer()
    add_to_cart(client, lamp)
    client.post("/api/auth/email/resend/")
    assert create(client).status_code == 403

    SchemaClient().post("/api/auth/email/verify/", {"token": get_link_params("ada@example.com")["token"]})

    assert create(client).status_code == 201


def test_a_new_password_by_mail_proves_the_address_too(lamp: Product) -> None:
    customer()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    body = {**get_link_params("ada@example.com"), "new_password": "a lamp in the valley"}
    SchemaClient().post("/api/auth/password/reset/confirm/", body)
    client = signed_in_client(User.objects.get())
    add_to_cart(client, lamp)

    assert create(client).status_code == 201


def test_a_changed_address_has_been_proved_by_the_change(lamp: Product) -> None:
    client = customer()
    client.post("/api/auth/email/change/", {"new_email": "ada@lovelace.example", "password": PASSWORD})
    add_to_cart(client, lamp)
    assert create(client).status_code == 403
    SchemaClient().post("/api/auth/email/verify/", {"token": get_link_params("ada@lovelace.example")["token"]})

    assert placed(client, email="")["email"] == "ada@lovelace.example"


def test_guests_and_accounts_by_phone_order_as_ever(lamp: Product) -> None:
    for client in (SchemaClient(), signed_in_client(User.objects.create_user(phone="+13128059851"))):
        add_to_cart(client, lamp)
        placed(client, name="Ada", email="anybody@example.com")


def test_it_is_off_by_default(lamp: Product, settings: Settings) -> None:
    settings.REQUIRE_VERIFIED_EMAIL = False
    client = customer()
    add_to_cart(client, lamp)

    assert create(client).status_code == 201
