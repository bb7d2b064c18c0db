"""/admin/orders/guest/ and /admin/orders/blockedcontact/: who orders without an account, and from whom no orders are taken"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import PASSWORD, make_user
from carts.tests.factories import add_to_cart, signed_in_client
from orders import customers
from orders.fulfilment import shipping
from orders.models import BlockedContact, Order
from orders.tests.factories import ADDRESS, create, customer, placed
from products.tests.factories import make_product
from tests.admin.order_pages import copy_orders, read
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.admin.test_customers import read_rows
from tests.admin.test_home_plans import find_scanned_tables
from tests.admin.test_order_rights import STAFF
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
GUESTS, BLOCKED = "/admin/orders/guest/", "/admin/orders/blockedcontact/"


def try_to_order(client: SchemaClient | None = None, **fields: Any) -> Any:
    """Order a lamp, without an account unless a client is given; return the response."""
    client = client or SchemaClient()
    add_to_cart(client, make_product(stock=5))
    return create(client, **{"name": "Eve", "address": {**ADDRESS, "phone": ""}, "phone": "+91 98765 43210", **fields})


def order_as_guest(**fields: Any) -> Order:
    """Order a lamp without an account; return the order."""
    response = try_to_order(**fields)
    assert response.status_code == 201, response.json()
    return Order.objects.get(number=response.json()["data"]["number"])


def run_action(client: Client, order: Order, action: str, **fields: Any) -> str:
    """Submit the form of an action on a guest; return the page after it."""
    return read(client.post(f"{GUESTS}{order.pk}/action/{action}/", fields, follow=True))


def test_guests_are_known_by_address_and_without_one_by_number() -> None:
    client = make_superuser_client()
    first = order_as_guest(email="eve@example.com", phone="+91 98765 43211")
    shipping.ship_order(STAFF, first.pk)
    shipping.deliver_order(STAFF, first.pk)
    newest = order_as_guest(email="EVE@example.com", name="Eve Adams")
    order_as_guest(email="", phone="098765 43212", name="Mallory")
    order_as_guest(email="", phone="+91-98765-43212", name="Mallory")
    order_as_guest(email="", phone="100", name="Nobody")
    placed_by_account = customer()
    add_to_cart(placed_by_account, make_product(stock=5))
    placed(placed_by_account)
    closed = customer("closed@example.com")
    add_to_cart(closed, make_product(stock=5))
    placed(closed)
    closed.delete("/api/auth/me/", {"password": PASSWORD})

    day = f"{newest.placed_at:%d %b %Y}"
    assert read_rows(client, url=GUESTS) == [
        ["Nobody", "100", "1", "–", day, "–"],
        ["Mallory", "+91-98765-43212", "2", "–", day, "–"],
        ["Eve Adams", "eve@example.com +91 98765 43210", "2", "₹20.00", day, "–"],
    ]


def test_the_page_of_a_guest_without_an_address_shows_the_orders_of_their_number() -> None:
    client = make_superuser_client()
    mallory = [order_as_guest(email="", phone=phone) for phone in ("098765 43212", "+91-98765-43212")]
    nobody = [order_as_guest(email="", phone="100") for _ in range(2)]

    page, other = (read(client.get(f"{GUESTS}{orders[0].pk}/change/")) for orders in (mallory, nobody))

    assert [order.number in page for order in (*mallory, *nobody)] == [True, True, False, False]
    assert "phone_e164__exact=%2B919876543212" in page
    assert [order.number in other for order in (*mallory, *nobody)] == [False, False, True, False]
    assert "/action/block/" not in other


def test_a_guest_is_found_by_what_any_of_their_orders_names() -> None:
    client = make_superuser_client()
    order_as_guest(email="eve@example.com", phone="+91 98765 43211", name="Eve Adams")
    order_as_guest(email="eve@example.com", name="E. A.")
    order_as_guest(email="mallory@example.com")

    for text in ("98765-43211", "adams", "EVE@"):
        assert [row[1] for row in read_rows(client, f"?q={text}", GUESTS)] == ["eve@example.com +91 98765 43210"]


@pytest.mark.postgresql
def test_the_list_of_guests_is_read_from_indexes() -> None:
    with CaptureQueriesContext(connection) as queries:
        list(customers.restrict_to_newest(customers.list_guest_orders()).order_by("-id")[:50])

    assert find_scanned_tables(queries[0]["sql"]) == set()


def test_a_page_of_a_guest_costs_the_same_with_many_orders() -> None:
    client = make_superuser_client()
    order = order_as_guest(email="eve@example.com")
    costs = []
    for count in (1, 30):
        copy_orders(order, count, number_prefix=f"{count}-")
        client.get(f"{GUESTS}{order.pk}/change/")
        with CaptureQueriesContext(connection) as statements:
            page = read(client.get(f"{GUESTS}{order.pk}/change/"))
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= 16
    assert page.count("/admin/orders/order/") - page.count("/admin/orders/order/?") >= 20


def test_a_blocked_guest_can_order_neither_as_a_guest_nor_with_an_account_until_the_block_is_lifted() -> None:
    client = make_superuser_client()
    ada = signed_in_client(make_user())
    order = order_as_guest(email="eve@example.com")
    contacts = ["eve@example.com", "+919876543210"]

    page = run_action(client, order, "block", reason="Never at home", contacts=contacts)
    refused = [try_to_order(email="eve@example.com", phone="100"), try_to_order(ada, email="b@example.com", phone="098765 43210")]

    assert "The shop takes no more orders from eve@example.com and +919876543210." in page
    assert "by staff@example.com: Never at home" in page
    assert [(row.status_code, row.json()["code"]) for row in refused] == [(403, "ordering_blocked")] * 2
    assert [row[5] for row in read_rows(client, url=GUESTS)] == ["blocked"]
    run_action(client, order, "unblock", contacts=contacts)
    assert not BlockedContact.objects.exists()
    assert try_to_order(email="eve@example.com").status_code == 201


def test_the_page_of_a_guest_leads_to_the_account_with_the_same_address() -> None:
    client = make_superuser_client()
    eve = make_user("eve@example.com")
    order = order_as_guest(email="eve@example.com")

    assert f"/admin/accounts/customer/{eve.pk}/change/" in read(client.get(f"{GUESTS}{order.pk}/change/"))
    assert f"{GUESTS}{order.pk}/change/" in read(client.get(f"/admin/accounts/customer/{eve.pk}/change/"))
    assert f"{GUESTS}{order.pk}/change/" in read(client.get(f"/admin/orders/order/{order.pk}/change/"))


def test_blocking_needs_a_reason_a_contact_and_the_permission() -> None:
    order = order_as_guest(email="eve@example.com")
    superuser, clerk = make_superuser_client(), make_staff_client("view_order", "view_customer")
    form = {"reason": "spam", "contacts": ["eve@example.com"]}

    for incomplete in ({"reason": "spam"}, {"contacts": ["eve@example.com"]}, {**form, "contacts": ["ada@example.com"]}):
        run_action(superuser, order, "block", **incomplete)
    assert clerk.post(f"{GUESTS}{order.pk}/action/block/", form).status_code == 403
    assert "/action/block/" not in read(clerk.get(f"{GUESTS}{order.pk}/change/"))
    assert clerk.post(f"{BLOCKED}add/", {"contact": "eve@example.com", "reason": "spam"}).status_code == 403

    assert not BlockedContact.objects.exists()


@pytest.mark.parametrize(
    ("written", "stored"), [("098765-43210", "+919876543210"), (" Eve@BÜCHER.example ", "eve@xn--bcher-kva.example")]
)
def test_a_contact_is_blocked_in_any_writing_once_and_found_and_unblocked(written: str, stored: str) -> None:
    client = make_superuser_client()

    client.post(f"{BLOCKED}add/", {"contact": written, "reason": "spam"})
    again = read(client.post(f"{BLOCKED}add/", {"contact": stored, "reason": "spam"}))
    nothing = read(client.post(f"{BLOCKED}add/", {"contact": "nobody", "reason": "spam"}))

    block = BlockedContact.objects.get()
    assert (block.value, block.reason, str(block.created_by)) == (stored, "spam", "staff@example.com")
    assert f"{stored} is blocked already" in again
    assert "Enter an e-mail address, or a phone number with its country code" in nothing
    assert stored in read(client.get(BLOCKED, {"q": written}))
    client.post(BLOCKED, {"action": "unblock", "_selected_action": [block.pk]})
    assert not BlockedContact.objects.exists()


@pytest.mark.parametrize("is_shown", [True, False])
def test_the_reason_of_a_block_is_shown_to_those_who_may_view_blocked_contacts(is_shown: bool) -> None:
    order = order_as_guest(email="eve@example.com")
    ada = make_user()
    for contact in ("eve@example.com", "ada@example.com"):
        BlockedContact.objects.create(kind="email", value=contact, reason="Never pays")
    client = make_staff_client("view_order", "view_customer", *(["view_blockedcontact"] if is_shown else []))

    pages = [read(client.get(url)) for url in (f"{GUESTS}{order.pk}/change/", f"/admin/accounts/customer/{ada.pk}/change/")]

    assert ["The shop has taken no orders from" in page for page in pages] == [True, True]
    assert ["Never pays" in page for page in pages] == [is_shown, is_shown]
