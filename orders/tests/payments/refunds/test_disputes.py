"""A buyer disputes a payment (failure table: 28)"""

from decimal import Decimal
from typing import Any

import pytest

from core.models import Job
from orders.models import Order, Payment, Refund, StripeEvent
from orders.payments import refunds
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import alter_event, check_invariants, get_event_kinds, get_stock, post_events, take_events
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    REFUND_CALL,
    create_paid_order,
    get_amounts,
    get_charge_id,
    get_refunds,
    make_staff_actor,
    run_pending_jobs,
)
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("merchant_email")]


@pytest.fixture
def order(card_payments: CardPayments, client: SchemaClient) -> dict[str, Any]:
    """The buyer's order; it is paid at the provider, and the shop does not know yet."""
    order = card_payments.place_order(client)
    card_payments.emulator.pay(order["session_id"])
    return order


def charge(card_payments: CardPayments) -> str:
    """Return the id of the only charge."""
    intent = card_payments.emulator.api("GET", f"/v1/checkout/sessions/{card_payments.emulator.ledger()[0]['session']}").json[
        "payment_intent"
    ]
    charge_id: str = card_payments.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"]
    return charge_id


def check_sold() -> None:
    """Fail if the order is not as it was before the dispute."""
    row = Order.objects.get()
    assert (row.status, row.stock_state, get_stock("LAMP")) == ("processing", "committed", (3, 0))


def count_dispute_mails() -> int:
    """Return how many dispute emails to the merchant are queued."""
    return Job.objects.filter(kind="merchant_mail", payload__about="dispute").count()


def test_the_merchant_is_notified_and_nothing_is_cancelled(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    card_payments.deliver_events()
    card_payments.emulator.dispute(charge(card_payments))

    assert card_payments.deliver_events() == [200, 200]  # the second event reports that the funds are withdrawn

    row = Order.objects.get()
    assert (row.attention, get_event_kinds(order["number"])[-2:], count_dispute_mails()) == (
        "dispute",
        ["dispute_needs_response", "dispute"],
        1,
    )
    assert not Refund.objects.exists()
    assert client.get(f"/api/orders/{order['number']}/").json()["data"]["payment_status"] == "paid"
    check_sold()
    check_invariants(card_payments)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_what_is_lost_is_recorded_as_given_back_once(card_payments: CardPayments, order: dict[str, Any], is_reversed: bool) -> None:
    card_payments.deliver_events()
    for status in ("needs_response", "lost"):
        card_payments.emulator.dispute(charge(card_payments), status)
    events = list(take_events(card_payments).values())
    assert len(events) == 3

    assert post_events(card_payments, *(reversed(events) if is_reversed else events), *events) == [200] * 6

    refund, payment = Refund.objects.get(), Payment.objects.get()
    assert (refund.state, refund.source, refund.amount_minor, payment.refunded_minor) == ("succeeded", "external", 4000, 4000)
    assert (Order.objects.get().attention, get_event_kinds(order["number"]).count("dispute_lost"), count_dispute_mails()) == (
        "dispute",
        1,
        1,
    )
    assert not [row for row in card_payments.emulator.requests() if row["path"].endswith("refunds") and row["method"] == "POST"]
    check_sold()


def test_what_is_won_is_not_given_back(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.deliver_events()
    for status in ("needs_response", "under_review", "won"):
        card_payments.emulator.dispute(charge(card_payments), status)

    assert card_payments.deliver_events() == [200] * 5

    assert (Refund.objects.count(), Payment.objects.get().refunded_minor) == (0, 0)
    dispute_events = [kind for kind in get_event_kinds(order["number"]) if kind.startswith("dispute_")]
    assert dispute_events == ["dispute_needs_response", "dispute_under_review", "dispute_won"]
    check_sold()
    check_invariants(card_payments)


@pytest.mark.parametrize("kind", ["charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"])
def test_the_movement_of_the_funds_is_no_news(card_payments: CardPayments, order: dict[str, Any], kind: str) -> None:
    card_payments.deliver_events()
    card_payments.emulator.dispute(charge(card_payments))
    created = take_events(card_payments)["charge.dispute.created"]

    assert post_events(card_payments, created, alter_event(created[0], kind)) == [200, 200]

    assert (get_event_kinds(order["number"]).count("dispute_needs_response"), count_dispute_mails()) == (1, 1)
    check_invariants(card_payments)


def test_no_more_than_what_is_left_can_be_lost(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.deliver_events()
    card_payments.emulator.refund_charge(charge(card_payments), 1000)
    card_payments.deliver_events()
    card_payments.emulator.dispute(charge(card_payments), "lost")

    assert card_payments.deliver_events() == [200] * 3

    assert sorted(Refund.objects.values_list("amount_minor", flat=True)) == [1000, 3000]
    assert Payment.objects.get().refunded_minor == 4000


def test_an_inquiry_before_the_dispute_is_written_down(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.deliver_events()
    card_payments.emulator.dispute(charge(card_payments))
    created = take_events(card_payments)["charge.dispute.created"]

    for status, attention in (("warning_needs_response", "dispute"), ("warning_closed", "")):
        assert post_events(card_payments, alter_event(created[0], status=status)) == [200]
        assert Order.objects.get().attention == attention

    assert not Refund.objects.exists()
    check_sold()


def test_the_dispute_of_another_shop_is_ignored(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.deliver_events()
    card_payments.emulator.dispute(charge(card_payments))
    created = take_events(card_payments)["charge.dispute.created"]

    assert post_events(card_payments, alter_event(created[0], payment_intent="pi_of_another", charge="ch_of_another")) == [200]

    assert (StripeEvent.objects.get(type="charge.dispute.created").status, Order.objects.get().attention) == ("ignored", "")


@pytest.mark.parametrize("kind", ["charge.dispute.created", "charge.refunded"])
def test_a_dispute_event_before_the_payment_event_is_not_lost(
    card_payments: CardPayments, order: dict[str, Any], kind: str
) -> None:
    paid = take_events(card_payments)["checkout.session.completed"]
    if kind == "charge.refunded":
        card_payments.emulator.refund_charge(charge(card_payments), 1000)
    else:
        card_payments.emulator.dispute(charge(card_payments))
    event = take_events(card_payments)[kind]

    status = card_payments.post_event(*event).status_code
    post_events(card_payments, paid)
    if status == 500:  # Stripe tries again
        assert card_payments.post_event(*event).status_code == 200

    assert Order.objects.get().attention in ("dispute", "external_refund")
    assert not StripeEvent.objects.filter(type=kind).exclude(status="done").exists()


def test_what_is_lost_while_a_refund_is_on_its_way_counts_when_that_is_refused(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})
    refunds.request_refund(make_staff_actor(), order.pk, None, "late")
    for status in ("needs_response", "lost"):
        card_payments.emulator.dispute(get_charge_id(card_payments, order), status)
    assert set(card_payments.deliver_events()) == {200}
    assert get_amounts(order)[:2] == (4000, 0)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})

    assert run_pending_jobs()[1] == 0

    assert get_refunds(order) == [(4000, "failed", "staff"), (4000, "succeeded", "external")]
    assert get_amounts(order) == (4000, 4000, "refunded")


def test_what_is_lost_while_a_part_is_on_its_way_counts_whole_when_that_is_refused(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})
    refunds.request_refund(make_staff_actor(), order.pk, Decimal("30.00"), "late")
    for status in ("needs_response", "lost"):
        card_payments.emulator.dispute(get_charge_id(card_payments, order), status)
    assert set(card_payments.deliver_events()) == {200}
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})

    assert run_pending_jobs()[1] == 0

    assert get_amounts(order) == (4000, 4000, "refunded")


def test_what_is_lost_before_its_payment_is_known_counts_once_that_is_known(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    placed = card_payments.place_order(client)
    card_payments.emulator.pay_later(placed["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    order = Order.objects.get()
    card_payments.emulator.async_succeed(placed["session_id"])
    paid = take_events(card_payments)
    card_payments.emulator.dispute(get_charge_id(card_payments, order), "lost")
    assert set(card_payments.deliver_events()) == {200}

    assert set(post_events(card_payments, *paid.values())) == {200}

    assert (get_event_kinds(placed["number"]).count("dispute_lost"), get_amounts(order)) == (1, (4000, 4000, "refunded"))
