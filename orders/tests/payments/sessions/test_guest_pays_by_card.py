"""Guests who pay by card, sign in meanwhile, or claim the order into an account"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart, guest_client, make_guest_cart, sign_in, signed_in_client, units_by_sku
from orders.models import Order
from orders.tests.factories import ADDRESS, order_body, placed
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import add_lamps, get_stock
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def create_merged_cart(
    card_payments: CardPayments, units: int = 2, own_units: int = 0, stock: int = 10
) -> tuple[SchemaClient, User, dict[str, Any]]:
    """Return a user who signed in while a payment for their guest cart is open, and that order."""
    lamp = make_product("Lamp", sku="LAMP", stock=stock)
    user = make_user()
    if own_units:
        add_to_cart(signed_in_client(user), lamp, own_units)
    key = make_guest_cart(lamp, units)
    order = card_payments.place_order(guest_client(key))
    sign_in(user, {"X-Cart-Token": key})
    return signed_in_client(user), user, order


def test_a_guest_pays_and_reads_the_order_with_the_token(card_payments: CardPayments) -> None:
    visitor = SchemaClient()
    add_lamps(visitor)
    order = card_payments.place_order(visitor)
    token = {"X-Order-Token": order["order_token"]}

    assert set(card_payments.pay(order)) == {200}

    order_data = SchemaClient().get(f"/api/orders/{order['number']}/", headers=token).json()["data"]
    assert (order_data["status"], order_data["payment_status"], order_data["order_token"]) == (
        "processing",
        "paid",
        order["order_token"],
    )
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"
    assert SchemaClient().get(url, headers=token).json()["data"]["payment_verified"] is True
    assert SchemaClient().get(url).status_code == 404
    assert (get_cart(visitor)["items"], get_stock()) == ([], (8, 0))


def test_a_guest_keeps_the_cart_cookies_while_the_payment_is_open(card_payments: CardPayments) -> None:
    visitor = SchemaClient()
    add_lamps(visitor)

    response = card_payments.post_order(visitor)

    assert response.status_code == 201
    assert not [name for name, cookie in response.cookies.items() if not cookie.value]
    assert units_by_sku(get_cart(visitor)) == {"LAMP": 2}


def test_an_order_of_a_guest_goes_into_an_account_and_is_paid_there(card_payments: CardPayments) -> None:
    visitor, user = SchemaClient(), make_user()
    add_lamps(visitor)
    order = card_payments.place_order(visitor)
    token = {"X-Order-Token": order["order_token"]}
    client = signed_in_client(user)

    claimed = client.post(f"/api/orders/{order['number']}/claim/", headers=token)

    assert (claimed.status_code, claimed.json()["data"]["checkout_url"]) == (200, order["checkout_url"])
    assert "order_token" not in claimed.json()["data"]
    assert set(card_payments.pay(order)) == {200}
    assert [row["payment_status"] for row in client.get("/api/orders/my/").json()["data"]] == ["paid"]
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"
    assert client.get(url).json()["data"]["payment_verified"] is True
    assert visitor.get(url, headers=token).status_code == 404
    for act in ("cancel", "pay", "claim"):
        assert visitor.post(f"/api/orders/{order['number']}/{act}/", headers=token).status_code in (401, 404)
    assert (get_cart(visitor)["items"], get_statuses(order["number"])[0]) == ([], "processing")


def test_after_signing_in_the_lines_are_still_held_by_the_open_payment(card_payments: CardPayments) -> None:
    client, _, order = create_merged_cart(card_payments, stock=2)

    cart = get_cart(client)

    assert (units_by_sku(cart), cart["has_stock_issues"]) == ({"LAMP": 2}, False)
    assert (CartItem.objects.get().held, get_stock(), get_statuses(order["number"])[0]) == (2, (2, 2), "pending")


def test_what_is_paid_then_leaves_the_users_cart(card_payments: CardPayments) -> None:
    client, _, order = create_merged_cart(card_payments)

    assert set(card_payments.pay(order)) == {200}

    assert (units_by_sku(get_cart(client)), get_stock()) == ({}, (8, 0))
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    assert Order.objects.get().user is None


def test_what_the_user_had_beside_it_stays(card_payments: CardPayments) -> None:
    client, _, order = create_merged_cart(card_payments, units=2, own_units=3)
    add_to_cart(client, make_product("Mug", sku="MUG"))

    card_payments.pay(order)

    assert units_by_sku(get_cart(client)) == {"LAMP": 3, "MUG": 1}
    assert set(CartItem.objects.values_list("held", flat=True)) == {0}


def test_the_order_stays_the_guests_after_signing_in(card_payments: CardPayments) -> None:
    client, _, order = create_merged_cart(card_payments)

    assert client.get(f"/api/orders/{order['number']}/").status_code == 404
    assert client.get("/api/orders/my/").json()["data"] == []
    token = {"X-Order-Token": order["order_token"]}
    assert client.post(f"/api/orders/{order['number']}/claim/", headers=token).status_code == 200
    assert len(client.get("/api/orders/my/").json()["data"]) == 1


@pytest.mark.parametrize("method", ["stripe", "cod"])
def test_a_new_order_of_the_user_takes_its_place(card_payments: CardPayments, method: str) -> None:
    client, user, first = create_merged_cart(card_payments, stock=2)

    response = client.post("/api/orders/create/", order_body(payment_method=method, address={**ADDRESS, "city": "Paris"}))

    assert response.status_code == 201
    assert get_statuses(first["number"]) == ("cancelled", "released", "cancelled")
    second = Order.objects.get(number=response.json()["data"]["number"])
    assert (second.user, second.items.get().quantity) == (user, 2)
    assert get_stock() == ((2, 2) if method == "stripe" else (0, 0))
    assert [row["status"] for row in card_payments.emulator.ledger()] == ["expired", "open"][: 2 if method == "stripe" else 1]


def test_a_new_order_of_the_user_after_the_first_was_paid_is_stopped(card_payments: CardPayments) -> None:
    client, _, first = create_merged_cart(card_payments, units=2, own_units=1)
    card_payments.emulator.pay(first["session_id"])

    response = card_payments.post_order(client, address={**ADDRESS, "city": "Paris"})

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert (units_by_sku(get_cart(client)), get_stock()) == ({"LAMP": 1}, (8, 0))
    assert card_payments.place_order(client)["total"] == "20.00"


def test_two_open_payments_that_meet_in_one_cart_are_both_replaced(card_payments: CardPayments) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=3)
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 1)
    user_order = card_payments.place_order(signed_in_client(user))
    key = make_guest_cart(lamp, 2)
    other = card_payments.place_order(guest_client(key))
    sign_in(user, {"X-Cart-Token": key})

    new = card_payments.place_order(signed_in_client(user), address={**ADDRESS, "city": "Paris"})

    assert {get_statuses(order["number"])[0] for order in (user_order, other)} == {"cancelled"}
    assert (get_statuses(new["number"]), get_stock()) == (("pending", "reserved", "open"), (3, 3))
    assert (new["items"][0]["quantity"], CartItem.objects.get().held) == (3, 3)


def test_two_open_payments_that_meet_in_one_cart_may_both_be_paid(card_payments: CardPayments) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=3)
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 1)
    user_order = card_payments.place_order(signed_in_client(user))
    key = make_guest_cart(lamp, 2)
    other = card_payments.place_order(guest_client(key))
    sign_in(user, {"X-Cart-Token": key})

    for order in (other, user_order):
        assert set(card_payments.pay(order)) == {200}

    assert (units_by_sku(get_cart(signed_in_client(user))), get_stock()) == ({}, (0, 0))


def test_a_payment_that_expires_after_signing_in_releases_the_line(card_payments: CardPayments) -> None:
    client, _, order = create_merged_cart(card_payments, stock=2)
    card_payments.emulator.advance_clock(3600)

    assert set(card_payments.deliver_events()) == {200}

    assert (get_statuses(order["number"]), get_stock()) == (("expired", "released", "expired"), (2, 0))
    assert (units_by_sku(get_cart(client)), CartItem.objects.get().held) == ({"LAMP": 2}, 0)
    assert placed(client)["status"] == "processing"


def test_what_was_taken_out_of_the_cart_meanwhile_is_no_trouble(card_payments: CardPayments) -> None:
    client, _, order = create_merged_cart(card_payments)
    client.delete("/api/cart/clear/")
    add_to_cart(client, Product.objects.get(), 1)

    assert set(card_payments.pay(order)) == {200}

    assert get_stock() == (8, 0)
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
