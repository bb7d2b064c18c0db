"""A call whose account is closed between two of its statements gets 401, or the response for guests"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.factories import PASSWORD, make_user, sign_in
from accounts.tests.phones import PHONE, request_code, use_sms_file, verify_code
from carts.models import Cart
from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import order_body
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]
NEW = "a lamp in the valley"
SESSION, USER = 'FROM "accounts_authsession"', 'FROM "accounts_user" WHERE'


def close_account(token: str) -> int:
    """Close the account from another device."""
    try:
        status: int = SchemaClient().bearer(token).delete("/api/auth/me/", {"password": PASSWORD}).status_code
        return status
    finally:
        connections.close_all()


@contextmanager
def close_after_statement(part: str, token: str) -> Iterator[list[int]]:
    """Close the account after the first statement with this part; yields the status of the closing call."""
    responses: list[int] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if part in sql and not responses and not connection.in_atomic_block:
            responses.append(0)
            with ThreadPoolExecutor(1) as other:
                responses[0] = other.submit(close_account, token).result()
        return result

    with connection.execute_wrapper(watch):
        yield responses


def call_while_closing(part: str, method: str, url: str, body: dict[str, Any]) -> Any:
    """Send this as a signed-in customer whose account is closed after the first statement with this part."""
    (token, _), (other, _) = sign_in(), sign_in()
    client = SchemaClient().bearer(token)
    client.raise_request_exception = False
    with close_after_statement(part, other) as responses:
        response = getattr(client, method)(url, body)
    assert responses == [200]
    assert not User.objects.exists()
    assert not AuthSession.objects.exists()
    assert not AuthEvent.objects.exclude(user=None).exists()
    return response


@pytest.fixture
def ada() -> User:
    """The user whose account is closed."""
    return make_user()


def test_a_cart_is_not_filled(ada: User) -> None:
    lamp = make_product(stock=5)

    response = call_while_closing(SESSION, "post", "/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 401
    assert not Cart.objects.exists()


def test_nothing_is_ordered(ada: User) -> None:
    lamp = make_product(stock=5)
    add_to_cart(SchemaClient().bearer(sign_in()[0]), lamp)

    response = call_while_closing(SESSION, "post", "/api/orders/create/", order_body())

    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("post", "/api/auth/email/change/", {"new_email": "eve@example.com", "password": PASSWORD}),
        ("post", "/api/auth/email/change/", {"new_email": "eve@example.com", "password": "wrong"}),
        ("post", "/api/auth/phone/change/", {"new_phone": "+13128059852", "new_phone_code": "123456", "password": PASSWORD}),
        ("post", "/api/auth/password/change/", {"old_password": "wrong", "new_password": NEW}),
        ("delete", "/api/auth/me/", {"password": "wrong"}),
    ],
)
def test_what_would_be_noted_for_it_is_refused(ada: User, method: str, url: str, body: dict[str, Any]) -> None:
    assert call_while_closing(SESSION, method, url, body).status_code in (400, 401)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("delete", "/api/auth/me/", {"password": PASSWORD}),
        ("patch", "/api/auth/me/", {"first_name": "Eve"}),
        ("post", "/api/auth/password/change/", {"old_password": PASSWORD, "new_password": NEW}),
    ],
)
def test_what_would_change_it_is_refused(ada: User, method: str, url: str, body: dict[str, Any]) -> None:
    assert call_while_closing(SESSION, method, url, body).status_code == 401


def test_the_right_password_opens_nothing(ada: User) -> None:
    response = call_while_closing(USER, "post", "/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")
    assert not response.cookies


@pytest.mark.parametrize(("part", "everywhere"), [(SESSION, True), ('UPDATE "accounts_authsession"', False)])
def test_leaving_succeeds_always(ada: User, part: str, everywhere: bool) -> None:
    assert call_while_closing(part, "post", "/api/auth/logout/", {"all": everywhere}).status_code == 200


def test_a_wrong_password_is_a_wrong_password(ada: User) -> None:
    response = call_while_closing(USER, "post", "/api/auth/login/", {"email": "ada@example.com", "password": "wrong"})

    assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")


def test_a_right_code_opens_no_account_that_is_closed_at_that_moment(settings: Settings, tmp_path: Path) -> None:
    texts = use_sms_file(tmp_path, settings)
    User.objects.create_user(phone=PHONE)
    code = request_code(texts)

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if USER in sql and "phone" in sql and User.objects.exists():
            User.objects.all().delete()
        return result

    with connection.execute_wrapper(watch):
        response = verify_code(code)

    assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")
    assert not User.objects.exists()
