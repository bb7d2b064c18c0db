"""An account is closed while its owner, who had no cart until then, orders: between two statements of the closing, or at random"""

from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from accounts.models import AuthSession, User
from accounts.signals import account_erased
from accounts.tests.factories import PASSWORD, access_token, make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add, guest_with, signed_in
from orders.models import Order, OrderItem
from orders.tests.factories import create, form
from products.models import StockMovement, Variant
from products.tests.factories import make_product, make_products
from tests.crowd import Caller, at_once, statuses


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_order_between_marking_and_locking_is_marked_too() -> None:
    lamp = make_product(stock=5)
    user = make_user()
    client, shopper = signed_in(user), signed_in(user)

    def buy() -> None:
        try:
            shopper.post("/api/cart/add/", {"product_id": lamp.pk})
            create(shopper)
        finally:
            connections.close_all()

    buyer = Thread(target=buy)

    def receive(is_held: bool, **_: Any) -> None:
        if not is_held:
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
    add(signed_in(user), lamp, 2)
    add(signed_in(user, "us"), mug, 2)
    headers = {"Authorization": f"Bearer {access_token(user)}"}
    here, abroad = Caller(live_server.url, headers), Caller(live_server.url, {**headers, "X-Market": "us"})
    guest = Caller(live_server.url, {"X-Cart-Token": guest_with(mug)})
    calls = [
        here.posting("/api/orders/create/", form()),
        abroad.posting("/api/cart/add/", {"product_id": mug.pk}),
        guest.posting("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}),
        here.posting("/api/auth/email/resend/", {}),
        abroad.posting("/api/orders/create/", form()),
        here.posting("/api/auth/email/change/", {"new_email": "eve@example.com", "password": PASSWORD}),
        here.sending("DELETE", "/api/cart/clear/", {}),
    ]
    calls.insert(turn * 3, here.sending("DELETE", "/api/auth/me/", {"password": PASSWORD}))

    answers = at_once(calls)

    assert set(statuses(answers)) <= {200, 201, 202, 400, 401, 409}
    if answers[turn * 3].status == 200:
        assert not User.objects.exists()
        assert not AuthSession.objects.exists()
        assert not CartAuditLog.objects.exclude(user=None).exists()
        assert not Order.objects.filter(erased_at=None).exists()
        assert Cart.objects.filter(user=None, merged_into=None).count() == Cart.objects.count()
    sold = OrderItem.objects.aggregate(n=Sum("quantity"))["n"] or 0
    assert sum(Variant.objects.values_list("stock", flat=True)) == before - sold
    assert sum(StockMovement.objects.filter(delta__lt=0).values_list("delta", flat=True)) == -sold
    assert CartItem.objects.filter(cart__user=None).count() == CartItem.objects.count() or User.objects.exists()
