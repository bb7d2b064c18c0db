"""Refunds while the payment provider is down, refuses, or is called twice at once (failure table: 26)"""

from decimal import Decimal

import pytest
from pytest_django import Settings

from accounts.tests.concurrency import run_concurrently
from core.models import Job
from orders.exceptions import RefundTooLarge
from orders.models import Order, Payment, Refund
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    REFUND_CALL,
    create_paid_order,
    get_amounts,
    get_charge_id,
    get_refund_requests,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from tests.emulator.webhook_receivers import run_receiver

CLOSED_PORT_URL = "http://127.0.0.1:9"


@pytest.mark.django_db
def test_a_provider_that_is_down_is_asked_again_with_the_same_key(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})

    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late")

    assert (refund.state, refund.provider_id) == ("submitted", None)
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 0, "paid"), [0])
    assert run_pending_jobs() == (0, 1)
    assert get_refunds(order) == [(1500, "submitted", "staff")]
    card_payments.emulator.set_faults()
    assert run_pending_jobs()[1] == 0
    assert get_refunds(order) == [(1500, "succeeded", "staff")]
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 1500, "partially_refunded"), [1500])
    assert {row["key"] for row in get_refund_requests(card_payments)} == {str(refund.pk)}


@pytest.mark.django_db
@pytest.mark.parametrize("do", [{"status": 503}, {"status": 409}, {"close": "before"}])
def test_other_ways_of_not_answering_leave_it_submitted_too(card_payments: CardPayments, do: dict[str, object]) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": 2, "do": do})

    assert refunds.request_refund(make_staff_actor(), order.pk, None, "").state == "submitted"

    card_payments.emulator.set_faults()
    assert run_pending_jobs()[1] == 0
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(4000, "succeeded", "staff")], [4000])


@pytest.mark.django_db
def test_a_provider_that_cannot_be_reached_leaves_it_submitted(card_payments: CardPayments, settings: Settings) -> None:
    order = create_paid_order(card_payments)
    settings.STRIPE_API_BASE = CLOSED_PORT_URL

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "")

    assert (refund.state, Job.objects.filter(kind="refund", done_at=None).count()) == ("submitted", 1)
    settings.STRIPE_API_BASE = card_payments.emulator.url
    assert run_pending_jobs()[1] == 0
    assert get_refunded_amounts(card_payments) == [4000]


@pytest.mark.django_db
def test_what_is_asked_for_counts_while_the_answer_is_awaited(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})
    refunds.request_refund(clerk, order.pk, Decimal("30.00"), "")

    with pytest.raises(RefundTooLarge) as excinfo:
        refunds.request_refund(clerk, order.pk, Decimal("10.01"), "")

    assert excinfo.value.details == {"rest": "10.00"}
    assert Refund.objects.count() == 1


@pytest.mark.django_db
def test_a_lost_answer_is_one_refund(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": 2, "do": {"close": "after"}})

    assert refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "").state == "submitted"
    assert get_refunded_amounts(card_payments) == [1500]
    card_payments.emulator.set_faults()
    run_pending_jobs()
    card_payments.deliver_events()

    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(1500, "succeeded", "staff")], [1500])
    assert Order.objects.get().attention == ""


@pytest.mark.django_db
def test_an_event_that_is_faster_than_the_answer_finds_the_shops_own_refund(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": 2, "do": {"close": "after"}})
    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "")

    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(1500, "succeeded", "staff")]
    assert (Order.objects.get().attention, get_amounts(order)) == ("", (4000, 1500, "partially_refunded"))
    refund.refresh_from_db()
    assert refund.provider_id
    calls = len(get_refund_requests(card_payments))
    assert run_pending_jobs()[1] == 0
    assert (len(get_refund_requests(card_payments)), get_refunds(order)) == (calls, [(1500, "succeeded", "staff")])


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_provider_does_not_take_ends_nothing(card_payments: CardPayments, status: int) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": status}})

    refund = refunds.request_refund(clerk, order.pk, Decimal("15.00"), "")

    assert (refund.state, Order.objects.get().attention, get_refunded_amounts(card_payments)) == ("submitted", "", [0])
    run_pending_jobs()
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(1500, "succeeded", "staff")], [1500])


@pytest.mark.django_db
def test_a_provider_that_refuses_ends_it_and_calls_for_attention(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})

    refund = refunds.request_refund(clerk, order.pk, Decimal("15.00"), "")

    assert (refund.state, refund.failure_code) == ("failed", "payment_setup_failed")
    assert (Order.objects.get().attention, get_amounts(order), get_refunded_amounts(card_payments)) == (
        "refund_failed",
        (4000, 0, "paid"),
        [0],
    )
    assert run_pending_jobs()[1] == 0
    assert len(get_refund_requests(card_payments)) == 1
    assert refunds.request_refund(clerk, order.pk, None, "once more").state == "succeeded"
    assert get_refunded_amounts(card_payments) == [4000]


@pytest.mark.django_db
def test_more_than_the_provider_has_left_is_refused_by_it(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 3000)

    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("20.00"), "")

    assert refund.state == "failed"
    assert Order.objects.get().attention == "refund_failed"
    assert set(card_payments.deliver_events()) == {200}
    assert get_refunds(order) == [(2000, "failed", "staff"), (3000, "succeeded", "external")]
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 3000, "partially_refunded"), [3000])


@pytest.mark.django_db
def test_a_payment_that_the_provider_does_not_know_is_refused_by_it(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    Payment.objects.update(payment_intent="pi_of_nobody")

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "")

    assert (refund.state, Order.objects.get().attention) == ("failed", "refund_failed")


@pytest.mark.django_db
def test_an_answer_that_cannot_be_read_is_no_refusal(card_payments: CardPayments, settings: Settings) -> None:
    order = create_paid_order(card_payments)
    with run_receiver() as gibberish:
        gibberish.answers = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"] * 4
        settings.STRIPE_API_BASE = gibberish.url.removesuffix("/webhook/")
        refund = refunds.request_refund(make_staff_actor(), order.pk, None, "")

    assert refund.state == "submitted"
    settings.STRIPE_API_BASE = card_payments.emulator.url
    run_pending_jobs()
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(4000, "succeeded", "staff")], [4000])


@pytest.mark.django_db
def test_a_shop_whose_key_is_gone_keeps_it_submitted(card_payments: CardPayments, settings: Settings) -> None:
    order = create_paid_order(card_payments)
    settings.STRIPE_SECRET_KEY = ""

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "")

    assert refund.state == "submitted"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_give_back_more_than_was_paid(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    def ask(_: int) -> str:
        try:
            return refunds.request_refund(clerk, order.pk, Decimal("30.00"), "").state
        except RefundTooLarge:
            return "too large"

    assert sorted(run_concurrently(4, ask)) == ["succeeded", "too large", "too large", "too large"]
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(3000, "succeeded", "staff")], [3000])


@pytest.mark.django_db(transaction=True)
def test_two_at_once_that_fit_are_both_made(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    states = run_concurrently(2, lambda number: refunds.request_refund(clerk, order.pk, Decimal("10.00"), str(number)).state)

    assert states == ["succeeded", "succeeded"]
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 2000, "partially_refunded"), [2000])


@pytest.mark.django_db(transaction=True)
def test_one_unit_is_restocked_once_however_many_ask(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments, 1), make_staff_actor()
    line = RefundLine(order.items.get().pk, 1, restock=True)

    def ask(_: int) -> str:
        try:
            return refunds.request_refund(clerk, order.pk, Decimal("1.00"), "", [line]).state
        except RefundTooLarge:
            return "too large"

    assert sorted(run_concurrently(3, ask)) == ["succeeded", "too large", "too large"]
    assert get_stock() == (10, 0)


@pytest.mark.django_db(transaction=True)
def test_the_call_and_the_job_at_once_are_one_refund(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": RATE_LIMITED})
    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "")
    card_payments.emulator.set_faults()

    run_concurrently(3, lambda _: refunds.try_submit(refund.pk))

    assert set(card_payments.deliver_events()) == {200}
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(4000, "succeeded", "staff")], [4000])
