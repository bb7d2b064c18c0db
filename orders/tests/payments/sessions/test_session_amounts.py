"""The amount that the payment provider charges: the order's total, to the minor unit"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from carts.models import CartItem
from carts.tests.factories import add_to_cart
from core import markets, outbox
from core.models import Job
from orders.models import Order, Payment
from orders.tests.factories import customer, database_rows
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import create_pending_order, fill_cart, get_stock
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CURRENCIES = {"in": "INR", "jp": "JPY", "kw": "KWD", "is": "ISK", "ug": "UGX"}
D = Decimal


@pytest.fixture
def world(settings: Settings) -> Iterator[None]:
    """The shop sells in markets whose currencies have zero, two and three decimal digits."""
    settings.MARKETS = CURRENCIES
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


def make_buyer(market: str, price: str, units: int = 1) -> SchemaClient:
    """Return a client of this market with units of a lamp at this price in the cart."""
    client = SchemaClient()
    client.credentials(HTTP_X_MARKET=market)
    prices = {} if market == "in" else {market: price}
    lamp = make_product("Lamp", sku="LAMP", price=price if market == "in" else "1.00", prices=prices, stock=100)
    key = str(add_to_cart(client, lamp, units)["cart_token"])
    client.credentials(HTTP_X_MARKET=market, HTTP_X_CART_TOKEN=key)
    return client


def get_session_params(card_payments: CardPayments) -> dict[str, Any]:
    """Return the parameters of the last session that was opened."""
    calls = [row for row in card_payments.emulator.requests() if row["method"] == "POST" and row["path"].endswith("sessions")]
    params: dict[str, Any] = calls[-1]["params"]
    return params


def get_lines(params: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Return name, amount and units of each line of a session."""
    return [
        (line["price_data"]["product_data"]["name"], int(line["price_data"]["unit_amount"]), int(line["quantity"]))
        for line in params["line_items"]
    ]


@pytest.mark.parametrize(
    ("market", "price", "units", "total", "minor"),
    [
        ("in", "19.99", 3, "59.97", 5997),
        ("in", "1.15", 99, "113.85", 11385),
        ("jp", "1980", 2, "3960", 3960),
        ("kw", "1.230", 3, "3.690", 3690),
        ("is", "1500", 2, "3000", 300000),
        ("ug", "20000", 1, "20000", 2000000),
    ],
)
def test_each_currency_is_charged_in_its_own_minor_units(
    card_payments: CardPayments, world: None, market: str, price: str, units: int, total: str, minor: int
) -> None:
    order = card_payments.place_order(make_buyer(market, price, units))

    assert (order["total"], order["currency"]) == (total, CURRENCIES[market])
    assert get_lines(get_session_params(card_payments)) == [(f"{units} × Lamp", minor, 1)]
    assert Payment.objects.get().amount_minor == minor
    assert set(card_payments.pay(order)) == {200}
    assert (get_statuses(order["number"])[0], card_payments.emulator.ledger()[0]["captured"]) == ("processing", minor)


def test_a_total_that_no_card_can_be_charged_is_refused_and_nothing_is_ordered(card_payments: CardPayments, world: None) -> None:
    client = make_buyer("kw", "1.234")
    (method,) = client.get("/api/cart/delivery/").json()["data"]["methods"]
    before = database_rows()

    response = card_payments.post_order(client)

    assert (response.status_code, response.json()["code"]) == (400, "amount_not_chargeable")
    assert (database_rows(), card_payments.emulator.requests()) == (before, [])
    assert [(payment["available"], payment["reason"]) for payment in method["payments"]] == [
        (True, None),
        (False, {"code": "amount_not_chargeable", "text": "This total cannot be paid by card"}),
    ]
    client.post("/api/orders/create/", {"payment_method": "cod", "address": "1 Road", "name": "Ada", "phone": "123"})
    assert Order.objects.get().total == D("1.234")


def test_a_price_that_no_card_can_be_charged_leaves_nothing_half_done(card_payments: CardPayments, world: None) -> None:
    client = make_buyer("kw", "1.234", 5)

    response = card_payments.post_order(client)

    assert response.status_code == 201
    assert get_lines(get_session_params(card_payments)) == [("5 × Lamp", 6170, 1)]


def test_parts_that_no_card_can_be_charged_are_charged_as_one(card_payments: CardPayments, world: None) -> None:
    client = make_buyer("kw", "1.234")
    add_to_cart(client, make_product("Mug", price="1.00", prices={"kw": "1.236"}))

    order = card_payments.place_order(client)

    assert get_lines(get_session_params(card_payments)) == [(f"Order {order['number']}", 2470, 1)]


def test_a_hundred_lines_add_up_to_the_minor_unit(card_payments: CardPayments) -> None:
    client = customer()
    fill_cart(client, 100, "19.99")

    order = card_payments.place_order(client)

    assert order["total"] == "1999.00"
    assert len(get_lines(get_session_params(card_payments))) == 100
    assert sum(amount * units for _, amount, units in get_lines(get_session_params(card_payments))) == 199900
    card_payments.pay(order)
    assert card_payments.emulator.ledger()[0]["captured"] == 199900
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")


def test_a_hundred_lines_and_the_shipping_are_charged_in_one_line(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHIPPING = {"in": (D("49.50"), None)}
    client = customer()
    fill_cart(client, 100, "19.99")

    order = card_payments.place_order(client)

    assert (order["shipping_total"], order["total"]) == ("49.50", "2048.50")
    assert get_lines(get_session_params(card_payments)) == [(f"Order {order['number']}", 204850, 1)]


def test_shipping_is_a_separate_line_and_tax_is_not(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (D("49.50"), D("999"))}, {"in": D(18)}

    _, order = create_pending_order(card_payments, 2)

    assert (order["subtotal"], order["shipping_total"], order["tax_total"], order["total"]) == ("40.00", "49.50", "13.65", "89.50")
    assert get_lines(get_session_params(card_payments)) == [("2 × Lamp", 4000, 1), ("Shipping", 4950, 1)]


def test_the_session_names_shop_order_and_payment_and_allows_no_other_currency(
    card_payments: CardPayments, settings: Settings
) -> None:
    _, order = create_pending_order(card_payments)

    params = get_session_params(card_payments)

    named = {"shop": settings.SHOP_ID, "order": order["number"], "payment": str(Payment.objects.get().pk)}
    assert params["metadata"] == params["payment_intent_data"]["metadata"] == named
    assert (params["client_reference_id"], params["mode"]) == (order["number"], "payment")
    assert params["adaptive_pricing"] == {"enabled": "false"}
    assert params["allowed_payment_method_types"] == ["card"]
    assert "payment_method_types" not in params
    assert "{CHECKOUT_SESSION_ID}" in params["success_url"]
    assert order["number"] in params["success_url"]
    assert "{" not in params["cancel_url"]
    assert {line["price_data"]["currency"] for line in params["line_items"]} == {"inr"}


def test_a_very_long_name_is_shortened_for_the_provider_alone(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product("L" * 200))

    order = card_payments.place_order(client)

    assert get_lines(get_session_params(card_payments))[0][0] == "1 × " + "L" * 200
    assert order["items"][0]["name"] == "L" * 200


def test_an_order_for_nothing_is_paid_without_the_provider(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product("Leaflet", sku="LAMP", price="0.00"), 2)

    response = card_payments.post_order(client)

    order_data = response.json()["data"]
    assert (response.status_code, order_data["status"], order_data["payment_status"], order_data["total"]) == (
        201,
        "processing",
        "paid",
        "0.00",
    )
    assert "checkout_url" not in order_data
    assert order_data["paid_at"]
    assert (get_statuses(order_data["number"]), get_stock()) == (("processing", "committed", "succeeded"), (8, 0))
    assert (card_payments.emulator.requests(), CartItem.objects.count()) == ([], 0)
    assert list(Job.objects.values_list("kind", flat=True)) == ["order_mail"]


def test_the_mail_of_an_order_for_nothing_asks_for_no_money(card_payments: CardPayments, mailoutbox: list[Any]) -> None:
    client = customer()
    add_to_cart(client, make_product("Leaflet", price="0.00"))
    card_payments.place_order(client)

    outbox.run_due()

    assert len(mailoutbox) == 1
    assert "You will pay on delivery" not in mailoutbox[0].body


def test_a_total_below_what_a_card_can_be_charged_is_taken_back(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product("Pin", sku="LAMP", price="0.10"))

    response = card_payments.post_order(client, "k-1")

    assert (response.status_code, response.json()["code"]) == (400, "amount_too_small")
    assert (Order.objects.get().status, get_stock(), CartItem.objects.get().held) == ("cancelled", (10, 0), 0)
    retry = client.post("/api/orders/create/", {"payment_method": "cod", "address": "1 Road"}, headers={"Idempotency-Key": "k-1"})
    assert retry.status_code == 201


def test_a_charge_of_another_amount_is_not_accepted(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP"))
    card_payments.emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"tamper": {"amount_total": 1}}})

    order = card_payments.place_order(client)

    assert Order.objects.get().attention == "amount_mismatch"
    assert get_statuses(order["number"]) == ("pending", "reserved", "open")
