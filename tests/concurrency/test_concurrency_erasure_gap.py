"""An account without a cart is closed while its owner orders: between two statements of the closing, or at random"""

from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from accounts.models import AuthSession, User
from accounts.signals import account_erased
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add_to_cart, make_guest_cart, signed_in_client
from orders.models import Order, OrderItem
from orders.tests.factories import create, order_body
from products.models import StockMovement, Variant
from products.tests.factories import make_product, make_products
from tests.concurrent_requests import Caller, at_once, count_statuses


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_order_between_marking_and_locking_is_marked_too() -> None:
    lamp = make_product(stock=5)
    user = make_user()
    client, shopper = signed_in_client(user), signed_in_client(user)

    def buy() -> None:
        try:
            shopper.post("/api/cart/add/", {"product_id": lamp.pk})
            create(shopper)
        finally:
            connections.close_all()

    buyer = Thread(target=buy)

    def receive(is_locked: bool, **_: Any) -> None:
        if not is_locked:
            buyer.start()
            buyer.join(timeout=3)

    account_erased.connect(receive)
    try:
        assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200
    finally:
        account_erased.disconnect(receive)
        buyer.join()

    assert not User.objects.exists()
    assert not Order.objects.filter(erased_at=None).exists()


@pytest.mark.parametrize("turn", range(3))
def test_carts_of_two_markets_orders_and_a_sign_in_with_a_guests_cart_at_once(live_server: LiveServer, turn: int) -> None:
    lamp, mug = make_products("Lamp", "Mug")
    before = sum(Variant.objects.values_list("stock", flat=True))
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 2)
    add_to_cart(signed_in_client(user, "us"), mug, 2)
    headers = {"Authorization": f"Bearer {make_access_token(user)}"}
    home, abroad = Caller(live_server.url, headers), Caller(live_server.url, {**headers, "X-Market": "us"})
    guest = Caller(live_server.url, {"X-Cart-Token": make_guest_cart(mug)})
    calls = [
        home.make_post("/api/orders/create/", order_body()),
        abroad.make_post("/api/cart/add/", {"product_id": mug.pk}),
        guest.make_post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}),
        home.make_post("/api/auth/email/resend/", {}),
        abroad.make_post("/api/orders/create/", order_body()),
        home.make_post("/api/auth/email/change/", {"new_email": "eve@example.com", "password": PASSWORD}),
        home.make_call("DELETE", "/api/cart/clear/", {}),
    ]
    calls.insert(turn * 3, home.make_call("DELETE", "/api/auth/me/", {"password": PASSWORD}))

    responses = at_once(calls)

    assert set(count_statuses(responses)) <= {200, 201, 202, 400, 401, 409}
    if responses[turn * 3].status == 200:
        assert not User.objects.exists()
        assert not AuthSession.objects.exists()
        assert not CartAuditLog.objects.exclude(user=None).exists()
        assert not Order.objects.filter(erased_at=None).exists()
        assert Cart.objects.filter(user=None, merged_into=None).count() == Cart.objects.count()
    sold = OrderItem.objects.aggregate(n=Sum("quantity"))["n"] or 0
    assert sum(Variant.objects.values_list("stock", flat=True)) == before - sold
    assert sum(StockMovement.objects.filter(delta__lt=0).values_list("delta", flat=True)) == -sold
    assert CartItem.objects.filter(cart__user=None).count() == CartItem.objects.count() or User.objects.exists()
