"""Rate limits over HTTP: expensive calls are counted before they run"""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD, make_access_token, make_user, refresh_tokens, sign_in
from carts.models import Cart
from carts.tests.factories import add_to_cart, signed_in_client
from orders.tests.factories import create
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def log_in(password: str = "wrong", email: str = "ada@example.com", ip: str = "127.0.0.1") -> Any:  # noqa: S107
    """Try to sign in from an IP address."""
    credentials = {"email": email, "password": password, "mode": "token"}
    return SchemaClient(REMOTE_ADDR=ip).post("/api/auth/login/", credentials)


def set_limits(settings: Settings, **rates: tuple[tuple[int, int], ...]) -> None:
    """Set rate limits, each as (calls, seconds)."""
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, **rates}


@pytest.mark.django_db
def test_after_ten_wrong_passwords_in_a_minute_the_right_one_is_refused_too() -> None:
    make_user()
    assert {log_in().status_code for _ in range(10)} == {401}

    rejected, right = log_in(), log_in(PASSWORD)

    assert [rejected.status_code, right.status_code] == [429, 429]
    assert 0 < int(right["Retry-After"]) <= 60
    assert not AuthSession.objects.exists()
    assert AuthEvent.objects.filter(event="login_fail").count() == 10


@pytest.mark.django_db(transaction=True)
def test_of_thirty_wrong_passwords_at_once_ten_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    make_user()
    looked_at: list[str] = []

    def watched(raw_password: str, *rest: Any, **named: Any) -> bool:
        looked_at.append(raw_password)
        return check_password(raw_password, *rest, **named)

    monkeypatch.setattr("accounts.models.check_password", watched)

    responses = run_concurrently(30, lambda number: log_in(f"wrong {number}"))

    assert sorted(response.status_code for response in responses) == [401] * 10 + [429] * 20
    assert len(looked_at) == 10


@pytest.mark.django_db
def test_one_address_tries_one_account_ten_times_in_a_quarter_of_an_hour(settings: Settings) -> None:
    set_limits(settings, login_ip=((100, 60),))
    make_user("eve@example.com")

    statuses = [log_in().status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert log_in(PASSWORD, "eve@example.com").status_code == 200


@pytest.mark.django_db
def test_many_addresses_cannot_shut_the_owner_out(settings: Settings) -> None:
    set_limits(settings, login_mail=((5, 3600),))
    make_user()
    assert log_in(PASSWORD, ip="203.0.113.7").status_code == 200  # counts too, because no sign-in from there had succeeded yet
    statuses = [log_in(ip=f"198.51.100.{number}").status_code for number in range(6)]

    assert statuses == [401] * 4 + [429] * 2
    assert log_in(PASSWORD, ip="192.0.2.1").status_code == 429
    assert log_in(PASSWORD, ip="203.0.113.7").status_code == 200


@pytest.mark.django_db
def test_an_unknown_address_is_counted_like_a_known_one() -> None:
    statuses = [log_in(email="nobody@example.com").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]


@pytest.mark.django_db
def test_ten_accounts_an_hour() -> None:
    def register(number: int) -> int:
        credentials = {"email": f"user{number}@example.com", "password": PASSWORD}
        status: int = SchemaClient().post("/api/auth/register/", credentials).status_code
        return status

    assert [register(number) for number in range(11)] == [201] * 10 + [429]
    assert User.objects.count() == 10


@pytest.mark.django_db
def test_a_session_is_refreshed_thirty_times_a_minute_and_another_is_another() -> None:
    make_user()
    _, token = sign_in()
    _, other = sign_in()

    statuses = [refresh_tokens(token).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]
    assert refresh_tokens(other).status_code == 200


@pytest.mark.django_db
def test_writes_to_carts_are_counted_and_reads_are_not(settings: Settings) -> None:
    set_limits(settings, cart_write=((3, 60),))
    client = signed_in_client(make_user())
    lamp = make_product(stock=50)

    statuses = [client.post("/api/cart/add/", {"product_id": lamp.pk}).status_code for _ in range(4)]

    assert statuses == [201, 200, 200, 429]
    assert client.get("/api/cart/").json()["data"]["total_items"] == 3
    assert client.post("/api/cart/").status_code == 200
    assert SchemaClient().post("/api/cart/add/", {"product_id": lamp.pk}).status_code == 201


@pytest.mark.django_db
def test_new_carts_of_guests_are_counted_and_old_ones_go_on(settings: Settings) -> None:
    set_limits(settings, guest_new=((2, 60),))
    lamp = make_product(stock=50)
    old = SchemaClient()
    add_to_cart(old, lamp)
    add_to_cart(SchemaClient(), lamp)

    response = SchemaClient().post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 429
    assert Cart.objects.count() == 2
    add_to_cart(old, lamp)
    add_to_cart(signed_in_client(make_user()), lamp)


@pytest.mark.django_db
def test_orders_are_counted() -> None:
    client = signed_in_client(make_user())

    statuses = [create(client).status_code for _ in range(11)]

    assert statuses == [400] * 10 + [429]


@pytest.mark.django_db
def test_the_admin_looks_at_five_passwords_a_minute() -> None:
    User.objects.create_superuser("root@example.com", "a root of oak")
    browser = Client()

    def try_in(password: str) -> Any:
        return browser.post("/admin/login/", {"username": "root@example.com", "password": password})

    assert [try_in("wrong").status_code for _ in range(5)] == [200] * 5
    refused = try_in("a root of oak")

    assert (refused.status_code, "sessionid" in str(refused.cookies)) == (429, False)
    assert int(refused["Retry-After"]) <= 60
    assert browser.get("/admin/login/").status_code == 200


@pytest.mark.django_db
def test_refused_writes_are_noted_ten_times_a_minute_and_refused_always(api: SchemaClient) -> None:
    def forged() -> Any:
        return api.post("/api/cart/add/", {"product_id": 1}, headers={"Origin": "http://evil.example"})

    responses = [forged() for _ in range(12)]

    assert {(response.status_code, response.json()["code"]) for response in responses} == {(403, "csrf_failed")}
    events = [(event.event, event.user, event.detail) for event in AuthEvent.objects.all()]
    assert events == [("csrf_refused", None, {"origin": "http://evil.example", "path": "/api/cart/add/"})] * 10


@pytest.mark.django_db
def test_a_user_is_counted_whatever_the_address(settings: Settings) -> None:
    set_limits(settings, user=((2, 60),), anon=((1, 60),))
    token = make_access_token(make_user())

    statuses = [
        SchemaClient(REMOTE_ADDR=f"198.51.100.{number}").bearer(token).get("/api/auth/me/").status_code for number in range(3)
    ]

    assert statuses == [200, 200, 429]


@pytest.mark.django_db
def test_refreshing_with_an_invalid_token_is_limited_and_without_a_token_is_not(settings: Settings) -> None:
    set_limits(settings, refresh=((3, 60),))

    without = [SchemaClient().post("/api/auth/refresh/").status_code for _ in range(5)]
    garbled = [SchemaClient().post("/api/auth/refresh/", {"refresh_token": "x"}).status_code for _ in range(4)]

    assert (without, garbled) == ([401] * 5, [401, 401, 401, 429])


@pytest.mark.django_db
def test_an_add_that_is_refused_makes_no_cart_and_counts_as_none(settings: Settings) -> None:
    set_limits(settings, guest_new=((1, 60),))
    gone, lamp = make_product("Gone", stock=0), make_product()

    refused = [SchemaClient().post("/api/cart/add/", {"product_id": gone.pk}).status_code for _ in range(3)]

    assert refused == [400] * 3
    assert SchemaClient().post("/api/cart/add/", {"product_id": lamp.pk}).status_code == 201
    assert Cart.objects.count() == 1


@pytest.mark.django_db
def test_orders_under_the_other_address_are_counted_as_orders_too(settings: Settings) -> None:
    set_limits(settings, checkout=((1, 60),))
    client = SchemaClient()
    add_to_cart(client, make_product())
    create(client)

    response = client.post("/api/order/create/", {"payment_method": "cod"})

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
