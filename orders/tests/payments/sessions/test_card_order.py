"""Paying by card: from the cart to the paid order"""

import pytest

from carts.models import CartItem
from carts.tests.factories import add, cart_of, held
from orders.models import Order, Payment
from orders.tests.factories import create, customer
from orders.tests.payments.till import Till, status_of
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def stock_of(sku: str) -> tuple[int, int]:
    """Return the units on hand and those promised."""
    return Variant.objects.values_list("stock", "reserved").get(sku=sku)


def test_an_order_waits_for_its_payment_and_holds_its_stock(till: Till) -> None:
    client = customer()
    lamp = make_product(sku="LAMP", stock=5, price="19.99")
    add(client, lamp, 2)

    order = till.placed(client)

    assert (order["status"], order["payment_status"], order["total"]) == ("pending", "unpaid", "39.98")
    assert order["checkout_url"].endswith(f"/pay/{order['session_id']}")
    assert status_of(order["number"]) == ("pending", "reserved", "open")
    assert stock_of("LAMP") == (5, 2)
    assert held(cart_of(client)) == {"LAMP": 2}
    assert CartItem.objects.get().held == 2
    sent = till.emulator.requests()[-1]
    assert sent["key"] == str(Payment.objects.get().pk)
    assert sent["params"]["line_items"][0]["price_data"]["unit_amount"] == "1999"


def test_paid_it_is_packed_and_leaves_the_cart(till: Till) -> None:
    client = customer()
    lamp, mug = make_product("Lamp", sku="LAMP", stock=5), make_product("Mug", sku="MUG", stock=5)
    add(client, lamp, 2)
    add(client, mug, 3)
    order = till.placed(client, items=[{"product_id": lamp.pk, "quantity": 1}, {"product_id": mug.pk, "quantity": 3}])

    assert till.pay(order) == [200] * 4

    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), stock_of("MUG")) == ((4, 0), (2, 0))
    assert held(cart_of(client)) == {"LAMP": 1}
    shown = client.get(f"/api/orders/{order['number']}/").json()["data"]
    assert (shown["status"], shown["payment_status"]) == ("processing", "paid")
    assert shown["paid_at"]
    assert "checkout_url" not in shown
    assert StockMovement.objects.filter(reason="sale").count() == 2


def test_the_page_that_the_buyer_comes_back_to_finds_out_by_itself(till: Till) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=5))
    order = till.placed(client)
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"
    before = client.get(url).json()["data"]
    till.emulator.pay(order["session_id"])

    after = client.get(url).json()["data"]

    assert (before["payment_verified"], before["order_status"]) == (False, "pending")
    assert (after["payment_verified"], after["order_status"]) == (True, "processing")
    assert till.deliver() == [200] * 4
    assert stock_of("LAMP") == (4, 0)
    assert SchemaClient().get(url).status_code == 404


def test_the_same_create_again_is_the_same_order_and_the_same_page(till: Till) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=1))
    first = till.placed(client)

    again = till.order(client)

    assert again.status_code == 200
    assert again.json()["data"]["checkout_url"] == first["checkout_url"]
    assert again["Idempotency-Replayed"] == "true"
    assert (Order.objects.count(), stock_of("LAMP")) == (1, (1, 1))


def test_another_wish_closes_the_first_order_and_takes_its_place(till: Till) -> None:
    client = customer()
    lamp = make_product(sku="LAMP", stock=2)
    add(client, lamp)
    first = till.placed(client)
    add(client, lamp)

    second = till.placed(client)

    assert status_of(first["number"]) == ("cancelled", "released", "cancelled")
    assert status_of(second["number"]) == ("pending", "reserved", "open")
    assert stock_of("LAMP") == (2, 2)
    assert [row["status"] for row in till.emulator.ledger()] == ["expired", "open"]


def test_cash_on_delivery_instead_closes_the_session_too(till: Till) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=1))
    first = till.placed(client)

    assert create(client).status_code == 201

    assert status_of(first["number"])[0] == "cancelled"
    assert stock_of("LAMP") == (0, 0)


def test_what_was_paid_meanwhile_is_not_replaced(till: Till) -> None:
    client = customer()
    lamp = make_product(sku="LAMP", stock=5)
    add(client, lamp)
    first = till.placed(client)
    add(client, lamp)
    till.emulator.pay(first["session_id"])

    response = till.order(client)

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert response.json()["details"] == {"order": first["number"]}
    assert status_of(first["number"]) == ("processing", "committed", "succeeded")
    assert held(cart_of(client)) == {"LAMP": 1}


def test_a_buyer_cancels_what_he_has_not_paid(till: Till) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=1))
    order = till.placed(client)

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["data"]["status"]) == (200, "cancelled")
    assert stock_of("LAMP") == (1, 0)
    assert till.deliver() == [200]
    assert status_of(order["number"]) == ("cancelled", "released", "cancelled")


def test_an_expired_session_frees_the_stock_and_keeps_the_cart(till: Till) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=1))
    order = till.placed(client)
    till.emulator.clock(3600)

    assert till.deliver() == [200]

    assert status_of(order["number"]) == ("expired", "released", "expired")
    assert (stock_of("LAMP"), held(cart_of(client)), CartItem.objects.get().held) == ((1, 0), {"LAMP": 1}, 0)


def test_a_shop_without_a_provider_says_so(db: None) -> None:
    client = customer()
    add(client, make_product())

    response = client.post("/api/orders/create/", {"payment_method": "stripe", "address": "12 Hill Road"})

    assert (response.status_code, response.json()["code"]) == (503, "payment_not_configured")
