"""DELETE /api/auth/me/: an account is closed and its personal data is erased"""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from accounts.models import AuthEvent, AuthSession, User
from accounts.signals import account_erased
from accounts.tests.factories import PASSWORD, get_me, sign_in
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add_to_cart
from orders.models import Order, OrderItem, Redemption
from orders.tests.factories import create, customer, placed
from pricing.tests.factories import make_promotion
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PERSONAL = ("name", "email", "phone", "note", "address")
ERASED = {"name": "", "email": "", "phone": "", "note": "", "address": {}}


def close_account(client: SchemaClient, **body: str) -> Any:
    """Close the account of the client."""
    return client.delete("/api/auth/me/", {"password": PASSWORD, **body})


def make_buyer(count: int = 1) -> tuple[SchemaClient, list[str]]:
    """Return a customer with this number of orders, and the order numbers."""
    client = customer()
    lamp = make_product(stock=50)
    numbers = []
    for _ in range(count):
        add_to_cart(client, lamp)
        numbers.append(placed(client, note="Ring twice")["number"])
    return client, numbers


def get_personal_data(number: str) -> dict[str, Any]:
    """Return the personal data of an order."""
    order = Order.objects.get(number=number)
    return {column: getattr(order, column) for column in PERSONAL}


@pytest.mark.django_db
def test_sessions_carts_and_logs_go_and_the_address_is_free_again() -> None:
    client = customer()
    add_to_cart(client, make_product())
    other, _ = sign_in()

    response = close_account(client)

    assert response.status_code == 200
    assert [cookie.value for cookie in response.cookies.values()] == [""] * 4
    for model in (User, AuthSession, Cart, CartItem, CartAuditLog):
        assert not model.objects.exists()
    event = AuthEvent.objects.get()
    assert (event.event, event.user, event.ip, event.user_agent, event.detail) == ("erased", None, None, "", {})
    assert get_me(other).json()["code"] == "session_revoked"
    retry = SchemaClient().post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    assert retry.status_code == 201


@pytest.mark.django_db
def test_a_finished_order_stays_without_its_buyer() -> None:
    client, (number,) = make_buyer()
    Order.objects.update(status="delivered")
    total = Order.objects.get().total

    close_account(client)

    order = Order.objects.get()
    assert get_personal_data(number) == ERASED
    assert (order.user, order.total, order.idempotency_scope) == (None, total, "")
    assert OrderItem.objects.count() == 1


@pytest.mark.django_db
def test_an_order_that_is_still_to_be_delivered_keeps_its_address_until_it_is() -> None:
    client, (number,) = make_buyer()
    before = get_personal_data(number)

    close_account(client)
    call_command("clean_up", verbosity=0)
    assert get_personal_data(number) == before
    Order.objects.update(status="delivered")
    call_command("clean_up", verbosity=0)

    assert get_personal_data(number) == ERASED


@pytest.mark.django_db
def test_no_one_can_read_the_order_any_more() -> None:
    guest = SchemaClient()
    add_to_cart(guest, make_product())
    order = placed(guest, name="Ada", phone="+913128059851")
    user = User.objects.create_user("ada@example.com", PASSWORD)
    Order.objects.update(user=user)
    client = SchemaClient().bearer(sign_in()[0])
    assert client.get(f"/api/orders/{order['number']}/").status_code == 200

    close_account(client)

    response = SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})
    assert response.status_code == 404


@pytest.mark.django_db
def test_the_data_is_consistent_afterwards() -> None:
    client, _ = make_buyer(2)
    stock = list(Variant.objects.values("stock", "reserved"))

    close_account(client)

    assert list(Variant.objects.values("stock", "reserved")) == stock == [{"stock": 48, "reserved": 0}]
    assert Order.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{"password": "wrong"}, {"password": ""}, {"password": "", "verification_code": "1"}])
def test_without_the_password_nothing_is_erased(body: dict[str, str]) -> None:
    client, (number,) = make_buyer()
    before = get_personal_data(number)

    response = close_account(client, **body)

    assert (response.status_code, response.json()["code"]) == (400, "wrong_password")
    assert User.objects.get().is_active
    assert get_personal_data(number) == before
    assert client.get("/api/auth/me/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["is_staff", "is_seller", "is_superuser"])
def test_accounts_that_the_shop_depends_on_stay(role: str) -> None:
    client = customer()
    User.objects.update(**{role: True})

    response = close_account(client)

    assert (response.status_code, response.json()["code"]) == (409, "account_in_use")
    assert User.objects.exists()


def test_a_guest_has_no_account_to_close(api: SchemaClient) -> None:
    assert close_account(api).status_code == 401


@pytest.mark.django_db
def test_where_one_app_fails_nothing_is_erased() -> None:
    client, (number,) = make_buyer()
    before = get_personal_data(number)
    carts = list(Cart.objects.values())
    client.raise_request_exception = False

    def fail(**_: Any) -> None:
        raise RuntimeError("a receiver is broken")

    account_erased.connect(fail)
    try:
        response = close_account(client)
    finally:
        account_erased.disconnect(fail)

    assert response.status_code == 500
    assert User.objects.get().is_active
    assert get_personal_data(number) == before
    assert list(Cart.objects.values()) == carts
    assert Order.objects.get().erased_at is None


@pytest.mark.django_db
def test_an_account_that_is_closed_twice_is_gone_the_second_time() -> None:
    client, _ = make_buyer()
    other = SchemaClient().bearer(sign_in()[0])

    assert [close_account(client).status_code, close_account(other).status_code] == [200, 401]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_blocked_by_a_held_cart_asks_to_try_again() -> None:
    client, _ = make_buyer()

    def hold(is_locked: bool, **_: Any) -> None:
        if is_locked:
            raise OperationalError("the cart is held")

    account_erased.connect(hold)
    try:
        response = close_account(client)
    finally:
        account_erased.disconnect(hold)

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert User.objects.exists()
    assert Order.objects.get().erased_at is None


@pytest.mark.django_db
def test_uses_of_promotions_forget_the_account_and_keep_the_hashes() -> None:
    make_promotion("Once each", code="WELCOME", per_customer=1)
    client = customer()
    lamp = make_product(stock=50)
    add_to_cart(client, lamp)
    placed(client, codes=["welcome"])
    before = Redemption.objects.get()
    assert before.user is not None

    assert close_account(client).status_code == 200

    after = Redemption.objects.get()
    assert (after.user, after.state, after.email_hash, after.phone_hash) == (None, "used", before.email_hash, before.phone_hash)
    assert len(after.email_hash) == len(after.phone_hash) == 64
    again = customer()
    add_to_cart(again, lamp)
    assert create(again, codes=["welcome"]).json()["code"] == "cart_changed"
