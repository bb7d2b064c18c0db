"""Paying by card: from the cart to the paid order"""

import pytest

from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart, units_by_sku
from core.actors import Actor
from orders import blocked_contacts
from orders.models import Order, Payment
from orders.tests.factories import create, customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def get_stock(sku: str) -> tuple[int, int]:
    """Return the units on hand and the units reserved."""
    return Variant.objects.values_list("stock", "reserved").get(sku=sku)


def test_an_order_waits_for_its_payment_and_holds_its_stock(card_payments: CardPayments) -> None:
    client = customer()
    lamp = make_product(sku="LAMP", stock=5, price="19.99")
    add_to_cart(client, lamp, 2)

    order = card_payments.place_order(client)

    assert (order["status"], order["payment_status"], order["total"]) == ("pending", "unpaid", "39.98")
    assert order["checkout_url"].endswith(f"/pay/{order['session_id']}")
    assert get_statuses(order["number"]) == ("pending", "reserved", "open")
    assert get_stock("LAMP") == (5, 2)
    assert units_by_sku(get_cart(client)) == {"LAMP": 2}
    assert CartItem.objects.get().held == 2
    sent = card_payments.emulator.requests()[-1]
    assert sent["key"] == str(Payment.objects.get().pk)
    assert sent["params"]["line_items"][0]["price_data"]["unit_amount"] == "3998"


def test_paid_it_is_packed_and_leaves_the_cart(card_payments: CardPayments) -> None:
    client = customer()
    lamp, mug = make_product("Lamp", sku="LAMP", stock=5), make_product("Mug", sku="MUG", stock=5)
    add_to_cart(client, lamp, 2)
    add_to_cart(client, mug, 3)
    order = card_payments.place_order(client, items=[{"product_id": lamp.pk, "quantity": 1}, {"product_id": mug.pk, "quantity": 3}])

    assert card_payments.pay(order) == [200] * 4

    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), get_stock("MUG")) == ((4, 0), (2, 0))
    assert units_by_sku(get_cart(client)) == {"LAMP": 1}
    order_data = client.get(f"/api/orders/{order['number']}/").json()["data"]
    assert (order_data["status"], order_data["payment_status"]) == ("processing", "paid")
    assert order_data["paid_at"]
    assert "checkout_url" not in order_data
    assert StockMovement.objects.filter(reason="sale").count() == 2


def test_the_page_that_the_buyer_comes_back_to_finds_out_by_itself(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5))
    order = card_payments.place_order(client)
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"
    before = client.get(url).json()["data"]
    card_payments.emulator.pay(order["session_id"])

    after = client.get(url).json()["data"]

    assert (before["payment_verified"], before["order_status"]) == (False, "pending")
    assert (after["payment_verified"], after["order_status"]) == (True, "processing")
    assert card_payments.deliver_events() == [200] * 4
    assert get_stock("LAMP") == (4, 0)
    assert SchemaClient().get(url).status_code == 404


def test_the_same_create_again_is_the_same_order_and_the_same_page(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=1))
    first = card_payments.place_order(client)

    retry = card_payments.post_order(client)

    assert retry.status_code == 200
    assert retry.json()["data"]["checkout_url"] == first["checkout_url"]
    assert retry["Idempotency-Replayed"] == "true"
    assert (Order.objects.count(), get_stock("LAMP")) == (1, (1, 1))


def test_a_different_request_closes_the_first_order_and_replaces_it(card_payments: CardPayments) -> None:
    client = customer()
    lamp = make_product(sku="LAMP", stock=2)
    add_to_cart(client, lamp)
    first = card_payments.place_order(client)
    add_to_cart(client, lamp)

    second = card_payments.place_order(client)

    assert get_statuses(first["number"]) == ("cancelled", "released", "cancelled")
    assert get_statuses(second["number"]) == ("pending", "reserved", "open")
    assert get_stock("LAMP") == (2, 2)
    assert [row["status"] for row in card_payments.emulator.ledger()] == ["expired", "open"]


def test_cash_on_delivery_instead_closes_the_session_too(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=1))
    first = card_payments.place_order(client)

    assert create(client).status_code == 201

    assert get_statuses(first["number"])[0] == "cancelled"
    assert get_stock("LAMP") == (0, 0)


def test_what_was_paid_meanwhile_is_not_replaced(card_payments: CardPayments) -> None:
    client = customer()
    lamp = make_product(sku="LAMP", stock=5)
    add_to_cart(client, lamp)
    first = card_payments.place_order(client)
    add_to_cart(client, lamp)
    card_payments.emulator.pay(first["session_id"])

    response = card_payments.post_order(client)

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert response.json()["details"] == {"order": first["number"]}
    assert get_statuses(first["number"]) == ("processing", "committed", "succeeded")
    assert units_by_sku(get_cart(client)) == {"LAMP": 1}


def test_a_buyer_cancels_an_unpaid_order(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=1))
    order = card_payments.place_order(client)

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["data"]["status"]) == (200, "cancelled")
    assert get_stock("LAMP") == (1, 0)
    assert card_payments.deliver_events() == [200]
    assert get_statuses(order["number"]) == ("cancelled", "released", "cancelled")


def test_an_expired_session_frees_the_stock_and_keeps_the_cart(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=1))
    order = card_payments.place_order(client)
    card_payments.emulator.advance_clock(3600)

    assert card_payments.deliver_events() == [200]

    assert get_statuses(order["number"]) == ("expired", "released", "expired")
    assert (get_stock("LAMP"), units_by_sku(get_cart(client)), CartItem.objects.get().held) == ((1, 0), {"LAMP": 1}, 0)


def test_a_shop_without_a_provider_says_so(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = client.post("/api/orders/create/", {"payment_method": "stripe", "address": "12 Hill Road"})

    assert (response.status_code, response.json()["code"]) == (503, "payment_not_configured")


def test_no_payment_begins_for_a_blocked_contact(card_payments: CardPayments) -> None:
    client = SchemaClient()
    add_to_cart(client, make_product(sku="LAMP", stock=5))
    blocked_contacts.block_contacts(Actor(kind="staff"), ["eve@example.com"], "fraud")

    response = card_payments.post_order(client, name="Eve", email="eve@example.com")

    assert (response.status_code, response.json()["code"]) == (403, "ordering_blocked")
    assert (Order.objects.count(), get_stock("LAMP"), card_payments.emulator.requests()) == (0, (5, 0), [])
