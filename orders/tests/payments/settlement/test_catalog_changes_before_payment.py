"""What changes between cart, order and payment (failure table: 18, 21, 22)"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import access_token, make_user
from carts.models import Cart
from carts.tests.factories import add, cart_of, held, signed_in
from core import outbox
from orders.models import Order
from orders.tests.factories import books, create, customer, form
from orders.tests.payments.invariants import check_books, stock_of
from orders.tests.payments.till import Till, status_of
from products.models import Product
from products.tests.factories import change, change_price, make_product
from tests.crowd import Caller
from tests.schema_client import SchemaClient

CARD = form(payment_method="stripe")
pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of which there are five."""
    return make_product(sku="LAMP", stock=5)


@pytest.fixture
def client(lamp: Product) -> SchemaClient:
    """A buyer whose cart holds two."""
    client = customer()
    add(client, lamp, 2)
    return client


def sell_four(lamp: Product) -> None:
    """Let somebody else buy four lamps."""
    other = customer("grace@example.com")
    add(other, lamp, 4)
    assert create(other).status_code == 201


CHANGES: dict[str, tuple[Callable[[Product], None], str]] = {
    "dearer": (lambda lamp: change_price(lamp, "20.01"), "price_increased"),
    "sold": (sell_four, "insufficient_stock"),
    "taken off": (lambda lamp: change(lamp, is_active=False), "unavailable"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_since_the_cart_was_filled_is_named_and_nothing_is_ordered(
    till: Till, client: SchemaClient, lamp: Product, what: str
) -> None:
    CHANGES[what][0](lamp)
    before = books()

    response = till.order(client, "k-1")

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert [change["code"] for change in response.json()["details"]["changes"]] == [CHANGES[what][1]]
    assert (books(), till.emulator.requests()) == (before, [])
    check_books(till)


def test_an_increase_that_is_accepted_is_charged(till: Till, client: SchemaClient, lamp: Product) -> None:
    change_price(lamp, "21.00")

    order = till.placed(client, accept_price_changes=True)

    assert order["total"] == "42.00"
    assert till.pay(order) == [200] * 4
    assert till.emulator.ledger()[0]["captured"] == 4200
    check_books(till)


@pytest.mark.parametrize("price", ["10.00", "30.00"])
def test_a_price_that_changes_after_the_order_changes_nothing(till: Till, client: SchemaClient, lamp: Product, price: str) -> None:
    order = till.placed(client)
    change_price(lamp, price)
    change(lamp, name="Something else")

    assert till.pay(order) == [200] * 4

    shown = client.get(f"/api/orders/{order['number']}/").json()["data"]
    assert (shown["total"], shown["items"][0]["unit_price"], shown["items"][0]["name"]) == ("40.00", "20.00", "Lamp")
    assert (shown["payment_status"], till.emulator.ledger()[0]["captured"]) == ("paid", 4000)
    check_books(till)


def test_a_price_that_changes_before_the_page_is_made_changes_nothing(till: Till, client: SchemaClient, lamp: Product) -> None:
    till.emulator.faults({"match": {"path": "sessions$"}, "times": -1, "do": {"status": 503}})
    number = till.order(client).json()["details"]["order"]
    change_price(lamp, "30.00")
    till.emulator.faults()

    order = client.post(f"/api/orders/{number}/pay/").json()["data"]

    assert till.emulator.requests()[-1]["params"]["line_items"][0]["price_data"]["unit_amount"] == "2000"
    assert till.pay(order) == [200] * 4
    assert till.emulator.ledger()[0]["captured"] == 4000
    check_books(till)


def test_a_product_that_is_taken_off_after_the_order_is_sold_all_the_same(till: Till, client: SchemaClient, lamp: Product) -> None:
    order = till.placed(client)
    change(lamp, is_active=False)

    assert till.pay(order) == [200] * 4

    assert (status_of(order["number"])[0], stock_of("LAMP"), held(cart_of(client))) == ("processing", (3, 0), {})
    check_books(till)


def test_a_cart_that_was_changed_while_its_order_was_paid_keeps_what_was_not_bought(
    till: Till, client: SchemaClient, lamp: Product
) -> None:
    order = till.placed(client)
    add(client, lamp)
    add(client, make_product("Mug", sku="MUG"), 4)

    assert till.pay(order) == [200] * 4

    assert held(cart_of(client)) == {"LAMP": 1, "MUG": 4}
    second = till.placed(client)
    assert (second["total"], stock_of("LAMP")) == ("100.00", (3, 1))
    check_books(till)


def test_a_cart_that_was_emptied_while_its_order_was_paid_stays_empty(till: Till, client: SchemaClient, lamp: Product) -> None:
    order = till.placed(client)
    client.delete("/api/cart/clear/")

    assert till.pay(order) == [200] * 4

    assert (status_of(order["number"])[0], held(cart_of(client)), stock_of("LAMP")) == ("processing", {}, (3, 0))
    check_books(till)


def test_another_wish_after_the_payment_is_told_so_and_the_rest_can_be_bought(
    till: Till, client: SchemaClient, lamp: Product
) -> None:
    first = till.placed(client)
    add(client, lamp)
    till.emulator.pay(first["session_id"])

    response = till.order(client)

    assert (response.status_code, response.json()["code"], response.json()["details"]) == (
        *(409, "already_paid"),
        {"order": first["number"]},
    )
    assert held(cart_of(client)) == {"LAMP": 1}
    second = till.placed(client)
    assert (second["total"], stock_of("LAMP")) == ("20.00", (3, 1))
    assert till.pay(second) == [200] * 8
    check_books(till)


def test_an_order_whose_page_cannot_be_closed_is_not_replaced(till: Till, client: SchemaClient, lamp: Product) -> None:
    first = till.placed(client)
    add(client, lamp)
    till.emulator.faults({"match": {"path": "/expire"}, "times": -1, "do": {"status": 503}})

    for response in (till.order(client), create(client)):
        assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")

    assert (Order.objects.count(), status_of(first["number"]), stock_of("LAMP")) == (1, ("pending", "reserved", "open"), (5, 2))
    assert till.pay(first) == [200] * 4
    assert (status_of(first["number"])[0], Order.objects.get().cancel_reason) == ("processing", "")
    check_books(till)


def test_an_order_whose_page_was_closed_unheard_is_replaced_by_the_next_try(
    till: Till, client: SchemaClient, lamp: Product
) -> None:
    first = till.placed(client)
    add(client, lamp)
    till.emulator.faults({"match": {"path": "/expire"}, "times": -1, "do": {"close": "after"}})
    assert till.order(client).status_code == 503
    till.emulator.faults()

    second = till.placed(client)

    assert status_of(first["number"]) == ("cancelled", "released", "cancelled")
    assert (second["total"], stock_of("LAMP")) == ("60.00", (5, 3))
    assert till.deliver() == [200]
    check_books(till)


@pytest.mark.django_db(transaction=True)
def test_an_order_cancelled_while_its_page_is_being_made_stays_cancelled(
    till: Till, live_server: LiveServer, unthrottled: None
) -> None:
    user = make_user("ada@example.com")
    add(signed_in(user), make_product(sku="LAMP", stock=5), 2)
    buyer = Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})
    till.emulator.faults({"match": {"path": "sessions$"}, "do": {"delay_ms": 1000}})

    with ThreadPoolExecutor(1) as threads:
        creating = threads.submit(buyer.post, "/api/orders/create/", CARD)
        order = _appeared()
        assert buyer.post(f"/api/orders/{order.number}/cancel/", {}).status == 200
        creating.result()

    outbox.run_due()
    assert list(Order.objects.values_list("status", flat=True)) == ["cancelled"]
    assert [row["status"] for row in till.emulator.ledger()] == ["expired"]
    check_books(till)


def _appeared() -> Any:
    """Return the only order, once it is there."""
    for _ in range(100):
        order = Order.objects.first()
        if order is not None:
            return order
        time.sleep(0.02)
    raise AssertionError("no order came")


def test_an_open_order_that_its_cart_has_forgotten_is_replaced_all_the_same(till: Till, client: SchemaClient) -> None:
    first = till.placed(client)
    Cart.objects.update(held_at=None)  # as between two locks of another engine: the database is the last judge

    second = till.placed(client, note="another wish", address="elsewhere")

    assert [status_of(order["number"])[0] for order in (first, second)] == ["cancelled", "pending"]
    assert stock_of("LAMP") == (5, 2)
    check_books()


def test_a_new_key_is_not_answered_with_an_order_whose_page_is_over(till: Till, client: SchemaClient) -> None:
    first = till.order(client, "k-1").json()["data"]
    assert till.emulator.api("POST", f"/v1/checkout/sessions/{first['session_id']}/expire").status == 200  # and nobody told

    second = till.order(client, "k-2")

    assert (second.status_code, second.json()["data"]["status"]) == (201, "pending")
    assert [status_of(number)[0] for number in (first["number"], second.json()["data"]["number"])] == ["expired", "pending"]
    assert till.order(client, "k-1").json()["data"]["number"] == first["number"]
    check_books()
