"""A promotion is used as often as its limits allow, however many buyers try at once."""

import pytest
from django.db.models import F
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, make_guest_cart, signed_in_client
from orders.models import Order, Redemption
from orders.tests.factories import order_body
from pricing.models import Promotion, PromotionCode
from pricing.tests.factories import make_promotion
from products.models import Product
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, at_once, count_statuses

CREATE = "/api/orders/create/"
PHONES = [f"+9198765{number:05}" for number in range(100)]


def make_guest(live_server: LiveServer, product: Product) -> Caller:
    """Return a guest whose cart holds a unit of this product."""
    return Caller(live_server.url, {"X-Cart-Token": make_guest_cart(product)})


def list_orders(count: int) -> list[dict[str, object]]:
    """Return the bodies of orders of as many buyers, with a code."""
    address = order_body()["address"]
    return [
        order_body(
            codes=["SAVE"],
            email=f"{number}@example.com",
            phone=PHONES[number],
            address={**address, "phone": PHONES[number]},
        )
        for number in range(count)
    ]


def test_forty_buyers_of_a_code_for_ten_orders_use_it_ten_times(live_server: LiveServer) -> None:
    lamp = make_product(stock=100)
    promotion = make_promotion(code="SAVE", usage_limit=10)
    bodies = list_orders(40)
    guests = [make_guest(live_server, lamp) for _ in bodies]

    responses = at_once([guest.make_post(CREATE, body) for guest, body in zip(guests, bodies, strict=True)])

    assert count_statuses(responses) == {201: 10, 409: 30}
    changes = [response.body["details"]["changes"] for response in responses if response.status == 409]
    assert {(change["code"], change["old"]) for rows in changes for change in rows} == {("promotion_used_up", "SAVE")}
    promotion.refresh_from_db()
    assert (promotion.used, Redemption.objects.filter(state="used").count()) == (10, 10)
    assert Order.objects.filter(discount_total=0).count() == 0


@pytest.mark.parametrize("who", ["guest", "user"])
def test_a_buyer_with_ten_tabs_uses_a_code_once(live_server: LiveServer, who: str) -> None:
    lamp = make_product(stock=100)
    make_promotion(code="SAVE", per_customer=1)
    body = order_body(codes=["SAVE"])
    if who == "guest":  # each tab has a cart of its own, and one e-mail address
        callers = [make_guest(live_server, lamp) for _ in range(10)]
    else:
        user = make_user()
        add_to_cart(signed_in_client(user), lamp, 60)
        callers = [Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})] * 10

    units = [1] * 10 if who == "guest" else range(1, 11)  # the same units again would be the same order
    bodies = [{**body, "items": [{"product_id": lamp.pk, "quantity": count}]} for count in units]

    responses = at_once([caller.make_post(CREATE, body) for caller, body in zip(callers, bodies, strict=True)])

    assert count_statuses(responses) == {201: 1, 409: 9}
    assert (Redemption.objects.count(), Order.objects.count()) == (1, 1)


def test_a_buyer_has_one_first_order_whichever_promotion_it_is_for(live_server: LiveServer) -> None:
    for number in range(4):
        make_promotion(f"Welcome {number}", code=f"FIRST{number}", first_order_only=True)
    guests = [make_guest(live_server, make_product(f"Lamp {number}")) for number in range(4)]
    bodies = [order_body(codes=[f"FIRST{number}"]) for number in range(4)]

    responses = at_once([guest.make_post(CREATE, body) for guest, body in zip(guests, bodies, strict=True)])

    assert count_statuses(responses) == {201: 1, 409: 3}
    assert Redemption.objects.count() == 1


def test_a_code_for_one_order_is_used_by_one_of_ten(live_server: LiveServer) -> None:
    lamp = make_product(stock=100)
    make_promotion(code="SAVE", single_use=True)
    bodies = list_orders(10)
    guests = [make_guest(live_server, lamp) for _ in bodies]

    responses = at_once([guest.make_post(CREATE, body) for guest, body in zip(guests, bodies, strict=True)])

    assert count_statuses(responses) == {201: 1, 409: 9}
    assert (PromotionCode.objects.get().is_used, Redemption.objects.count()) == (True, 1)


def test_promotions_that_are_used_and_released_at_once_lock_in_one_order(live_server: LiveServer) -> None:
    lamp = make_product(stock=100)
    for number in range(3):
        make_promotion(f"Promotion {number}", usage_limit=100, combines=True)
    users = [make_user(f"{number}@example.com") for number in range(8)]
    callers = [Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"}) for user in users]
    for user in users[:4]:
        add_to_cart(signed_in_client(user), lamp)
    first = at_once([caller.make_post(CREATE, order_body()) for caller in callers[:4]])
    for user in users[4:]:
        add_to_cart(signed_in_client(user), lamp)

    cancels = [
        caller.make_post(f"/api/orders/{response.body['data']['number']}/cancel/", {})
        for caller, response in zip(callers[:4], first, strict=True)
    ]
    responses = at_once([*cancels, *(caller.make_post(CREATE, order_body()) for caller in callers[4:])])

    assert count_statuses(responses) == {200: 4, 201: 4}
    assert set(Promotion.objects.values_list("used", flat=True)) == {4}
    assert not Promotion.objects.filter(used__gt=F("usage_limit")).exists()
