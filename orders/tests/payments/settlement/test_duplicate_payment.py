"""An order with two payments, created by hand: the shop never creates a second one (failure table: 17)"""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from carts.tests.factories import get_cart, units_by_sku
from core import outbox
from orders.models import Order, Payment, Refund
from orders.payments import sessions, stripe_gateway
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import check_invariants, count_mails, get_event_kinds, get_job_keys, get_stock, get_verify_url
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def create_second_payment() -> Payment:
    """Give the only order a second payment, which has no session."""
    payment = Payment.objects.get()
    payment.pk, payment.session_id, payment.state, payment._state.adding = uuid.uuid4(), None, "created", True
    payment.created_at = timezone.now()
    payment.save(force_insert=True)
    return payment


@pytest.fixture
def second(order: dict[str, Any]) -> str:
    """The open session of a second payment of the order."""
    payment = create_second_payment()
    row = Order.objects.get()
    session = stripe_gateway.create_session(row, list(row.items.all()), payment)
    sessions.store_session(payment.pk, session)
    assert session.id != order["session_id"]
    return session.id


def get_payment_states() -> list[str]:
    """Return the states of the payments, oldest first."""
    return list(Payment.objects.order_by("session_id").values_list("state", flat=True))


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_that_were_paid_the_later_goes_back(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], second: str, is_reversed: bool
) -> None:
    first, last = (second, order["session_id"]) if is_reversed else (order["session_id"], second)
    card_payments.emulator.pay(first)
    card_payments.emulator.pay(last)

    assert card_payments.deliver_events() == [200] * 8

    row, refund = Order.objects.get(), Refund.objects.get()
    assert (row.status, row.stock_state, row.attention) == ("processing", "committed", "duplicate_payment")
    assert (refund.payment.session_id, refund.source, refund.amount_minor) == (last, "auto", 4000)
    assert (get_stock("LAMP"), units_by_sku(get_cart(client)), count_mails("paid")) == ((3, 0), {}, 1)
    assert outbox.run_due()[1] == 0
    assert set(card_payments.deliver_events()) == {200}
    outbox.run_due()
    refund.refresh_from_db()
    row.refresh_from_db()
    assert (refund.state, row.attention, count_mails("refunded")) == ("succeeded", "duplicate_payment", 1)
    assert [row["refunded"] for row in card_payments.emulator.ledger() if row["session"] == last] == [4000]
    assert get_event_kinds(order["number"]).count("paid") == 1
    check_invariants(card_payments)


def test_an_order_whose_second_payment_went_back_is_shown_as_paid(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], second: str
) -> None:
    for session in (order["session_id"], second):
        card_payments.emulator.pay(session)
    card_payments.deliver_events()
    outbox.run_due()
    card_payments.deliver_events()

    order_data = client.get(get_verify_url(order)).json()["data"]

    assert (order_data["order"]["payment_status"], order_data["payment_verified"]) == ("paid", True)
    check_invariants(card_payments)


def test_the_page_of_the_second_is_closed_once_the_first_is_paid(
    card_payments: CardPayments, order: dict[str, Any], second: str
) -> None:
    assert card_payments.pay(order) == [200] * 4
    payment = Payment.objects.get(session_id=second)
    assert f"close_session:{payment.pk}" in get_job_keys()

    outbox.run_due()

    assert [row["status"] for row in card_payments.emulator.ledger()] == ["complete", "expired"]
    assert card_payments.deliver_events() == [200]
    payment.refresh_from_db()
    assert (payment.state, Order.objects.get().status, get_stock("LAMP")) == ("expired", "processing", (3, 0))
    check_invariants(card_payments)


def test_a_second_payment_without_a_page_has_none_to_close(card_payments: CardPayments, order: dict[str, Any]) -> None:
    payment = create_second_payment()
    assert card_payments.pay(order) == [200] * 4
    assert f"close_session:{payment.pk}" in get_job_keys()
    calls = len(card_payments.emulator.requests())

    assert outbox.run_due()[1] == 0

    assert len(card_payments.emulator.requests()) == calls
    payment.refresh_from_db()
    assert (payment.state, payment.session_id) == ("created", None)
    assert (Order.objects.get().status, get_stock("LAMP")) == ("processing", (3, 0))
    check_invariants(card_payments)


def test_a_second_payment_that_the_provider_refuses_leaves_the_order_to_the_first(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    order = card_payments.post_order(client, "k-1").json()["data"]
    second = create_second_payment()
    card_payments.emulator.set_faults({"match": {"method": "POST", "path": "checkout/sessions$"}, "do": {"status": 400}})

    response = card_payments.post_order(client, "k-1")

    data = response.json()["data"]
    assert (response.status_code, response["Idempotency-Replayed"]) == (200, "true")
    assert (data["number"], data["status"], data["session_id"]) == (order["number"], "pending", order["session_id"])
    row = Order.objects.get()
    assert (row.status, row.cancel_reason, row.idempotency_key, get_stock("LAMP")) == ("pending", "", "k-1", (5, 2))
    second.refresh_from_db()
    assert (second.state, second.failure_code) == ("failed", "payment_setup_failed")
    check_invariants(card_payments)
    assert card_payments.pay(order) == [200] * 4
    assert (Order.objects.get().status, get_stock("LAMP")) == ("processing", (3, 0))
    check_invariants(card_payments)


def test_a_second_payment_made_before_its_page_could_be_closed_goes_back(
    card_payments: CardPayments, order: dict[str, Any], second: str
) -> None:
    card_payments.pay(order)
    card_payments.emulator.pay(second)

    outbox.run_due()  # closing it reveals that it was paid
    outbox.run_due()

    assert Refund.objects.get().state == "succeeded"
    assert Order.objects.get().attention == "duplicate_payment"
    assert set(card_payments.deliver_events()) == {200}
    assert (Refund.objects.count(), get_stock("LAMP")) == (1, (3, 0))
    check_invariants(card_payments)


def test_the_end_of_one_leaves_the_order_to_the_other(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], second: str
) -> None:
    card_payments.emulator.request(
        "POST", f"/v1/checkout/sessions/{order['session_id']}/expire", "", Authorization="Bearer sk_test_x"
    )

    assert card_payments.deliver_events() == [200]

    assert (Order.objects.get().status, get_stock("LAMP"), sorted(get_payment_states())) == ("pending", (5, 2), ["expired", "open"])
    check_invariants(card_payments)
    assert card_payments.post_order(client).json()["data"]["session_id"] == second
    card_payments.emulator.pay(second)
    assert card_payments.deliver_events() == [200] * 4
    assert (Order.objects.get().status, get_stock("LAMP")) == ("processing", (3, 0))
    check_invariants(card_payments)


def test_the_end_of_both_is_the_end(card_payments: CardPayments, order: dict[str, Any], second: str) -> None:
    card_payments.emulator.advance_clock(3 * 3600)

    assert card_payments.deliver_events() == [200, 200]

    assert (Order.objects.get().status, get_stock("LAMP"), get_payment_states()) == ("expired", (5, 0), ["expired", "expired"])
    check_invariants(card_payments)


def test_cancelling_closes_both(card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], second: str) -> None:
    assert client.post(f"/api/orders/{order['number']}/cancel/").status_code == 200

    assert [row["status"] for row in card_payments.emulator.ledger()] == ["expired", "expired"]
    assert card_payments.deliver_events() == [200, 200]
    assert (Order.objects.get().status, get_stock("LAMP"), get_payment_states()) == (
        "cancelled",
        (5, 0),
        ["cancelled", "cancelled"],
    )
    check_invariants(card_payments)


def test_cancelling_while_one_was_paid_is_too_late(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], second: str
) -> None:
    card_payments.emulator.pay(second)

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert (Order.objects.get().status, get_stock("LAMP")) == ("processing", (3, 0))
    card_payments.deliver_events()
    assert outbox.run_due()[1] == 0
    assert set(card_payments.deliver_events()) <= {200}
    check_invariants(card_payments)


def test_a_delayed_payment_and_a_card_are_one_order_and_one_refund(
    card_payments: CardPayments, order: dict[str, Any], second: str
) -> None:
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.deliver_events()
    card_payments.emulator.pay(second)
    card_payments.deliver_events()
    outbox.run_due()
    card_payments.emulator.async_succeed(order["session_id"])

    assert set(card_payments.deliver_events()) == {200}

    assert Refund.objects.get().payment.session_id == order["session_id"]
    assert outbox.run_due()[1] == 0
    card_payments.deliver_events()
    assert (Order.objects.get().status, get_stock("LAMP")) == ("processing", (3, 0))
    check_invariants(card_payments)
