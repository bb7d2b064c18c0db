"""Refunds that the provider will never make fail at once; others wait for it; staff record what they paid by bank"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from core.models import Job
from orders.exceptions import RefundTooLarge
from orders.fulfilment import shipping
from orders.models import Order, Refund
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import (
    REFUND_CALL,
    create_paid_order,
    get_amounts,
    get_refund_requests,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from orders.tests.payments.reconciliation.test_sync_payments import run_sync
from orders.tests.payments.refunds.test_refund_page import get_hidden_fields
from orders.tests.test_integrity import run_check
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client
from tests.admin.test_orders import run_action

pytestmark = pytest.mark.django_db
BY_BANK = "pay the buyer by bank transfer and record it with Refund"
NO_BALANCE = {"status": 400, "code": "balance_insufficient"}


@pytest.fixture
def order(card_payments: CardPayments, settings: Settings) -> Order:
    """A paid order of two lamps, 40.00 rupees, whose merchant gets e-mails."""
    settings.SHOP_EMAIL = "owner@shop.example"
    return create_paid_order(card_payments)


def get_alert(order: Order) -> dict[str, Any]:
    """Return the reason of the alert that a refund has failed."""
    order.refresh_from_db()
    assert order.attention == "refund_failed"
    data: dict[str, Any] = order.events.get(kind="refund_failed").data
    return data


def check_failed_at_once(card_payments: CardPayments, order: Order, code: str, advice: str) -> None:
    """Fail unless the order's refund has failed for this reason, with one call and with this advice to the merchant."""
    refund = Refund.objects.get()
    assert (refund.state, refund.failure_code) == ("failed", code)
    alert = get_alert(order)
    assert (alert["failure"], alert["advice"]) == (code, advice)
    assert (get_amounts(order), order.items.get().refunded_quantity) == ((4000, 0, "paid"), 0)
    assert run_pending_jobs()[1] == 0
    assert len(get_refund_requests(card_payments)) == 1
    text = next(message.body for message in mail.outbox if "refund_failed" in message.subject)
    assert f"Advice: {advice}." in " ".join(text.split())
    assert run_check() == (0, [])


@pytest.mark.sampled
@pytest.mark.parametrize("status", [400, 402, 404])
@pytest.mark.parametrize(
    "code", ["charge_expired_for_refund", "expired_or_canceled_card", "refund_not_supported", "resource_missing"]
)
def test_what_the_provider_refuses_for_good_fails_at_once(
    card_payments: CardPayments, order: Order, status: int, code: str
) -> None:
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": {"status": status, "code": code}})

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "late", [RefundLine(order.items.get().pk, 2)])

    assert refund.state == "failed"
    check_failed_at_once(card_payments, order, code, BY_BANK)


@pytest.mark.sampled
@pytest.mark.parametrize("reason", ["expired_or_canceled_card", "lost_or_stolen_card", "declined", "unknown"])
@pytest.mark.parametrize("is_later", [False, True])
def test_a_refund_that_cannot_arrive_fails_once_the_provider_says_so(
    card_payments: CardPayments, order: Order, reason: str, is_later: bool
) -> None:
    if not is_later:
        card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"refund_fails": reason}})

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "late", [RefundLine(order.items.get().pk, 2)])

    if is_later:
        assert refund.state == "succeeded"
        card_payments.emulator.fail_refund(refund.provider_id or "", reason)
    assert set(card_payments.deliver_events()) == {200}
    check_failed_at_once(card_payments, order, reason, BY_BANK)
    assert get_refunded_amounts(card_payments) == [0]


@pytest.mark.parametrize(
    ("reason", "word"),
    [("insufficient_funds", "add funds"), ("charge_for_pending_refund_disputed", "dispute"), ("merchant_request", "stopped")],
)
def test_the_advice_fits_the_reason(card_payments: CardPayments, order: Order, reason: str, word: str) -> None:
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"refund_fails": reason}})

    refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    assert word in get_alert(order)["advice"]


@pytest.mark.parametrize(("code", "word"), [("charge_already_refunded", "refunded it before"), ("charge_disputed", "dispute")])
def test_nobody_is_advised_to_pay_a_second_time(card_payments: CardPayments, order: Order, code: str, word: str) -> None:
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400, "code": code}})

    refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    advice = get_alert(order)["advice"]
    assert word in advice
    assert "bank" not in advice


@pytest.mark.sampled
@pytest.mark.parametrize(
    "do", [{"status": 429}, {"status": 429, "code": "lock_timeout"}, {"status": 424}, {"status": 500}, {"status": 503}]
)
def test_what_may_pass_is_tried_again_with_the_same_key(card_payments: CardPayments, order: Order, do: dict[str, Any]) -> None:
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": 2, "do": do})

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    assert (refund.state, Order.objects.get().attention) == ("submitted", "")
    card_payments.emulator.set_faults()
    assert run_pending_jobs()[1] == 0
    assert get_refunds(order) == [(4000, "succeeded", "staff")]
    assert {row["key"] for row in get_refund_requests(card_payments)} == {str(refund.pk)}


@pytest.mark.parametrize("code", ["balance_insufficient", "insufficient_funds"])
def test_a_refund_waits_for_balance_and_is_asked_for_with_a_new_key(card_payments: CardPayments, order: Order, code: str) -> None:
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": 2, "do": {"status": 400, "code": code}})

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    assert (refund.state, refund.refusals, refund.failure_code) == ("submitted", 1, code)
    assert run_pending_jobs() == (0, 1)
    assert (get_amounts(order), Order.objects.get().attention) == ((4000, 0, "paid"), "")
    assert run_pending_jobs()[1] == 0
    refund.refresh_from_db()
    assert (refund.state, refund.failure_code, get_amounts(order)) == ("succeeded", "", (4000, 4000, "refunded"))
    keys = [row["key"] for row in get_refund_requests(card_payments)]
    assert keys == [str(refund.pk), f"{refund.pk}-1", f"{refund.pk}-2"]
    assert get_refunded_amounts(card_payments) == [4000]


def test_reconciliation_asks_for_it_once_an_hour_and_at_once_if_staff_ask(card_payments: CardPayments, order: Order) -> None:
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": NO_BALANCE})
    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    run_sync()
    assert len(get_refund_requests(card_payments)) == 1
    run_sync(order=order.number)
    assert len(get_refund_requests(card_payments)) == 2
    Refund.objects.update(updated_at=timezone.now() - timedelta(hours=1, minutes=1))
    card_payments.emulator.set_faults()
    run_sync()

    refund.refresh_from_db()
    assert (refund.state, len(get_refund_requests(card_payments))) == ("succeeded", 3)


def test_staff_record_a_bank_transfer(card_payments: CardPayments, order: Order) -> None:
    client = make_superuser_client()
    card_payments.emulator.set_faults(
        {"match": REFUND_CALL, "times": -1, "do": {"status": 400, "code": "expired_or_canceled_card"}}
    )
    item = order.items.get()
    form = {"amount": "", "reason": "returned", f"units_{item.pk}": "2", f"restock_{item.pk}": "on"}
    failed = run_action(client, order, "refund", **{**form, f"units_{item.pk}": "0"}, **get_hidden_fields(client, order))
    assert "A bank transfer is recorded there too" in failed
    calls = len(get_refund_requests(card_payments))

    page = get_hidden_fields(client, order)
    pages = [run_action(client, order, "refund", **form, by_bank="on", **page) for _ in range(2)]

    assert all("₹40.00: the refund is Succeeded." in text for text in pages)
    assert get_refunds(order) == [(4000, "failed", "staff"), (4000, "succeeded", "bank")]
    assert (get_amounts(order), get_stock()) == ((4000, 4000, "refunded"), (10, 0))
    assert run_pending_jobs()[1] == 0
    assert (len(get_refund_requests(card_payments)), get_refunded_amounts(card_payments)) == (calls, [0])
    assert Job.objects.filter(kind="order_mail", payload__kind="refunded").count() == 1
    assert run_check() == (0, [])
    assert run_sync(order=order.number).code == 0


def test_no_more_than_what_is_left_is_recorded_as_paid_by_bank(card_payments: CardPayments, order: Order) -> None:
    refunds.request_refund(make_staff_actor(), order.pk, Decimal("30.00"), "late")

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "the rest", source=Refund.Source.BANK)

    assert (refund.amount_minor, refund.state, refund.provider_id) == (1000, "succeeded", None)
    with pytest.raises(RefundTooLarge):
        refunds.request_refund(make_staff_actor(), order.pk, Decimal("0.01"), "", source=Refund.Source.BANK)


def test_a_refund_of_cash_has_no_such_choice() -> None:
    client, buyer = make_superuser_client(), customer()
    add_to_cart(buyer, make_product())
    placed(buyer)
    order = Order.objects.get()
    shipping.ship_order(make_staff_actor(), order.pk)
    shipping.deliver_order(make_staff_actor(), order.pk)

    page = client.get(f"/admin/orders/order/{order.pk}/action/refund/").content.decode()

    assert "by_bank" not in page
