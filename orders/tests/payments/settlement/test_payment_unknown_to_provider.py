"""Payments of open orders that the provider no longer knows, and payments that arrive after the order expired"""

from collections.abc import Callable
from typing import Any

import pytest

from carts.tests.factories import add_to_cart
from orders.models import Order, Payment
from orders.payments import settlement
from orders.payments.provider_state import ProviderSession
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants, get_event_kinds, get_verify_url
from orders.tests.payments.paid_orders import create_pending_order, get_stock, resolve_alert
from orders.tests.payments.reconciliation.test_sync_payments import CommandResult, run_sync
from orders.tests.payments.settlement.test_staff_decide_mismatch import create_mismatched_order
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client
from tests.admin.test_orders import run_action
from tests.emulator.processes import Emulator
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
PENDING_STATE = (("pending", "reserved", "processing"), (10, 2))


def create_forgotten_payment(card_payments: CardPayments) -> tuple[SchemaClient, dict[str, Any]]:
    """Return a buyer and their order, whose payment is processing in the shop and unknown to the provider."""
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    card_payments.emulator.reset()
    return client, order


def create_expired_order(card_payments: CardPayments, pay: Callable[[Emulator, str], object]) -> dict[str, Any]:
    """Return an order that was paid in this way but has expired in the shop."""
    _, order = create_pending_order(card_payments)
    pay(card_payments.emulator, order["session_id"])
    card_payments.emulator.wait_for_deliveries()
    settlement.apply_session(Payment.objects.get().pk, ProviderSession(order["session_id"], "expired", "unpaid", 4000, "INR", None))
    assert get_statuses(order["number"]) == ("expired", "released", "expired")
    return order


@pytest.mark.parametrize("is_named", [False, True])
def test_staff_are_notified_once_and_it_is_not_closed_automatically(card_payments: CardPayments, is_named: bool) -> None:
    number = create_forgotten_payment(card_payments)[1]["number"]
    options: dict[str, Any] = {"order": number} if is_named else {}

    dry, first, second = run_sync(dry_run=True, **options), run_sync(**options), run_sync(**options)

    message = [f"attention: order {number}: the provider does not know its payment any more"]
    assert (dry.code, dry.errors) == (2, message)
    assert first == second == CommandResult(2, ["0 repaired, 1 need attention"], message)
    assert (get_event_kinds(number).count("payment_overdue"), Order.objects.get().attention) == (1, "payment_overdue")
    assert (get_statuses(number), get_stock()) == PENDING_STATE


def test_each_reason_is_reported_once(card_payments: CardPayments) -> None:
    create_forgotten_payment(card_payments)
    run_sync()
    resolve_alert(Order.objects.get(), "payment_overdue")

    for _ in range(2):
        settlement.raise_overdue_alert(Payment.objects.get().pk, "overdue")
        run_sync()

    events = Order.objects.get().events.filter(kind="payment_overdue").order_by("pk").values_list("data__why", flat=True)
    assert list(events) == ["unknown_to_provider", "overdue"]
    assert Order.objects.get().attention == "payment_overdue"


def test_a_buyer_who_asks_closes_nothing(card_payments: CardPayments) -> None:
    client, order = create_forgotten_payment(card_payments)

    order_data = client.get(get_verify_url(order)).json()["data"]["order"]

    assert (order_data["status"], order_data["payment_status"]) == ("pending", "processing")
    assert (get_statuses(order["number"]), get_stock()) == PENDING_STATE


def test_a_buyer_who_orders_something_else_closes_nothing(card_payments: CardPayments) -> None:
    client, order = create_forgotten_payment(card_payments)
    add_to_cart(client, make_product(sku="MUG"))

    response = card_payments.post_order(client)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (get_statuses(order["number"]), get_stock()) == PENDING_STATE


@pytest.mark.parametrize("actor", ["buyer", "staff"])
def test_anyone_who_cancels_it_closes_it(card_payments: CardPayments, actor: str) -> None:
    client, order = create_forgotten_payment(card_payments)
    run_sync()

    if actor == "buyer":
        assert client.post(f"/api/orders/{order['number']}/cancel/").status_code == 200
    else:
        run_action(make_superuser_client(), Order.objects.get(), "cancel", reason="the account was changed")

    assert (get_statuses(order["number"]), get_stock()) == (("cancelled", "released", "cancelled"), (10, 0))
    assert Order.objects.get().attention == ""
    check_invariants()


@pytest.mark.parametrize("way", ["sync", "cancel"])
def test_what_was_paid_over_another_amount_waits_for_staff_all_the_same(card_payments: CardPayments, way: str) -> None:
    order, _ = create_mismatched_order(card_payments)
    before = get_statuses(order.number)
    card_payments.emulator.reset()

    if way == "sync":
        assert run_sync(order=order.number).errors == [
            f"attention: order {order.number}: the provider does not know its payment any more"
        ]
    else:
        run_action(make_superuser_client(), order, "cancel", reason="no lamps left")

    assert (get_statuses(order.number), Order.objects.get().attention) == (before, "amount_mismatch")


def test_verifying_a_closed_order_finds_its_money(card_payments: CardPayments) -> None:
    order = create_expired_order(card_payments, Emulator.pay)

    page = run_action(make_superuser_client(), Order.objects.get(), "sync")

    assert f"order {order['number']} is processing now" in page
    assert (get_statuses(order["number"]), get_stock()) == (("processing", "committed", "succeeded"), (8, 0))
    check_invariants(card_payments)


def test_verifying_a_closed_order_finds_money_on_its_way(card_payments: CardPayments) -> None:
    order = create_expired_order(card_payments, Emulator.pay_later)

    page = run_action(make_superuser_client(), Order.objects.get(), "sync")

    assert "the provider still expects money for a payment that is closed here" in page
    assert get_statuses(order["number"]) == ("expired", "released", "expired")


def test_verifying_a_closed_unpaid_order_changes_nothing(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    client.post(f"/api/orders/{order['number']}/cancel/")

    assert run_sync(order=order["number"]) == CommandResult(0, ["0 repaired, 0 need attention"], [])
