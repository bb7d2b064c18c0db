"""Changes to catalog and cart between cart, order and payment (failure table: 18, 21, 22)"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from carts.models import Cart
from carts.tests.factories import add_to_cart, get_cart, signed_in_client, units_by_sku
from core import outbox
from orders.models import Order
from orders.tests.factories import create, customer, database_rows, order_body
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants, get_stock
from products.models import Product
from products.tests.factories import make_product, set_price, update_product
from tests.concurrent_requests import Caller
from tests.schema_client import SchemaClient

CARD = order_body(payment_method="stripe")
pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp with five units in stock."""
    return make_product(sku="LAMP", stock=5)


@pytest.fixture
def client(lamp: Product) -> SchemaClient:
    """A buyer whose cart holds two."""
    client = customer()
    add_to_cart(client, lamp, 2)
    return client


def buy_four(lamp: Product) -> None:
    """Sell four lamps to another buyer."""
    other = customer("grace@example.com")
    add_to_cart(other, lamp, 4)
    assert create(other).status_code == 201


CHANGES: dict[str, tuple[Callable[[Product], None], str]] = {
    "dearer": (lambda lamp: set_price(lamp, "20.01"), "price_increased"),
    "sold": (buy_four, "insufficient_stock"),
    "taken off": (lambda lamp: update_product(lamp, is_active=False), "unavailable"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_has_changed_since_the_cart_was_filled_is_named_and_nothing_is_ordered(
    card_payments: CardPayments, client: SchemaClient, lamp: Product, case: str
) -> None:
    CHANGES[case][0](lamp)
    before = database_rows()

    response = card_payments.post_order(client, "k-1")

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert [change["code"] for change in response.json()["details"]["changes"]] == [CHANGES[case][1]]
    assert (database_rows(), card_payments.emulator.requests()) == (before, [])
    check_invariants(card_payments)


def test_an_increase_that_is_accepted_is_charged(card_payments: CardPayments, client: SchemaClient, lamp: Product) -> None:
    set_price(lamp, "21.00")

    order = card_payments.place_order(client, accept_price_changes=True)

    assert order["total"] == "42.00"
    assert card_payments.pay(order) == [200] * 4
    assert card_payments.emulator.ledger()[0]["captured"] == 4200
    check_invariants(card_payments)


@pytest.mark.parametrize("price", ["10.00", "30.00"])
def test_a_price_that_changes_after_the_order_changes_nothing(
    card_payments: CardPayments, client: SchemaClient, lamp: Product, price: str
) -> None:
    order = card_payments.place_order(client)
    set_price(lamp, price)
    update_product(lamp, name="Something else")

    assert card_payments.pay(order) == [200] * 4

    order_data = client.get(f"/api/orders/{order['number']}/").json()["data"]
    assert (order_data["total"], order_data["items"][0]["unit_price"], order_data["items"][0]["name"]) == ("40.00", "20.00", "Lamp")
    assert (order_data["payment_status"], card_payments.emulator.ledger()[0]["captured"]) == ("paid", 4000)
    check_invariants(card_payments)


def test_a_price_that_changes_before_the_page_is_made_changes_nothing(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    card_payments.emulator.set_faults({"match": {"path": "sessions$"}, "times": -1, "do": {"status": 503}})
    number = card_payments.post_order(client).json()["details"]["order"]
    set_price(lamp, "30.00")
    card_payments.emulator.set_faults()

    order = client.post(f"/api/orders/{number}/pay/").json()["data"]

    assert card_payments.emulator.requests()[-1]["params"]["line_items"][0]["price_data"]["unit_amount"] == "4000"
    assert card_payments.pay(order) == [200] * 4
    assert card_payments.emulator.ledger()[0]["captured"] == 4000
    check_invariants(card_payments)


def test_a_product_that_is_taken_off_after_the_order_is_sold_all_the_same(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    order = card_payments.place_order(client)
    update_product(lamp, is_active=False)

    assert card_payments.pay(order) == [200] * 4

    assert (get_statuses(order["number"])[0], get_stock("LAMP"), units_by_sku(get_cart(client))) == ("processing", (3, 0), {})
    check_invariants(card_payments)


def test_a_cart_changed_while_its_order_was_paid_keeps_what_was_not_ordered(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    order = card_payments.place_order(client)
    add_to_cart(client, lamp)
    add_to_cart(client, make_product("Mug", sku="MUG"), 4)

    assert card_payments.pay(order) == [200] * 4

    assert units_by_sku(get_cart(client)) == {"LAMP": 1, "MUG": 4}
    second = card_payments.place_order(client)
    assert (second["total"], get_stock("LAMP")) == ("100.00", (3, 1))
    check_invariants(card_payments)


def test_a_cart_that_was_emptied_while_its_order_was_paid_stays_empty(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    order = card_payments.place_order(client)
    client.delete("/api/cart/clear/")

    assert card_payments.pay(order) == [200] * 4

    assert (get_statuses(order["number"])[0], units_by_sku(get_cart(client)), get_stock("LAMP")) == ("processing", {}, (3, 0))
    check_invariants(card_payments)


def test_another_request_after_the_payment_is_refused_and_the_rest_can_be_ordered(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    first = card_payments.place_order(client)
    add_to_cart(client, lamp)
    card_payments.emulator.pay(first["session_id"])

    response = card_payments.post_order(client)

    assert (response.status_code, response.json()["code"], response.json()["details"]) == (
        *(409, "already_paid"),
        {"order": first["number"]},
    )
    assert units_by_sku(get_cart(client)) == {"LAMP": 1}
    second = card_payments.place_order(client)
    assert (second["total"], get_stock("LAMP")) == ("20.00", (3, 1))
    assert card_payments.pay(second) == [200] * 8
    check_invariants(card_payments)


def test_an_order_whose_page_cannot_be_closed_is_not_replaced(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    first = card_payments.place_order(client)
    add_to_cart(client, lamp)
    card_payments.emulator.set_faults({"match": {"path": "/expire"}, "times": -1, "do": {"status": 503}})

    for response in (card_payments.post_order(client), create(client)):
        assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")

    assert (Order.objects.count(), get_statuses(first["number"]), get_stock("LAMP")) == (1, ("pending", "reserved", "open"), (5, 2))
    assert card_payments.pay(first) == [200] * 4
    assert (get_statuses(first["number"])[0], Order.objects.get().cancel_reason) == ("processing", "")
    check_invariants(card_payments)


def test_an_order_whose_page_was_closed_unheard_is_replaced_by_the_next_try(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    first = card_payments.place_order(client)
    add_to_cart(client, lamp)
    card_payments.emulator.set_faults({"match": {"path": "/expire"}, "times": -1, "do": {"close": "after"}})
    assert card_payments.post_order(client).status_code == 503
    card_payments.emulator.set_faults()

    second = card_payments.place_order(client)

    assert get_statuses(first["number"]) == ("cancelled", "released", "cancelled")
    assert (second["total"], get_stock("LAMP")) == ("60.00", (5, 3))
    assert card_payments.deliver_events() == [200]
    check_invariants(card_payments)


@pytest.mark.django_db(transaction=True)
def test_an_order_cancelled_while_its_page_is_being_made_stays_cancelled(
    card_payments: CardPayments, live_server: LiveServer, unthrottled: None
) -> None:
    user = make_user("ada@example.com")
    add_to_cart(signed_in_client(user), make_product(sku="LAMP", stock=5), 2)
    buyer = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})
    card_payments.emulator.set_faults({"match": {"path": "sessions$"}, "do": {"delay_ms": 1000}})

    with ThreadPoolExecutor(1) as threads:
        creating = threads.submit(buyer.post, "/api/orders/create/", CARD)
        order = _wait_for_order()
        assert buyer.post(f"/api/orders/{order.number}/cancel/", {}).status == 200
        creating.result()

    outbox.run_due()
    assert list(Order.objects.values_list("status", flat=True)) == ["cancelled"]
    assert [row["status"] for row in card_payments.emulator.ledger()] == ["expired"]
    check_invariants(card_payments)


def _wait_for_order() -> Any:
    """Return the only order, once it exists."""
    for _ in range(100):
        order = Order.objects.first()
        if order is not None:
            return order
        time.sleep(0.02)
    raise AssertionError("no order came")


def test_an_open_order_that_its_cart_has_forgotten_is_replaced_all_the_same(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    first = card_payments.place_order(client)
    Cart.objects.update(held_at=None)  # as between two locks of another engine: the database constraint decides

    second = card_payments.place_order(client, note="another request", address="elsewhere")

    assert [get_statuses(order["number"])[0] for order in (first, second)] == ["cancelled", "pending"]
    assert get_stock("LAMP") == (5, 2)
    check_invariants()


def test_a_new_key_is_not_answered_with_an_order_whose_page_is_over(card_payments: CardPayments, client: SchemaClient) -> None:
    first = card_payments.post_order(client, "k-1").json()["data"]
    assert (
        card_payments.emulator.api("POST", f"/v1/checkout/sessions/{first['session_id']}/expire").status == 200
    )  # without an event

    second = card_payments.post_order(client, "k-2")

    assert (second.status_code, second.json()["data"]["status"]) == (201, "pending")
    assert [get_statuses(number)[0] for number in (first["number"], second.json()["data"]["number"])] == ["expired", "pending"]
    assert card_payments.post_order(client, "k-1").json()["data"]["number"] == first["number"]
    check_invariants()
