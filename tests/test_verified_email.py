"""REQUIRE_VERIFIED_EMAIL: who has not confirmed his address cannot order, and can do everything else"""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import PASSWORD
from accounts.tests.mails import one_link
from carts.tests.factories import add, cart_of, signed_in
from orders.tests.factories import books, create, customer, form, placed
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    """Let the shop ask for it."""
    settings.REQUIRE_VERIFIED_EMAIL = True


@pytest.fixture
def lamp() -> Product:
    """Something to buy."""
    return make_product(stock=50)


@pytest.mark.parametrize("url", ["/api/orders/create/", "/api/orders/create", "/api/order/create", "/orders/create/"])
def test_nothing_is_ordered_by_any_road_and_nothing_changes(lamp: Product, url: str) -> None:
    client = customer()
    add(client, lamp)
    before = books()

    response = client.post(url, form())

    assert (response.status_code, response.json()["code"]) == (403, "email_not_verified")
    assert books() == before


def test_another_address_in_the_order_does_not_help(lamp: Product) -> None:
    client = customer()
    add(client, lamp)

    assert create(client, email="proved@example.com").status_code == 403
    assert create(client, email="").status_code == 403


def test_everything_else_goes_on(lamp: Product) -> None:
    client = customer()

    add(client, lamp, 2)
    answers: list[Any] = [
        client.patch("/api/auth/me/", {"first_name": "Ada"}),
        client.get("/api/orders/my/"),
        client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 1}),
        client.get("/api/auth/sessions/"),
        client.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert cart_of(client)["total_items"] == 1


def test_the_link_of_the_mail_opens_the_way(lamp: Product) -> None:
    client = customer()
    add(client, lamp)
    client.post("/api/auth/email/resend/")
    assert create(client).status_code == 403

    SchemaClient().post("/api/auth/email/verify/", {"token": one_link("ada@example.com")["token"]})

    assert create(client).status_code == 201


def test_a_new_password_by_mail_proves_the_address_too(lamp: Product) -> None:
    customer()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    body = {**one_link("ada@example.com"), "new_password": "a lamp in the valley"}
    SchemaClient().post("/api/auth/password/reset/confirm/", body)
    client = signed_in(User.objects.get())
    add(client, lamp)

    assert create(client).status_code == 201


def test_a_changed_address_has_been_proved_by_the_change(lamp: Product) -> None:
    client = customer()
    client.post("/api/auth/email/change/", {"new_email": "ada@lovelace.example", "password": PASSWORD})
    add(client, lamp)
    assert create(client).status_code == 403
    SchemaClient().post("/api/auth/email/verify/", {"token": one_link("ada@lovelace.example")["token"]})

    assert placed(client, email="")["email"] == "ada@lovelace.example"


def test_guests_and_accounts_by_phone_order_as_ever(lamp: Product) -> None:
    for client in (SchemaClient(), signed_in(User.objects.create_user(phone="+13128059851"))):
        add(client, lamp)
        placed(client, name="Ada", email="anybody@example.com")


def test_it_is_off_where_nobody_asks_for_it(lamp: Product, settings: Settings) -> None:
    settings.REQUIRE_VERIFIED_EMAIL = False
    client = customer()
    add(client, lamp)

    assert create(client).status_code == 201
