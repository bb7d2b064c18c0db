"""Law L2, no lost update: concurrent changes of one cart all count, over HTTP with real threads."""

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts import guest_keys
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add_to_cart, guest_client, make_guest_cart, signed_in_client
from products.models import Product
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, Response, at_once, count_statuses

CALLERS = 20


def add_concurrently(caller: Caller, product: Product, count: int) -> list[Response]:
    """Add one unit this many times at once."""
    return at_once([caller.make_post("/api/cart/add/", {"product_id": product.pk})] * count)


@pytest.mark.parametrize("actor", ["guest", "user"])
@pytest.mark.parametrize("cart", ["new", "old"])
def test_twenty_adds_at_once_are_twenty_units_in_one_line(live_server: LiveServer, actor: str, cart: str) -> None:
    lamp, mug = make_product("Lamp", stock=50), make_product("Mug")
    user, key = make_user(), guest_keys.mint()
    caller = Caller(
        live_server.url, {"X-Cart-Token": key} if actor == "guest" else {"Authorization": f"Bearer {make_access_token(user)}"}
    )
    if cart == "old":
        add_to_cart(guest_client(key) if actor == "guest" else signed_in_client(user), mug)

    responses = add_concurrently(caller, lamp, CALLERS)

    assert count_statuses(responses) == {200: CALLERS - 1, 201: 1}
    assert CartItem.objects.get(variant__product=lamp).quantity == CALLERS
    assert Cart.objects.count() == 1
    assert CartAuditLog.objects.filter(product=lamp, action="ADD").count() == CALLERS


def test_adds_at_once_never_pass_what_is_left(live_server: LiveServer) -> None:
    lamp = make_product(stock=5)
    caller = Caller(live_server.url, {"X-Cart-Token": guest_keys.mint()})

    responses = add_concurrently(caller, lamp, 12)

    assert count_statuses(responses) == {200: 4, 201: 1, 400: 7}
    assert CartItem.objects.get().quantity == 5
    assert CartAuditLog.objects.count() == 5


def test_eight_logins_at_once_count_the_guests_cart_once(live_server: LiveServer) -> None:
    lamp, user = make_product(stock=99), make_user()
    add_to_cart(signed_in_client(user), lamp, 3)
    key = make_guest_cart(lamp, 2)
    caller = Caller(live_server.url, {"X-Cart-Token": key})

    responses = at_once([caller.make_post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})] * 8)

    assert count_statuses(responses) == {200: 8}
    assert [response.body["data"]["cart_merge"]["merged"] for response in responses if "cart_merge" in response.body["data"]] == [1]
    assert CartItem.objects.get().quantity == 5
    assert CartAuditLog.objects.filter(action="MERGE", product=lamp).count() == 1


def test_what_a_guest_adds_while_signing_in_is_in_one_cart_or_the_other(live_server: LiveServer) -> None:
    lamp = make_product(stock=99)
    make_user()
    key = make_guest_cart(lamp, 2)
    caller = Caller(live_server.url, {"X-Cart-Token": key})
    login = {"email": "ada@example.com", "password": PASSWORD}

    responses = at_once(
        [caller.make_post("/api/cart/add/", {"product_id": lamp.pk})] * 6 + [caller.make_post("/api/auth/login/", login)]
    )

    assert {response.status for response in responses} <= {200, 201}
    assert sum(CartItem.objects.values_list("quantity", flat=True)) == 8
    assert Cart.objects.filter(user__isnull=False).count() == 1


def test_first_adds_under_a_new_key_while_it_signs_in_all_count(live_server: LiveServer) -> None:
    lamp = make_product(stock=99)
    make_user()
    login = {"email": "ada@example.com", "password": PASSWORD}
    responses: list[Response] = []

    for _ in range(5):
        caller = Caller(live_server.url, {"X-Cart-Token": guest_keys.mint()})
        adding, signing_in = (
            caller.make_post("/api/cart/add/", {"product_id": lamp.pk}),
            caller.make_post("/api/auth/login/", login),
        )
        responses += at_once([adding, adding, signing_in] * 4)

    assert {response.status for response in responses} == {200, 201}
    assert sum(CartItem.objects.values_list("quantity", flat=True)) == 5 * 8


def test_two_guests_of_one_account_signing_in_at_once_lose_nothing(live_server: LiveServer) -> None:
    lamp = make_product(stock=99)
    make_user()
    login = {"email": "ada@example.com", "password": PASSWORD}
    callers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp, units)}) for units in (1, 2, 3, 4)]

    responses = at_once([caller.make_post("/api/auth/login/", login) for caller in callers])

    assert count_statuses(responses) == {200: 4}
    assert CartItem.objects.get().quantity == 10
    assert Cart.objects.filter(user__isnull=False).count() == 1
