"""L2 and L9 together: everything at once on one cart, over HTTP; nothing is lost, nothing doubles, and the log tells how it came"""

import random

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import PASSWORD, access_token, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add, guest_with, signed_in
from orders.models import Order
from orders.tests.factories import form
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.crowd import Caller, at_once, statuses
from tests.test_cart_history import log_of, lying_in, rebuilt

CALLS = 50


@pytest.mark.parametrize("run", range(2))
def test_fifty_adds_updates_removes_clears_merges_and_an_order(live_server: LiveServer, run: int) -> None:
    chance = random.Random(run)
    goods = [make_product(f"Lamp {number}", stock=400) for number in range(4)]
    user = make_user()
    add(signed_in(user), goods[0], 5)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})
    keys = [guest_with(chance.choice(goods), 2) for _ in range(6)]
    log_in = {"email": "ada@example.com", "password": PASSWORD}
    calls = [Caller(live_server.url, {"X-Cart-Token": key}).posting("/api/auth/login/", log_in) for key in keys[:3]]
    calls += [caller.posting("/api/cart/merge/", {"cart_token": key}) for key in keys[3:]]
    calls += [caller.posting("/api/orders/create/", form()), caller.sending("DELETE", "/api/cart/clear/", {})]
    calls += [caller.posting("/api/cart/accept-prices/", {})]
    while len(calls) < CALLS:
        product = {"product_id": chance.choice(goods).pk}
        calls.append(
            chance.choice(
                [
                    caller.posting("/api/cart/add/", {**product, "quantity": chance.randint(1, 3)}),
                    caller.posting("/api/cart/add/", {**product, "quantity": 1}),
                    caller.sending("PATCH", "/api/cart/update/", {**product, "quantity": chance.randint(0, 9)}),
                    caller.sending("DELETE", "/api/cart/remove/", product),
                ]
            )
        )
    chance.shuffle(calls)

    answers = at_once(calls)

    assert set(statuses(answers)) <= {200, 201, 400, 404, 409}
    cart = Cart.objects.get(user=user)
    assert rebuilt(log_of(cart)) == lying_in(cart)
    assert CartItem.objects.filter(cart=cart).count() == len({item.variant_id for item in CartItem.objects.filter(cart=cart)})
    assert {merged.merged_into_id for merged in Cart.objects.exclude(pk=cart.pk)} == {cart.pk}
    assert Order.objects.count() <= 1
    on_hand = sum(Variant.objects.values_list("stock", flat=True))
    assert on_hand == sum(StockMovement.objects.values_list("delta", flat=True))


def test_eight_wishes_at_once_are_one_and_move_to_the_cart_once(live_server: LiveServer) -> None:
    lamp, user = make_product(stock=50), make_user()
    caller = Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})

    wished = at_once([caller.posting("/api/cart/wishlist/add/", {"product_id": lamp.pk})] * 8)
    wish = wished[0].body["data"]["id"]
    moved = at_once([caller.posting(f"/api/cart/wishlist/move-to-cart/{wish}/", {})] * 8)

    assert statuses(wished) == {200: 7, 201: 1}
    assert {answer.body["data"]["id"] for answer in wished} == {wish}
    assert statuses(moved) == {201: 1, 404: 7}
    assert CartItem.objects.get().quantity == 1
