"""Rates change while buyers order: each pays exactly what they were shown, or is told."""

import threading
from itertools import cycle

import pytest
from django.db import close_old_connections, connection, transaction
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import make_guest_cart
from orders.models import Order, OrderAdjustment
from orders.tests.factories import ADDRESS, order_body
from pricing import rules
from pricing.models import PriceRules, ShippingMethod, Zone
from pricing.tests.zones import make_zone
from products.models import Variant
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, Response, at_once

BUYERS = 20
PRICES = ("50.00", "70.00")
LONDON = {"country": "GB", "postal_code": "SW1Y 4JH"}


def buy(caller: Caller, *, is_total_sent: bool) -> tuple[str, Response]:
    """Choose a place, look at the total with the post, and order; return the total and the response to the order."""
    chosen = caller.post("/api/cart/delivery/", {**LONDON, "method": "post"})
    assert chosen.status == 200, chosen.body
    (method,) = chosen.body["data"]["methods"]
    total = next(row["total"] for row in method["payments"] if row["payment_method"] == "cod")
    sent = {"expected_total": total} if is_total_sent else {}
    return total, caller.post("/api/orders/create/", order_body(address=ADDRESS, shipping_method="post", **sent))


def change_rates(stop: threading.Event, failures: list[Exception]) -> None:
    """Raise and lower the price, and make and delete a zone that fits nobody, until it is told to stop."""
    try:
        for price in cycle(reversed(PRICES)):
            if stop.is_set():
                break
            with transaction.atomic():
                ShippingMethod.objects.filter(code="post").update(price=price)
                Zone.objects.filter(name="Far").delete()
                if price == PRICES[0]:
                    Zone.objects.create(name="Far", market="in", countries=["JP"], priority=5)
                rules.rebuild()
            stop.wait(0.01)
    except Exception as error:  # noqa: BLE001 - the test tells it
        failures.append(error)
    finally:
        close_old_connections()
        connection.close()


@pytest.mark.parametrize("is_total_sent", [True, False])
def test_each_buyer_pays_what_was_shown_or_is_told(live_server: LiveServer, is_total_sent: bool) -> None:
    lamp = make_product(price="20.00", stock=100)
    make_zone(methods={"post": {"price": PRICES[0]}})
    callers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(BUYERS)]
    shown: dict[int, str] = {}

    def call(number: int) -> Response:
        shown[number], response = buy(callers[number], is_total_sent=is_total_sent)
        return response

    stop, failures = threading.Event(), list[Exception]()
    staff = [threading.Thread(target=change_rates, args=(stop, failures)) for _ in range(2)]
    for thread in staff:
        thread.start()
    try:
        responses = at_once([lambda number=number: call(number) for number in range(BUYERS)])  # type: ignore[misc]
    finally:
        stop.set()
        for thread in staff:
            thread.join(60)

    assert failures == []
    assert {response.status for response in responses} <= {201, 409}
    paid = 0
    for number, response in enumerate(responses):
        if response.status == 201:
            paid += 1
            order = Order.objects.get(number=response.body["data"]["number"])
            assert order.total == order.subtotal + order.shipping_total
            assert float(order.total) <= float(shown[number])
            assert float(order.total) == float(shown[number]) or response.body["warnings"] or not is_total_sent
        else:
            assert response.body["code"] == "cart_changed"
            assert "shipping_changed" in [change["code"] for change in response.body["details"]["changes"]]
    assert Order.objects.count() == paid
    assert OrderAdjustment.objects.count() == 0
    assert Variant.objects.get().stock == 100 - paid
    derived = PriceRules.objects.get(market="in").delivery["zones"]
    method = ShippingMethod.objects.get(code="post")
    assert derived[-1]["methods"][0]["price"] == method.price * 100
    assert len(derived) == Zone.objects.count()
