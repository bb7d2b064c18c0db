"""Laws L2 and L9: all kinds of calls at once on one cart, over HTTP; nothing is lost or doubled, and the log explains the result"""

import random

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, make_guest_cart, signed_in_client
from orders.models import Order
from orders.tests.factories import order_body
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, at_once, count_statuses
from tests.test_cart_history import get_contents, get_log, replay_log

CALLS = 50


@pytest.mark.parametrize("run", range(2))
def test_fifty_adds_updates_removes_clears_merges_and_an_order(live_server: LiveServer, run: int) -> None:
    chance = random.Random(run)
    goods = [make_product(f"Lamp {number}", stock=400) for number in range(4)]
    user = make_user()
    add_to_cart(signed_in_client(user), goods[0], 5)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})
    keys = [make_guest_cart(chance.choice(goods), 2) for _ in range(6)]
    log_in = {"email": "ada@example.com", "password": PASSWORD}
    calls = [Caller(live_server.url, {"X-Cart-Token": key}).make_post("/api/auth/login/", log_in) for key in keys[:3]]
    calls += [caller.make_post("/api/cart/merge/", {"cart_token": key}) for key in keys[3:]]
    calls += [caller.make_post("/api/orders/create/", order_body()), caller.make_call("DELETE", "/api/cart/clear/", {})]
    calls += [caller.make_post("/api/cart/accept-prices/", {})]
    while len(calls) < CALLS:
        product = {"product_id": chance.choice(goods).pk}
        calls.append(
            chance.choice(
                [
                    caller.make_post("/api/cart/add/", {**product, "quantity": chance.randint(1, 3)}),
                    caller.make_post("/api/cart/add/", {**product, "quantity": 1}),
                    caller.make_call("PATCH", "/api/cart/update/", {**product, "quantity": chance.randint(0, 9)}),
                    caller.make_call("DELETE", "/api/cart/remove/", product),
                ]
            )
        )
    chance.shuffle(calls)

    responses = at_once(calls)

    assert set(count_statuses(responses)) <= {200, 201, 400, 404, 409}
    cart = Cart.objects.get(user=user)
    assert replay_log(get_log(cart)) == get_contents(cart)
    assert CartItem.objects.filter(cart=cart).count() == len({item.variant_id for item in CartItem.objects.filter(cart=cart)})
    assert {merged.merged_into_id for merged in Cart.objects.exclude(pk=cart.pk)} == {cart.pk}
    assert Order.objects.count() <= 1
    on_hand = sum(Variant.objects.values_list("stock", flat=True))
    assert on_hand == sum(StockMovement.objects.values_list("delta", flat=True))


def test_eight_simultaneous_wishlist_adds_are_one_and_move_to_the_cart_once(live_server: LiveServer) -> None:
    lamp, user = make_product(stock=50), make_user()
    caller = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})

    added = at_once([caller.make_post("/api/cart/wishlist/add/", {"product_id": lamp.pk})] * 8)
    entry_id = added[0].body["data"]["id"]
    moved = at_once([caller.make_post(f"/api/cart/wishlist/move-to-cart/{entry_id}/", {})] * 8)

    assert count_statuses(added) == {200: 7, 201: 1}
    assert {response.body["data"]["id"] for response in added} == {entry_id}
    assert count_statuses(moved) == {201: 1, 404: 7}
    assert CartItem.objects.get().quantity == 1
