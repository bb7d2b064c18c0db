"""Laws L1 and L3, no oversell and exactly one order for each intent, over HTTP with real threads."""

import pytest
from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, guest_client, make_guest_cart, signed_in_client
from core.models import Job
from orders.models import Order, OrderItem
from orders.tests.factories import order_body
from products.models import Product, StockMovement, Variant
from products.tests.factories import get_only_variant, make_product
from tests.concurrent_requests import Caller, at_once, count_statuses

CREATE = "/api/orders/create/"


def make_buyer(live_server: LiveServer, email: str, *products: Product, units: int = 1) -> Caller:
    """Return a user whose cart holds units of these products, in this order."""
    user = make_user(email)
    for product in products:
        add_to_cart(signed_in_client(user), product, units)
    return Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})


def test_twenty_buyers_of_the_last_five_units_get_five_orders(live_server: LiveServer) -> None:
    lamp = make_product(stock=5)
    guests = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(10)]
    users = [make_buyer(live_server, f"buyer-{number}@example.com", lamp) for number in range(10)]

    responses = at_once([caller.make_post(CREATE, order_body()) for caller in guests + users])

    assert count_statuses(responses) == {201: 5, 409: 15}
    assert {response.body["code"] for response in responses if response.status == 409} == {"cart_changed"}
    variant = get_only_variant(lamp)
    assert (variant.stock, variant.reserved) == (0, 0)
    assert StockMovement.objects.aggregate(Sum("delta"))["delta__sum"] == 0
    assert list(StockMovement.objects.filter(reason="sale").values_list("delta", flat=True)) == [-1] * 5
    assert (Order.objects.count(), OrderItem.objects.count(), Job.objects.count()) == (5, 5, 5)
    assert CartItem.objects.count() == 15


def test_all_or_nothing_of_an_order_is_sold_however_many_buy(live_server: LiveServer) -> None:
    lamp, mug = make_product("Lamp", stock=10), make_product("Mug", stock=4)
    buyers = [make_buyer(live_server, f"buyer-{number}@example.com", lamp, mug, units=2) for number in range(8)]

    responses = at_once([caller.make_post(CREATE, order_body()) for caller in buyers])

    assert count_statuses(responses) == {201: 2, 409: 6}
    assert (get_only_variant(lamp).stock, get_only_variant(mug).stock) == (6, 0)


@pytest.mark.parametrize("actor", ["guest", "user"])
def test_one_key_eight_times_at_once_is_one_order(live_server: LiveServer, actor: str) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, actor, lamp)

    responses = at_once([caller.make_post(CREATE, order_body(), **{"Idempotency-Key": "k-1"})] * 8)

    assert count_statuses(responses) == {200: 7, 201: 1}
    assert len({response.body["data"]["number"] for response in responses}) == 1
    assert (Order.objects.count(), Order.objects.exclude(idempotency_key="").count(), get_only_variant(lamp).stock) == (1, 1, 8)


def test_one_key_with_two_bodies_at_once_is_one_order(live_server: LiveServer) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, "user", lamp)
    bodies = [order_body(email=email) for email in ("ada@example.com", "grace@example.com")] * 4

    responses = at_once([caller.make_post(CREATE, body, **{"Idempotency-Key": "k-1"}) for body in bodies])

    assert count_statuses(responses) == {200: 3, 201: 1, 422: 4}
    assert (Order.objects.count(), get_only_variant(lamp).stock) == (1, 8)


@pytest.mark.parametrize("actor", ["guest", "user"])
def test_two_tabs_without_a_key_are_one_order(live_server: LiveServer, actor: str) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, actor, lamp)

    responses = at_once([caller.make_post(CREATE, order_body())] * 4)

    assert count_statuses(responses) == {200: 3, 201: 1}
    assert len({response.body["data"]["number"] for response in responses}) == 1
    assert (Order.objects.count(), get_only_variant(lamp).stock) == (1, 8)


def test_two_tabs_with_a_key_each_are_one_order(live_server: LiveServer) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, "user", lamp)
    keys = ["tab-1", "tab-2"]

    responses = at_once([caller.make_post(CREATE, order_body(), **{"Idempotency-Key": key}) for key in keys])

    assert count_statuses(responses) == {200: 1, 201: 1}
    assert (Order.objects.count(), get_only_variant(lamp).stock) == (1, 8)


def test_what_is_added_while_the_cart_is_ordered_is_ordered_or_stays(live_server: LiveServer) -> None:
    lamp = make_product(stock=50)
    caller = _with_two(live_server, "user", lamp)
    ordering = [caller.make_post(CREATE, order_body())]
    adding = [caller.make_post("/api/cart/add/", {"product_id": lamp.pk})] * 8

    responses = at_once(adding[:4] + ordering + adding[4:])

    assert {response.status for response in responses} <= {200, 201}
    ordered = OrderItem.objects.get().quantity
    left = CartItem.objects.aggregate(Sum("quantity"))["quantity__sum"] or 0
    assert ordered + left == 2 + 8
    assert get_only_variant(lamp).stock == 50 - ordered


def test_buyers_of_the_same_goods_in_opposite_orders_never_block_each_other(live_server: LiveServer) -> None:
    goods = [make_product(f"Product {number}", stock=100) for number in range(4)]
    buyers = [make_buyer(live_server, f"buyer-{number}@example.com", *goods[:: -1 if number % 2 else 1]) for number in range(12)]

    responses = at_once([caller.make_post(CREATE, order_body()) for caller in buyers])

    assert count_statuses(responses) == {201: 12}
    assert set(Variant.objects.values_list("stock", flat=True)) == {88}
    assert StockMovement.objects.aggregate(Sum("delta"))["delta__sum"] == 4 * 88


def _with_two(live_server: LiveServer, actor: str, product: Product) -> Caller:
    """Return a guest or a user whose cart holds two units."""
    if actor == "user":
        return make_buyer(live_server, "ada@example.com", product, units=2)
    key = make_guest_cart(product)
    add_to_cart(guest_client(key), product)
    return Caller(live_server.url, {"X-Cart-Token": key})
