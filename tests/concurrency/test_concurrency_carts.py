"""L2, no lost update: concurrent changes of one cart all count, over HTTP, with real threads."""

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import PASSWORD, access_token, make_user
from carts import guest_keys
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add, guest, guest_with, signed_in
from products.models import Product
from products.tests.factories import make_product
from tests.crowd import Answer, Caller, at_once, statuses

CROWD = 20


def adds(caller: Caller, product: Product, count: int) -> list[Answer]:
    """Add one unit, so many times at once."""
    return at_once([caller.posting("/api/cart/add/", {"product_id": product.pk})] * count)


@pytest.mark.parametrize("who", ["guest", "user"])
@pytest.mark.parametrize("cart", ["new", "old"])
def test_twenty_adds_at_once_are_twenty_units_in_one_line(live_server: LiveServer, who: str, cart: str) -> None:
    lamp, mug = make_product("Lamp", stock=50), make_product("Mug")
    user, key = make_user(), guest_keys.mint()
    caller = Caller(live_server.url, {"X-Cart-Token": key} if who == "guest" else {"Authorization": f"Bearer {access_token(user)}"})
    if cart == "old":
        add(guest(key) if who == "guest" else signed_in(user), mug)

    answers = adds(caller, lamp, CROWD)

    assert statuses(answers) == {200: CROWD - 1, 201: 1}
    assert CartItem.objects.get(variant__product=lamp).quantity == CROWD
    assert Cart.objects.count() == 1
    assert CartAuditLog.objects.filter(product=lamp, action="ADD").count() == CROWD


def test_adds_at_once_never_pass_what_is_left(live_server: LiveServer) -> None:
    lamp = make_product(stock=5)
    caller = Caller(live_server.url, {"X-Cart-Token": guest_keys.mint()})

    answers = adds(caller, lamp, 12)

    assert statuses(answers) == {200: 4, 201: 1, 400: 7}
    assert CartItem.objects.get().quantity == 5
    assert CartAuditLog.objects.count() == 5


def test_eight_logins_at_once_count_the_guests_cart_once(live_server: LiveServer) -> None:
    lamp, user = make_product(stock=99), make_user()
    add(signed_in(user), lamp, 3)
    key = guest_with(lamp, 2)
    caller = Caller(live_server.url, {"X-Cart-Token": key})

    answers = at_once([caller.posting("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})] * 8)

    assert statuses(answers) == {200: 8}
    assert [answer.body["data"]["cart_merge"]["merged"] for answer in answers if "cart_merge" in answer.body["data"]] == [1]
    assert CartItem.objects.get().quantity == 5
    assert CartAuditLog.objects.filter(action="MERGE", product=lamp).count() == 1


def test_what_a_guest_adds_while_he_signs_in_is_in_one_cart_or_the_other(live_server: LiveServer) -> None:
    lamp = make_product(stock=99)
    make_user()
    key = guest_with(lamp, 2)
    caller = Caller(live_server.url, {"X-Cart-Token": key})
    login = {"email": "ada@example.com", "password": PASSWORD}

    answers = at_once([caller.posting("/api/cart/add/", {"product_id": lamp.pk})] * 6 + [caller.posting("/api/auth/login/", login)])

    assert {answer.status for answer in answers} <= {200, 201}
    assert sum(CartItem.objects.values_list("quantity", flat=True)) == 8
    assert Cart.objects.filter(user__isnull=False).count() == 1


def test_first_adds_under_a_new_key_while_it_signs_in_all_count(live_server: LiveServer) -> None:
    lamp = make_product(stock=99)
    make_user()
    login = {"email": "ada@example.com", "password": PASSWORD}
    answers: list[Answer] = []

    for _ in range(5):
        caller = Caller(live_server.url, {"X-Cart-Token": guest_keys.mint()})
        adding, signing_in = caller.posting("/api/cart/add/", {"product_id": lamp.pk}), caller.posting("/api/auth/login/", login)
        answers += at_once([adding, adding, signing_in] * 4)

    assert {answer.status for answer in answers} == {200, 201}
    assert sum(CartItem.objects.values_list("quantity", flat=True)) == 5 * 8


def test_two_guests_of_one_account_signing_in_at_once_lose_nothing(live_server: LiveServer) -> None:
    lamp = make_product(stock=99)
    make_user()
    login = {"email": "ada@example.com", "password": PASSWORD}
    callers = [Caller(live_server.url, {"X-Cart-Token": guest_with(lamp, units)}) for units in (1, 2, 3, 4)]

    answers = at_once([caller.posting("/api/auth/login/", login) for caller in callers])

    assert statuses(answers) == {200: 4}
    assert CartItem.objects.get().quantity == 10
    assert Cart.objects.filter(user__isnull=False).count() == 1
