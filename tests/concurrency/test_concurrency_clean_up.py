"""manage.py clean_up while guests come back, sign in and order, over HTTP, with real threads"""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.db import connections
from django.db.models import Sum
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from carts.models import Cart, CartItem
from carts.tests.factories import guest_with
from orders.models import Order, OrderItem
from orders.tests.factories import form
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.crowd import Answer, Caller, at_once, statuses

GUESTS = 6


def clean_up() -> Answer:
    """Run the command as another process would."""
    try:
        call_command("clean_up", stdout=StringIO())
        return Answer(0, {})
    finally:
        connections.close_all()


def guests(live_server: LiveServer, *, over: bool) -> list[Caller]:
    """Return guests with one lamp each, whose carts are over, or are not for a while."""
    lamp = make_product("Lamp", stock=500)
    keys = [guest_with(lamp) for _ in range(GUESTS)]
    Cart.objects.update(expires_at=timezone.now() + timedelta(minutes=-1 if over else 1))
    return [Caller(live_server.url, {"X-Cart-Token": key}) for key in keys]


def test_carts_that_live_lose_nothing(live_server: LiveServer) -> None:
    callers = guests(live_server, over=False)
    mug = make_product("Mug", stock=500)
    calls = [caller.posting("/api/cart/add/", {"product_id": mug.pk}) for caller in callers]

    answers = at_once([clean_up, *calls, clean_up])

    assert statuses(answers) == {0: 2, 201: GUESTS}
    assert sorted(CartItem.objects.values_list("cart").annotate(n=Sum("quantity")).values_list("n", flat=True)) == [2] * GUESTS


def test_who_comes_back_to_a_cart_that_is_over_has_what_he_puts_in_now_and_no_more(live_server: LiveServer) -> None:
    callers = guests(live_server, over=True)
    mug = make_product("Mug", stock=500)
    calls = [caller.posting("/api/cart/add/", {"product_id": mug.pk}) for caller in callers]

    answers = at_once([clean_up, *calls, clean_up])

    assert statuses(answers) == {0: 2, 201: GUESTS}
    assert list(CartItem.objects.values_list("variant__product", "quantity")) == [(mug.pk, 1)] * GUESTS
    assert Cart.objects.count() == GUESTS


def test_orders_are_placed_whole_or_not_at_all(live_server: LiveServer) -> None:
    callers = guests(live_server, over=False)
    Cart.objects.update(expires_at=timezone.now() + timedelta(milliseconds=60))
    calls = [caller.posting("/api/orders/create/", form(name="Ada")) for caller in callers]

    answers = at_once([clean_up, *calls, clean_up, clean_up])

    assert set(statuses(answers)) <= {0, 201, 400}
    done = statuses(answers).get(201, 0)
    assert Order.objects.count() == OrderItem.objects.count() == done
    assert Variant.objects.get().stock == 500 - done
    assert StockMovement.objects.aggregate(n=Sum("delta"))["n"] == 500 - done
