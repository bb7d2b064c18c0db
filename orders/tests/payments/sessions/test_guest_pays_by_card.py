"""Guests who pay by card, sign in meanwhile, or take the order into an account"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import add, cart_of, guest, guest_with, held, sign_in, signed_in
from orders.models import Order
from orders.tests.factories import ADDRESS, form, placed
from orders.tests.payments.paid_orders import lamps, stock_of
from orders.tests.payments.till import Till, status_of
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def merged(till: Till, units: int = 2, own: int = 0, stock: int = 10) -> tuple[SchemaClient, User, dict[str, Any]]:
    """Return a user who signed in while a payment of what was his guest cart is open, and that order."""
    lamp = make_product("Lamp", sku="LAMP", stock=stock)
    user = make_user()
    if own:
        add(signed_in(user), lamp, own)
    key = guest_with(lamp, units)
    order = till.placed(guest(key))
    sign_in(user, {"X-Cart-Token": key})
    return signed_in(user), user, order


def test_a_guest_pays_and_reads_his_order_with_the_token(till: Till) -> None:
    visitor = SchemaClient()
    lamps(visitor)
    order = till.placed(visitor)
    token = {"X-Order-Token": order["order_token"]}

    assert set(till.pay(order)) == {200}

    shown = SchemaClient().get(f"/api/orders/{order['number']}/", headers=token).json()["data"]
    assert (shown["status"], shown["payment_status"], shown["order_token"]) == ("processing", "paid", order["order_token"])
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"
    assert SchemaClient().get(url, headers=token).json()["data"]["payment_verified"] is True
    assert SchemaClient().get(url).status_code == 404
    assert (cart_of(visitor)["items"], stock_of()) == ([], (8, 0))


def test_a_guest_keeps_his_cart_cookies_while_the_payment_is_open(till: Till) -> None:
    visitor = SchemaClient()
    lamps(visitor)

    response = till.order(visitor)

    assert response.status_code == 201
    assert not [name for name, cookie in response.cookies.items() if not cookie.value]
    assert held(cart_of(visitor)) == {"LAMP": 2}


def test_an_order_of_a_guest_goes_into_an_account_and_is_paid_there(till: Till) -> None:
    visitor, user = SchemaClient(), make_user()
    lamps(visitor)
    order = till.placed(visitor)
    token = {"X-Order-Token": order["order_token"]}
    client = signed_in(user)

    claimed = client.post(f"/api/orders/{order['number']}/claim/", headers=token)

    assert (claimed.status_code, claimed.json()["data"]["checkout_url"]) == (200, order["checkout_url"])
    assert "order_token" not in claimed.json()["data"]
    assert set(till.pay(order)) == {200}
    assert [row["payment_status"] for row in client.get("/api/orders/my/").json()["data"]] == ["paid"]
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"
    assert client.get(url).json()["data"]["payment_verified"] is True
    assert visitor.get(url, headers=token).status_code == 404
    for act in ("cancel", "pay", "claim"):
        assert visitor.post(f"/api/orders/{order['number']}/{act}/", headers=token).status_code in (401, 404)
    assert (cart_of(visitor)["items"], status_of(order["number"])[0]) == ([], "processing")


def test_after_signing_in_the_lines_are_still_held_by_the_open_payment(till: Till) -> None:
    client, _, order = merged(till, stock=2)

    cart = cart_of(client)

    assert (held(cart), cart["has_stock_issues"]) == ({"LAMP": 2}, False)
    assert (CartItem.objects.get().held, stock_of(), status_of(order["number"])[0]) == (2, (2, 2), "pending")


def test_what_is_paid_then_leaves_the_users_cart(till: Till) -> None:
    client, _, order = merged(till)

    assert set(till.pay(order)) == {200}

    assert (held(cart_of(client)), stock_of()) == ({}, (8, 0))
    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    assert Order.objects.get().user is None


def test_what_the_user_had_beside_it_stays(till: Till) -> None:
    client, _, order = merged(till, units=2, own=3)
    add(client, make_product("Mug", sku="MUG"))

    till.pay(order)

    assert held(cart_of(client)) == {"LAMP": 3, "MUG": 1}
    assert set(CartItem.objects.values_list("held", flat=True)) == {0}


def test_the_order_stays_the_guests_after_signing_in(till: Till) -> None:
    client, _, order = merged(till)

    assert client.get(f"/api/orders/{order['number']}/").status_code == 404
    assert client.get("/api/orders/my/").json()["data"] == []
    token = {"X-Order-Token": order["order_token"]}
    assert client.post(f"/api/orders/{order['number']}/claim/", headers=token).status_code == 200
    assert len(client.get("/api/orders/my/").json()["data"]) == 1


@pytest.mark.parametrize("method", ["stripe", "cod"])
def test_a_new_order_of_the_user_takes_its_place(till: Till, method: str) -> None:
    client, user, first = merged(till, stock=2)

    response = client.post("/api/orders/create/", form(payment_method=method, address={**ADDRESS, "city": "Paris"}))

    assert response.status_code == 201
    assert status_of(first["number"]) == ("cancelled", "released", "cancelled")
    second = Order.objects.get(number=response.json()["data"]["number"])
    assert (second.user, second.items.get().quantity) == (user, 2)
    assert stock_of() == ((2, 2) if method == "stripe" else (0, 0))
    assert [row["status"] for row in till.emulator.ledger()] == ["expired", "open"][: 2 if method == "stripe" else 1]


def test_a_new_order_of_the_user_after_the_first_was_paid_is_stopped(till: Till) -> None:
    client, _, first = merged(till, units=2, own=1)
    till.emulator.pay(first["session_id"])

    response = till.order(client, address={**ADDRESS, "city": "Paris"})

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert (held(cart_of(client)), stock_of()) == ({"LAMP": 1}, (8, 0))
    assert till.placed(client)["total"] == "20.00"


def test_two_open_payments_that_meet_in_one_cart_are_both_replaced(till: Till) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=3)
    user = make_user()
    add(signed_in(user), lamp, 1)
    own = till.placed(signed_in(user))
    key = guest_with(lamp, 2)
    other = till.placed(guest(key))
    sign_in(user, {"X-Cart-Token": key})

    new = till.placed(signed_in(user), address={**ADDRESS, "city": "Paris"})

    assert {status_of(order["number"])[0] for order in (own, other)} == {"cancelled"}
    assert (status_of(new["number"]), stock_of()) == (("pending", "reserved", "open"), (3, 3))
    assert (new["items"][0]["quantity"], CartItem.objects.get().held) == (3, 3)


def test_two_open_payments_that_meet_in_one_cart_may_both_be_paid(till: Till) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=3)
    user = make_user()
    add(signed_in(user), lamp, 1)
    own = till.placed(signed_in(user))
    key = guest_with(lamp, 2)
    other = till.placed(guest(key))
    sign_in(user, {"X-Cart-Token": key})

    for order in (other, own):
        assert set(till.pay(order)) == {200}

    assert (held(cart_of(signed_in(user))), stock_of()) == ({}, (0, 0))


def test_a_payment_that_ends_after_signing_in_lets_the_line_go(till: Till) -> None:
    client, _, order = merged(till, stock=2)
    till.emulator.clock(3600)

    assert set(till.deliver()) == {200}

    assert (status_of(order["number"]), stock_of()) == (("expired", "released", "expired"), (2, 0))
    assert (held(cart_of(client)), CartItem.objects.get().held) == ({"LAMP": 2}, 0)
    assert placed(client)["status"] == "processing"


def test_what_was_taken_out_of_the_cart_meanwhile_is_no_trouble(till: Till) -> None:
    client, _, order = merged(till)
    client.delete("/api/cart/clear/")
    add(client, Product.objects.get(), 1)

    assert set(till.pay(order)) == {200}

    assert stock_of() == (8, 0)
    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
