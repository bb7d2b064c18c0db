"""An account is closed while its owner adds, orders and signs in elsewhere, over HTTP with real threads"""

from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, signed_in_client
from orders.models import Order, OrderItem
from orders.tests.factories import order_body
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, at_once


def test_whatever_else_happens_at_that_moment_the_account_is_gone_and_the_data_is_consistent(live_server: LiveServer) -> None:
    lamp, mug = make_product("Lamp", stock=50), make_product("Mug", stock=50)
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 3)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})
    order = caller.make_post("/api/orders/create/", order_body())
    put_in = caller.make_post("/api/cart/add/", {"product_id": mug.pk})
    log_in = Caller(live_server.url, {}).make_post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    responses = at_once(
        [order, put_in, log_in, caller.make_call("DELETE", "/api/auth/me/", {"password": PASSWORD}), order, put_in, log_in]
    )

    assert responses[3].status == 200
    assert {response.status for response in responses} <= {200, 201, 400, 401, 409}
    for model in (User, AuthSession, Cart, CartItem):
        assert not model.objects.exists()
    sold = OrderItem.objects.aggregate(n=Sum("quantity"))["n"] or 0
    assert set(Order.objects.values_list("user", flat=True)) <= {None}
    assert Order.objects.exclude(erased_at=None).count() == Order.objects.count()
    on_hand = sum(Variant.objects.values_list("stock", flat=True))
    assert on_hand == 100 - sold == sum(StockMovement.objects.values_list("delta", flat=True))
