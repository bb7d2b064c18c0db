"""manage.py clean_up while guests come back, sign in and order, over HTTP with real threads"""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.db import connections
from django.db.models import Sum
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from carts.models import Cart, CartItem
from carts.tests.factories import make_guest_cart
from orders.models import Order, OrderItem
from orders.tests.factories import order_body
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, Response, at_once, count_statuses

GUESTS = 6


def clean_up() -> Response:
    """Run the command as another process would."""
    try:
        call_command("clean_up", stdout=StringIO())
        return Response(0, {})
    finally:
        connections.close_all()


def make_guests(live_server: LiveServer, *, over: bool) -> list[Caller]:
    """Return guests with one lamp each, whose carts have expired or are still valid."""
    lamp = make_product("Lamp", stock=500)
    keys = [make_guest_cart(lamp) for _ in range(GUESTS)]
    Cart.objects.update(expires_at=timezone.now() + timedelta(minutes=-1 if over else 1))
    return [Caller(live_server.url, {"X-Cart-Token": key}) for key in keys]


def test_carts_that_live_lose_nothing(live_server: LiveServer) -> None:
    callers = make_guests(live_server, over=False)
    mug = make_product("Mug", stock=500)
    calls = [caller.make_post("/api/cart/add/", {"product_id": mug.pk}) for caller in callers]

    responses = at_once([clean_up, *calls, clean_up])

    assert count_statuses(responses) == {0: 2, 201: GUESTS}
    assert sorted(CartItem.objects.values_list("cart").annotate(n=Sum("quantity")).values_list("n", flat=True)) == [2] * GUESTS


def test_a_guest_returning_to_an_expired_cart_has_only_what_they_add_now(live_server: LiveServer) -> None:
    callers = make_guests(live_server, over=True)
    mug = make_product("Mug", stock=500)
    calls = [caller.make_post("/api/cart/add/", {"product_id": mug.pk}) for caller in callers]

    responses = at_once([clean_up, *calls, clean_up])

    assert count_statuses(responses) == {0: 2, 201: GUESTS}
    assert list(CartItem.objects.values_list("variant__product", "quantity")) == [(mug.pk, 1)] * GUESTS
    assert Cart.objects.count() == GUESTS


def test_orders_are_placed_whole_or_not_at_all(live_server: LiveServer) -> None:
    callers = make_guests(live_server, over=False)
    Cart.objects.update(expires_at=timezone.now() + timedelta(milliseconds=60))
    calls = [caller.make_post("/api/orders/create/", order_body(name="Ada")) for caller in callers]

    responses = at_once([clean_up, *calls, clean_up, clean_up])

    assert set(count_statuses(responses)) <= {0, 201, 400}
    done = count_statuses(responses).get(201, 0)
    assert Order.objects.count() == OrderItem.objects.count() == done
    assert Variant.objects.get().stock == 500 - done
    assert StockMovement.objects.aggregate(n=Sum("delta"))["n"] == 500 - done
