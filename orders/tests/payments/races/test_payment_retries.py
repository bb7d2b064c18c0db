"""Retries of POST /api/orders/create/: which order is returned, and that no other order of the cart is touched"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import PASSWORD, make_user
from carts import merging
from carts.models import Cart
from carts.tests.factories import add_to_cart, get_cart, guest_client, make_guest_cart, signed_in_client, units_by_sku
from core import outbox
from core.actors import SYSTEM
from orders.models import Order, OrderItem, Payment
from orders.payments import reconciliation, stripe_gateway
from orders.tests.factories import ADDRESS, create, customer, database_rows
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants
from orders.tests.payments.paid_orders import RATE_LIMITED, add_lamps, create_pending_order, get_stock, run_pending_jobs
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
SESSION_CALLS_FAIL = {"match": {"path": "sessions"}, "times": -1, "do": RATE_LIMITED}


def list_page_statuses(card_payments: CardPayments) -> list[str]:
    """Return the statuses of the payment pages, oldest first."""
    return [row["status"] for row in card_payments.emulator.ledger()]


def create_two_orders(card_payments: CardPayments) -> tuple[SchemaClient, str, str]:
    """Return a customer, their order on delivery under the key k-1, and their next order, which awaits a card payment."""
    client = customer()
    add_lamps(client)
    first = create(client, "k-1")
    assert first.status_code == 201
    add_to_cart(client, make_product("Mug", sku="MUG"))
    return client, first.json()["data"]["number"], card_payments.place_order(client)["number"]


def test_a_late_retry_answers_the_first_order_and_leaves_the_one_that_waits_alone(card_payments: CardPayments) -> None:
    client, first, second = create_two_orders(card_payments)

    retry = create(client, "k-1")

    assert (retry.status_code, retry["Idempotency-Replayed"], retry.json()["data"]["number"]) == (200, "true", first)
    assert get_statuses(second) == ("pending", "reserved", "open")
    assert list_page_statuses(card_payments) == ["open"]
    check_invariants()


def test_an_old_key_with_another_body_is_refused_and_leaves_the_one_that_waits_alone(card_payments: CardPayments) -> None:
    client, _, second = create_two_orders(card_payments)
    before = database_rows()

    retry = create(client, "k-1", note="other")

    assert (retry.status_code, retry.json()["code"]) == (422, "idempotency_key_reused")
    assert get_statuses(second) == ("pending", "reserved", "open")
    assert (list_page_statuses(card_payments), database_rows()) == (["open"], before)


@pytest.mark.parametrize("actor", ["a user", "a guest"])
def test_a_retry_after_the_cart_was_changed_answers_the_order_that_waits_and_its_page(
    card_payments: CardPayments, actor: str
) -> None:
    client = customer() if actor == "a user" else SchemaClient()
    add_lamps(client)
    first = card_payments.post_order(client, "k-1", name="Ada").json()["data"]
    add_to_cart(client, make_product("Mug", sku="MUG"))

    retry = card_payments.post_order(client, "k-1", name="Ada")

    assert (retry.status_code, retry.json()["data"]) == (200, first)
    assert get_statuses(first["number"]) == ("pending", "reserved", "open")
    assert (Order.objects.count(), list_page_statuses(card_payments)) == (1, ["open"])
    check_invariants()


def test_the_key_of_the_order_that_waits_with_another_body_is_refused_and_closes_nothing(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    card_payments.post_order(client, "k-1")
    before = database_rows()

    retry = card_payments.post_order(client, "k-1", email="other@example.com")

    assert (retry.status_code, retry.json()["code"]) == (422, "idempotency_key_reused")
    assert (list_page_statuses(card_payments), database_rows()) == (["open"], before)


def test_a_retry_of_an_order_that_was_replaced_answers_it_and_leaves_the_next(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    first = card_payments.post_order(client, "k-1").json()["data"]["number"]
    second = card_payments.post_order(client, "k-2", email="other@example.com").json()["data"]["number"]

    retry = card_payments.post_order(client, "k-1")

    order_data = retry.json()["data"]
    assert (retry.status_code, order_data["number"], order_data["status"], "checkout_url" in order_data) == (
        200,
        first,
        "cancelled",
        False,
    )
    assert get_statuses(second) == ("pending", "reserved", "open")
    assert list_page_statuses(card_payments) == ["expired", "open"]


@pytest.mark.parametrize("key", ["", "k-1"])
def test_an_order_paid_without_an_event_is_returned_as_paid(card_payments: CardPayments, key: str) -> None:
    client = customer()
    add_lamps(client)
    first = card_payments.post_order(client, key).json()["data"]
    card_payments.emulator.pay(first["session_id"])
    if key:
        add_to_cart(client, make_product("Mug", sku="MUG"))

    retry = card_payments.post_order(client, key)

    order_data = retry.json()["data"]
    assert (retry.status_code, order_data["number"], order_data["status"]) == (200, first["number"], "processing")
    assert (order_data["payment_status"], "checkout_url" in order_data) == ("paid", False)
    assert units_by_sku(get_cart(client)) == ({"MUG": 1} if key else {})
    assert set(card_payments.deliver_events()) == {200}
    check_invariants(card_payments)


@pytest.mark.parametrize("key", ["", "k-1"])
def test_while_the_provider_is_down_the_page_that_is_open_is_given_again(card_payments: CardPayments, key: str) -> None:
    client = customer()
    add_lamps(client)
    first = card_payments.post_order(client, key).json()["data"]
    if key:
        add_to_cart(client, make_product("Mug", sku="MUG"))
    card_payments.emulator.set_faults(SESSION_CALLS_FAIL)

    retry = card_payments.post_order(client, key)

    assert (retry.status_code, retry.json()["data"]) == (200, first)
    assert get_statuses(first["number"]) == ("pending", "reserved", "open")


def test_while_the_provider_is_down_a_page_whose_time_is_over_is_not_given_again(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    first = card_payments.post_order(client, "k-1").json()["data"]
    Payment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    before = database_rows()
    card_payments.emulator.set_faults(SESSION_CALLS_FAIL)

    retry = card_payments.post_order(client, "k-1")

    body = retry.json()
    assert (retry.status_code, body["code"]) == (503, "payment_provider_unavailable")
    assert (body["details"], database_rows()) == ({"order": first["number"]}, before)


def test_a_guests_retry_does_not_return_a_claimed_order(api: SchemaClient) -> None:
    key = make_guest_cart(make_product())
    order = create(guest_client(key), "k-1", name="Ada").json()["data"]
    bob = customer("bob@example.com")
    bob.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    before = database_rows()

    by_key, by_chance = create(guest_client(key), "k-1", name="Ada"), create(guest_client(key), name="Ada")

    assert (by_key.status_code, by_key.json()["code"]) == (422, "idempotency_key_reused")
    assert (by_chance.status_code, by_chance.json()["code"]) == (400, "empty_cart")
    assert database_rows() == before


@pytest.mark.parametrize("contact", [{}, {"address": "elsewhere"}])
def test_an_order_that_was_claimed_and_waits_is_neither_shown_nor_closed_for_its_cart(
    card_payments: CardPayments, contact: dict[str, Any]
) -> None:
    key = make_guest_cart(make_product(sku="LAMP"))
    order = card_payments.place_order(guest_client(key), name="Ada")
    bob = customer("bob@example.com")
    bob.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    before = database_rows()

    retry = card_payments.post_order(guest_client(key), name="Ada", **contact)

    assert (retry.status_code, retry.json()["code"]) == (409, "order_waits")
    assert (list_page_statuses(card_payments), database_rows()) == (["open"], before)
    assert set(card_payments.pay(order)) == {200}
    assert bob.get(f"/api/orders/{order['number']}/").json()["data"]["payment_status"] == "paid"


def test_an_order_of_a_closed_account_is_never_returned(api: SchemaClient) -> None:
    key = make_guest_cart(make_product())
    order = create(guest_client(key), "k-1", name="Ada").json()["data"]
    bob = customer("bob@example.com")
    bob.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    assert bob.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200
    before = database_rows()

    for retry in (create(guest_client(key), name="Ada"), create(guest_client(key), "k-1", name="Ada")):
        assert (retry.status_code, retry.json()["code"]) == (400, "empty_cart")

    assert database_rows() == before


@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_a_retry_by_the_address_book_is_the_same_whatever_has_become_of_the_address(change: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    url = "/api/orders/addresses/"
    saved = client.post(url, ADDRESS).json()["data"]["id"]
    body, headers = {"payment_method": "cod", "address_id": saved}, {"Idempotency-Key": "k-1"}
    first = client.post("/api/orders/create/", body, headers=headers).json()["data"]
    if change == "changed":
        client.patch(f"{url}{saved}/", {"line2": "new"})
    else:
        client.delete(f"{url}{saved}/")

    retry = client.post("/api/orders/create/", body, headers=headers)

    assert (retry.status_code, retry.json()["data"]) == (200, first)
    assert first["address"] == ADDRESS
    other = client.post("/api/orders/create/", {**body, "note": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_an_order_whose_time_was_over_before_its_page_was_made_has_ended(
    card_payments: CardPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = customer()
    add_lamps(client)
    real = stripe_gateway.create_session

    def slow(order: Order, items: list[OrderItem], payment: Payment) -> Any:
        # The order expires between session creation and response; no fault of the emulator lasts that long.
        session = real(order, items, payment)
        Order.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
        reconciliation.ReconciliationRun(timedelta(hours=72)).run()
        return session

    monkeypatch.setattr(stripe_gateway, "create_session", slow)
    response = card_payments.post_order(client)
    monkeypatch.undo()

    order = Order.objects.get()
    assert (response.status_code, response.json()["code"]) == (409, "order_ended")
    assert response.json()["details"] == {"order": order.number}
    assert (get_statuses(order.number)[:2], get_stock()) == (("expired", "released"), (10, 0))
    assert list_page_statuses(card_payments) == ["open"]
    outbox.run_due()
    assert list_page_statuses(card_payments) == ["expired"]
    assert card_payments.place_order(client)["number"] != order.number
    check_invariants()


def test_items_added_while_the_order_was_paid_make_a_new_order(card_payments: CardPayments) -> None:
    client, first = create_pending_order(card_payments, 2)
    lamp = OrderItem.objects.get().product
    assert lamp is not None
    snapshot = [{"product_id": lamp.pk, "quantity": 2}]
    add_to_cart(client, lamp, 2)
    assert set(card_payments.pay(first)) == {200}

    retry = card_payments.post_order(client, items=snapshot)

    assert retry.status_code == 201
    assert retry.json()["data"]["number"] != first["number"]
    assert (get_stock(), units_by_sku(get_cart(client))) == ((8, 2), {"LAMP": 2})
    check_invariants(card_payments)


def test_a_double_click_on_an_order_paid_meanwhile_returns_that_order(card_payments: CardPayments) -> None:
    client, first = create_pending_order(card_payments)
    assert set(card_payments.pay(first)) == {200}

    retry = card_payments.post_order(client)

    assert (retry.status_code, retry.json()["data"]["number"]) == (200, first["number"])
    assert Order.objects.count() == 1


def test_of_two_that_wait_in_a_merged_cart_the_end_of_one_does_not_hide_the_other(card_payments: CardPayments) -> None:
    user = make_user("ada@example.com")
    user_client, stranger = signed_in_client(user), SchemaClient()
    lamp, mug = make_product(sku="LAMP"), make_product("Mug", sku="MUG")
    add_to_cart(user_client, mug)
    user_order = card_payments.place_order(user_client)
    key = add_to_cart(stranger, lamp)["cart_token"]
    guests = card_payments.place_order(stranger, name="Ada")
    merging.merge_guest_carts(SYSTEM, user.pk, key)
    user_client.delete("/api/cart/clear/")
    add_to_cart(user_client, lamp)

    token = {"X-Order-Token": guests["order_token"]}
    assert SchemaClient().post(f"/api/orders/{guests['number']}/cancel/", {}, headers=token).status_code == 200

    assert Cart.objects.get(user=user).held_at is not None
    assert create(user_client).status_code == 201
    assert get_statuses(user_order["number"])[:2] == ("cancelled", "released")
    run_pending_jobs()
    assert list_page_statuses(card_payments) == ["expired", "expired"]
    check_invariants()
