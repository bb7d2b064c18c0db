"""L1 and L3, no oversell and exactly one order for each intent: over HTTP, with real threads."""

import pytest
from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add, guest, guest_with, signed_in
from core.models import Job
from orders.models import Order, OrderItem
from orders.tests.factories import form
from products.models import Product, StockMovement, Variant
from products.tests.factories import make_product, variant_of
from tests.crowd import Caller, at_once, statuses

CREATE = "/api/orders/create/"


def buyer(live_server: LiveServer, email: str, *products: Product, units: int = 1) -> Caller:
    """Return a user whose cart holds units of these products, in this order."""
    user = make_user(email)
    for product in products:
        add(signed_in(user), product, units)
    return Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})


def test_twenty_buyers_of_the_last_five_units_get_five_orders(live_server: LiveServer) -> None:
    lamp = make_product(stock=5)
    guests = [Caller(live_server.url, {"X-Cart-Token": guest_with(lamp)}) for _ in range(10)]
    users = [buyer(live_server, f"buyer-{number}@example.com", lamp) for number in range(10)]

    answers = at_once([caller.posting(CREATE, form()) for caller in guests + users])

    assert statuses(answers) == {201: 5, 409: 15}
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"cart_changed"}
    variant = variant_of(lamp)
    assert (variant.stock, variant.reserved) == (0, 0)
    assert StockMovement.objects.aggregate(Sum("delta"))["delta__sum"] == 0
    assert list(StockMovement.objects.filter(reason="sale").values_list("delta", flat=True)) == [-1] * 5
    assert (Order.objects.count(), OrderItem.objects.count(), Job.objects.count()) == (5, 5, 5)
    assert CartItem.objects.count() == 15


def test_all_or_nothing_of_an_order_is_sold_however_many_buy(live_server: LiveServer) -> None:
    lamp, mug = make_product("Lamp", stock=10), make_product("Mug", stock=4)
    buyers = [buyer(live_server, f"buyer-{number}@example.com", lamp, mug, units=2) for number in range(8)]

    answers = at_once([caller.posting(CREATE, form()) for caller in buyers])

    assert statuses(answers) == {201: 2, 409: 6}
    assert (variant_of(lamp).stock, variant_of(mug).stock) == (6, 0)


@pytest.mark.parametrize("who", ["guest", "user"])
def test_one_key_eight_times_at_once_is_one_order(live_server: LiveServer, who: str) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, who, lamp)

    answers = at_once([caller.posting(CREATE, form(), **{"Idempotency-Key": "k-1"})] * 8)

    assert statuses(answers) == {200: 7, 201: 1}
    assert len({answer.body["data"]["number"] for answer in answers}) == 1
    assert (Order.objects.count(), Order.objects.exclude(idempotency_key="").count(), variant_of(lamp).stock) == (1, 1, 8)


def test_one_key_with_two_bodies_at_once_is_one_order(live_server: LiveServer) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, "user", lamp)
    bodies = [form(email=email) for email in ("ada@example.com", "grace@example.com")] * 4

    answers = at_once([caller.posting(CREATE, body, **{"Idempotency-Key": "k-1"}) for body in bodies])

    assert statuses(answers) == {200: 3, 201: 1, 422: 4}
    assert (Order.objects.count(), variant_of(lamp).stock) == (1, 8)


@pytest.mark.parametrize("who", ["guest", "user"])
def test_two_tabs_without_a_key_are_one_order(live_server: LiveServer, who: str) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, who, lamp)

    answers = at_once([caller.posting(CREATE, form())] * 4)

    assert statuses(answers) == {200: 3, 201: 1}
    assert len({answer.body["data"]["number"] for answer in answers}) == 1
    assert (Order.objects.count(), variant_of(lamp).stock) == (1, 8)


def test_two_tabs_with_a_key_each_are_one_order(live_server: LiveServer) -> None:
    lamp = make_product(stock=10)
    caller = _with_two(live_server, "user", lamp)
    keys = ["tab-1", "tab-2"]

    answers = at_once([caller.posting(CREATE, form(), **{"Idempotency-Key": key}) for key in keys])

    assert statuses(answers) == {200: 1, 201: 1}
    assert (Order.objects.count(), variant_of(lamp).stock) == (1, 8)


def test_what_is_added_while_the_cart_is_ordered_is_ordered_or_stays(live_server: LiveServer) -> None:
    lamp = make_product(stock=50)
    caller = _with_two(live_server, "user", lamp)
    ordering = [caller.posting(CREATE, form())]
    adding = [caller.posting("/api/cart/add/", {"product_id": lamp.pk})] * 8

    answers = at_once(adding[:4] + ordering + adding[4:])

    assert {answer.status for answer in answers} <= {200, 201}
    ordered = OrderItem.objects.get().quantity
    left = CartItem.objects.aggregate(Sum("quantity"))["quantity__sum"] or 0
    assert ordered + left == 2 + 8
    assert variant_of(lamp).stock == 50 - ordered


def test_buyers_of_the_same_goods_in_opposite_orders_never_block_each_other(live_server: LiveServer) -> None:
    goods = [make_product(f"Product {number}", stock=100) for number in range(4)]
    buyers = [buyer(live_server, f"buyer-{number}@example.com", *goods[:: -1 if number % 2 else 1]) for number in range(12)]

    answers = at_once([caller.posting(CREATE, form()) for caller in buyers])

    assert statuses(answers) == {201: 12}
    assert set(Variant.objects.values_list("stock", flat=True)) == {88}
    assert StockMovement.objects.aggregate(Sum("delta"))["delta__sum"] == 4 * 88


def _with_two(live_server: LiveServer, who: str, product: Product) -> Caller:
    """Return a guest or a user whose cart holds two units."""
    if who == "user":
        return buyer(live_server, "ada@example.com", product, units=2)
    key = guest_with(product)
    add(guest(key), product)
    return Caller(live_server.url, {"X-Cart-Token": key})
