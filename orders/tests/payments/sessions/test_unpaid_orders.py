"""POST /api/orders/create/ by card: a buyer holds stock for a few unpaid orders only"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.phones import list_e164
from carts.tests.factories import add_to_cart, guest_client, make_guest_cart
from core import markets
from orders import contact_phones
from orders.fulfilment import cancellation
from orders.models import Order
from orders.tests.factories import ADDRESS, create, customer, database_rows
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import check_invariants
from orders.tests.payments.paid_orders import get_stock, make_staff_actor
from products.models import Product
from products.tests.factories import make_product
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
OWN, NETWORK = (
    "Too many of your orders await payment. Pay for one of them or cancel it, then order again",
    "Too many orders from your network await payment. Sign in, pay on delivery, or try again later",
)
COUNTRIES = ("in", "us", "de", "fr", "es")


@pytest.fixture
def lamp() -> Product:
    """A hundred lamps."""
    return make_product("Lamp", sku="LAMP", stock=100)


def make_guest(lamp: Product, ip: str = "192.0.2.1", units: int = 2) -> SchemaClient:
    """Return a new guest at this address whose cart holds lamps."""
    client = guest_client(make_guest_cart(lamp, units))
    client.defaults["REMOTE_ADDR"] = ip
    return client


def order_by_card(card_payments: CardPayments, client: SchemaClient, number: int = 0, **fields: Any) -> Any:
    """Order by card with contact data that nobody else has, except the given fields."""
    phone = f"+91 98765 4{number:04}"
    contact = {"name": "Ada", "email": f"buyer{number}@example.com", "phone": phone, "address": {**ADDRESS, "phone": phone}}
    return card_payments.post_order(client, **contact | fields)


def check_refused(response: Any, before: dict[str, Any], message: str, limit: int) -> None:
    """Fail unless the order was refused for too many unpaid ones and has left no trace."""
    body = response.json()
    assert (response.status_code, body["code"], body["message"]) == (409, "too_many_unpaid_orders", message)
    assert body["details"] == {"limit": limit}
    assert database_rows() == before
    check_invariants()


@pytest.mark.parametrize(
    ("shared", "again"),
    [({"email": "ada@example.com"}, {"email": "Ada@Example.com "}), ({"phone": "+91 98765 43210"}, {"phone": "098765-43210"})],
)
def test_a_guest_has_three_unpaid_orders_for_an_email_address_or_a_phone_number(
    card_payments: CardPayments, lamp: Product, shared: dict[str, str], again: dict[str, str]
) -> None:
    for number in range(3):
        assert order_by_card(card_payments, make_guest(lamp, f"192.0.2.{number}"), number, **shared).status_code == 201
    guest = make_guest(lamp, "192.0.2.9")
    before = database_rows()

    response = order_by_card(card_payments, guest, 9, **again)

    check_refused(response, before, OWN, 3)
    assert get_stock() == (100, 6)
    assert order_by_card(card_payments, guest, 9).status_code == 201


def test_guests_of_one_network_have_five_together_and_users_do_not_count(card_payments: CardPayments, lamp: Product) -> None:
    for number in range(5):
        assert order_by_card(card_payments, make_guest(lamp), number).status_code == 201
    guest, user = make_guest(lamp), customer()
    user.defaults["REMOTE_ADDR"] = "192.0.2.1"
    add_to_cart(user, lamp)
    before = database_rows()

    check_refused(order_by_card(card_payments, guest, 9), before, NETWORK, 5)

    assert order_by_card(card_payments, user, 10).status_code == 201
    assert create(guest, name="Ada").status_code == 201  # on delivery
    assert order_by_card(card_payments, make_guest(lamp, "192.0.2.2"), 11).status_code == 201


def test_an_ipv6_network_counts_as_one_address(card_payments: CardPayments, lamp: Product) -> None:
    for number in range(5):
        assert order_by_card(card_payments, make_guest(lamp, f"2001:db8:0:1::{number}"), number).status_code == 201

    assert order_by_card(card_payments, make_guest(lamp, "2001:db8:0:1:ffff::"), 9).status_code == 409
    assert order_by_card(card_payments, make_guest(lamp, "2001:db8:0:2::1"), 10).status_code == 201


@pytest.fixture
def five_markets(settings: Settings) -> Iterator[None]:
    """The shop sells in five markets."""
    settings.MARKETS = dict.fromkeys(COUNTRIES, "INR")
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


def test_the_carts_of_a_guest_key_count_together(card_payments: CardPayments, five_markets: None) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=100, prices=dict.fromkeys(COUNTRIES[1:], "20.00"))
    key, codes = "", []
    for number, market in enumerate(COUNTRIES[:4]):
        client = SchemaClient()
        client.credentials(HTTP_X_MARKET=market, HTTP_X_CART_TOKEN=key)
        client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        key = add_to_cart(client, lamp)["cart_token"]
        client.credentials(HTTP_X_MARKET=market, HTTP_X_CART_TOKEN=key)
        codes.append(order_by_card(card_payments, client, number).status_code)

    assert codes == [201, 201, 201, 409]


def claim(client: SchemaClient, order: dict[str, Any]) -> None:
    """Add a guest's order to the account of the client."""
    response = client.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    assert response.status_code == 200


def test_a_user_is_not_counted_by_contact_data_that_others_may_use(card_payments: CardPayments, lamp: Product) -> None:
    user = customer("ada@example.com")
    add_to_cart(user, lamp)
    for number in range(3):
        order_by_card(card_payments, make_guest(lamp, f"192.0.2.{number}"), number, email="ada@example.com")

    response = order_by_card(card_payments, user, 9, email="ada@example.com")

    assert response.status_code == 201


def test_orders_that_a_user_claims_count_for_them(card_payments: CardPayments, lamp: Product) -> None:
    user = customer()
    for number in range(3):
        claim(user, order_by_card(card_payments, make_guest(lamp, f"192.0.2.{number}"), number).json()["data"])
    add_to_cart(user, lamp)
    before = database_rows()

    check_refused(order_by_card(card_payments, user, 9), before, OWN, 3)


def test_orders_that_were_claimed_still_count_for_the_network(card_payments: CardPayments, lamp: Product) -> None:
    user = customer()
    for number in range(5):
        claim(user, order_by_card(card_payments, make_guest(lamp), number).json()["data"])

    assert order_by_card(card_payments, make_guest(lamp), 9).status_code == 409


ENDS: dict[str, Callable[[CardPayments, Order], Any]] = {
    "paid": lambda card_payments, order: card_payments.pay({"session_id": order.payments.get().session_id}),
    "cancelled": lambda card_payments, order: cancellation.cancel_order(make_staff_actor(), order.pk, "no"),
    "expired": lambda card_payments, order: [
        card_payments.emulator.advance_clock(7200),
        card_payments.deliver_events(),
        card_payments.emulator.advance_clock(-7200),
    ],
}


@pytest.mark.parametrize("end", ENDS)
def test_an_order_that_is_no_longer_unpaid_makes_room_and_forgets_the_address(
    card_payments: CardPayments, lamp: Product, end: str
) -> None:
    for number in range(3):
        order_by_card(card_payments, make_guest(lamp), number, email="ada@example.com")
    order = Order.objects.order_by("pk")[0]
    assert order.guest_network == "192.0.2.1"

    ENDS[end](card_payments, order)

    order.refresh_from_db()
    assert (order.status == "pending", order.guest_network) == (False, "")
    assert order_by_card(card_payments, make_guest(lamp), 9, email="ada@example.com").status_code == 201


def test_the_same_request_again_and_one_that_replaces_an_order_are_not_refused(card_payments: CardPayments, lamp: Product) -> None:
    guests = [make_guest(lamp) for _ in range(3)]
    numbers = [
        order_by_card(card_payments, guest, n, email="ada@example.com").json()["data"]["number"] for n, guest in enumerate(guests)
    ]

    again = order_by_card(card_payments, guests[0], 0, email="ada@example.com")
    add_to_cart(guests[0], lamp)
    changed = order_by_card(card_payments, guests[0], 0, email="ada@example.com")

    assert (again.status_code, again.json()["data"]["number"]) == (200, numbers[0])
    assert changed.status_code == 201
    assert Order.objects.get(number=numbers[0]).status == "cancelled"
    assert get_stock() == (100, 7)


def test_an_order_that_cannot_be_replaced_is_not_cancelled(card_payments: CardPayments, lamp: Product) -> None:
    for number in range(3):
        order_by_card(card_payments, make_guest(lamp), number, email="ada@example.com")
    guest = make_guest(lamp)
    own = order_by_card(card_payments, guest, 4).json()["data"]
    add_to_cart(guest, lamp)
    before = database_rows()

    response = order_by_card(card_payments, guest, 4, email="ada@example.com")

    check_refused(response, before, OWN, 3)
    assert Order.objects.get(number=own["number"]).status == "pending"


def test_zero_is_no_limit(card_payments: CardPayments, lamp: Product, settings: Settings) -> None:
    settings.MAX_UNPAID_ORDERS = settings.MAX_UNPAID_ORDERS_PER_NETWORK = 0

    codes = [order_by_card(card_payments, make_guest(lamp), 1).status_code for _ in range(6)]

    assert codes == [201] * 6


def test_what_costs_nothing_holds_nothing(card_payments: CardPayments) -> None:
    gift = make_product("Gift", price="0.00", stock=50)

    codes = [order_by_card(card_payments, make_guest(gift), 1).status_code for _ in range(4)]

    assert codes == [201] * 4


def test_staff_see_what_unpaid_orders_hold(card_payments: CardPayments, lamp: Product) -> None:
    order = order_by_card(card_payments, make_guest(lamp, units=7), 1).json()["data"]
    variant = lamp.variants.get().pk
    staff = make_superuser_client()

    stock = staff.get("/admin/products/stockofvariant/").content.decode()
    page = staff.get(f"/admin/products/stockofvariant/{variant}/change/").content.decode()
    dashboard = staff.get("/admin/").content.decode()

    listed = f"/admin/orders/order/?items__variant__exact={variant}&amp;stock_state__exact=reserved"
    assert f'<a class="text-link" href="{listed}">7</a>' in stock
    assert f"{order['number']}</a>: 7 unit(s), until " in page
    assert "7 units reserved" in dashboard
    assert order["number"] in staff.get(listed.replace("&amp;", "&")).content.decode()
    assert order["number"] not in staff.get(listed.replace(f"exact={variant}", "exact=0")).content.decode()


def test_staff_without_rights_to_orders_see_the_number_only(card_payments: CardPayments, lamp: Product) -> None:
    order = order_by_card(card_payments, make_guest(lamp, units=7), 1).json()["data"]
    staff: Client = make_staff_client("view_stockofvariant", "change_stockofvariant")

    stock = staff.get("/admin/products/stockofvariant/").content.decode()
    page = staff.get(f"/admin/products/stockofvariant/{lamp.variants.get().pk}/change/").content.decode()

    assert "/admin/orders/" not in stock + page
    assert order["number"] not in stock + page


def test_the_phone_of_a_guest_is_read_once(card_payments: CardPayments, lamp: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def record(text: str, regions: Sequence[str]) -> list[str]:
        read.append(text)
        return list_e164(text, regions)

    monkeypatch.setattr(contact_phones, "list_e164", record)

    response = order_by_card(card_payments, make_guest(lamp))

    assert (response.status_code, read) == (201, ["+91 98765 40000"])
    assert Order.objects.get().phone_e164 == "+919876540000"
