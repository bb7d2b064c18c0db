"""Giving money back while the payment provider does not answer, refuses, or is asked twice at once (failure table: 26)"""

from decimal import Decimal

import pytest
from pytest_django import Settings

from accounts.tests.crowd import at_once
from core.models import Job
from orders.exceptions import RefundTooLarge
from orders.models import Order, Payment, Refund
from orders.payments import refunds
from orders.payments.refund_lines import Returned
from orders.tests.payments.paid_orders import (
    DOWN,
    REFUNDING,
    asked_for,
    bought,
    charge_of,
    do_owed_jobs,
    given_back,
    money_of,
    refunds_of,
    staff,
    stock_of,
)
from orders.tests.payments.till import Till
from tests.emulator.webhook_receivers import receiving

ONE_CLOSED_PORT = "http://127.0.0.1:9"


@pytest.mark.django_db
def test_a_provider_that_is_down_is_asked_again_with_the_same_key(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})

    refund = refunds.ask(staff(), order.pk, Decimal("15.00"), "late")

    assert (refund.state, refund.provider_id) == ("submitted", None)
    assert (money_of(order), given_back(till)) == ((4000, 0, "paid"), [0])
    assert do_owed_jobs() == (0, 1)
    assert refunds_of(order) == [(1500, "submitted", "staff")]
    till.emulator.faults()
    assert do_owed_jobs()[1] == 0
    assert refunds_of(order) == [(1500, "succeeded", "staff")]
    assert (money_of(order), given_back(till)) == ((4000, 1500, "partially_refunded"), [1500])
    assert {row["key"] for row in asked_for(till)} == {str(refund.pk)}


@pytest.mark.django_db
@pytest.mark.parametrize("do", [{"status": 503}, {"status": 409}, {"close": "before"}])
def test_other_ways_of_not_answering_leave_it_submitted_too(till: Till, do: dict[str, object]) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": 2, "do": do})

    assert refunds.ask(staff(), order.pk, None, "").state == "submitted"

    till.emulator.faults()
    assert do_owed_jobs()[1] == 0
    assert (refunds_of(order), given_back(till)) == ([(4000, "succeeded", "staff")], [4000])


@pytest.mark.django_db
def test_a_provider_that_cannot_be_reached_leaves_it_submitted(till: Till, settings: Settings) -> None:
    order = bought(till)
    settings.STRIPE_API_BASE = ONE_CLOSED_PORT

    refund = refunds.ask(staff(), order.pk, None, "")

    assert (refund.state, Job.objects.filter(kind="refund", done_at=None).count()) == ("submitted", 1)
    settings.STRIPE_API_BASE = till.emulator.url
    assert do_owed_jobs()[1] == 0
    assert given_back(till) == [4000]


@pytest.mark.django_db
def test_what_is_asked_for_counts_while_the_answer_is_awaited(till: Till) -> None:
    order, clerk = bought(till), staff()
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})
    refunds.ask(clerk, order.pk, Decimal("30.00"), "")

    with pytest.raises(RefundTooLarge) as caught:
        refunds.ask(clerk, order.pk, Decimal("10.01"), "")

    assert caught.value.details == {"rest": "10.00"}
    assert Refund.objects.count() == 1


@pytest.mark.django_db
def test_a_lost_answer_is_one_refund(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": 2, "do": {"close": "after"}})

    assert refunds.ask(staff(), order.pk, Decimal("15.00"), "").state == "submitted"
    assert given_back(till) == [1500]
    till.emulator.faults()
    do_owed_jobs()
    till.deliver()

    assert (refunds_of(order), given_back(till)) == ([(1500, "succeeded", "staff")], [1500])
    assert Order.objects.get().attention == ""


@pytest.mark.django_db
def test_an_event_that_is_faster_than_the_answer_finds_the_shops_own_refund(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": 2, "do": {"close": "after"}})
    refund = refunds.ask(staff(), order.pk, Decimal("15.00"), "")

    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(1500, "succeeded", "staff")]
    assert (Order.objects.get().attention, money_of(order)) == ("", (4000, 1500, "partially_refunded"))
    refund.refresh_from_db()
    assert refund.provider_id
    calls = len(asked_for(till))
    assert do_owed_jobs()[1] == 0
    assert (len(asked_for(till)), refunds_of(order)) == (calls, [(1500, "succeeded", "staff")])


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_provider_does_not_take_ends_nothing(till: Till, status: int) -> None:
    order, clerk = bought(till), staff()
    till.emulator.faults({"match": REFUNDING, "do": {"status": status}})

    refund = refunds.ask(clerk, order.pk, Decimal("15.00"), "")

    assert (refund.state, Order.objects.get().attention, given_back(till)) == ("submitted", "", [0])
    do_owed_jobs()
    assert (refunds_of(order), given_back(till)) == ([(1500, "succeeded", "staff")], [1500])


@pytest.mark.django_db
def test_a_provider_that_refuses_ends_it_and_calls_for_attention(till: Till) -> None:
    order, clerk = bought(till), staff()
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})

    refund = refunds.ask(clerk, order.pk, Decimal("15.00"), "")

    assert (refund.state, refund.failure_code) == ("failed", "payment_setup_failed")
    assert (Order.objects.get().attention, money_of(order), given_back(till)) == ("refund_failed", (4000, 0, "paid"), [0])
    assert do_owed_jobs()[1] == 0
    assert len(asked_for(till)) == 1
    assert refunds.ask(clerk, order.pk, None, "once more").state == "succeeded"
    assert given_back(till) == [4000]


@pytest.mark.django_db
def test_more_than_the_provider_has_left_is_refused_by_it(till: Till) -> None:
    order = bought(till)
    till.emulator.refund_charge(charge_of(till, order), 3000)

    refund = refunds.ask(staff(), order.pk, Decimal("20.00"), "")

    assert refund.state == "failed"
    assert Order.objects.get().attention == "refund_failed"
    assert set(till.deliver()) == {200}
    assert refunds_of(order) == [(2000, "failed", "staff"), (3000, "succeeded", "external")]
    assert (money_of(order), given_back(till)) == ((4000, 3000, "partially_refunded"), [3000])


@pytest.mark.django_db
def test_a_payment_that_the_provider_does_not_know_is_refused_by_it(till: Till) -> None:
    order = bought(till)
    Payment.objects.update(payment_intent="pi_of_nobody")

    refund = refunds.ask(staff(), order.pk, None, "")

    assert (refund.state, Order.objects.get().attention) == ("failed", "refund_failed")


@pytest.mark.django_db
def test_an_answer_that_cannot_be_read_is_no_refusal(till: Till, settings: Settings) -> None:
    order = bought(till)
    with receiving() as gibberish:
        gibberish.answers = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"] * 4
        settings.STRIPE_API_BASE = gibberish.url.removesuffix("/webhook/")
        refund = refunds.ask(staff(), order.pk, None, "")

    assert refund.state == "submitted"
    settings.STRIPE_API_BASE = till.emulator.url
    do_owed_jobs()
    assert (refunds_of(order), given_back(till)) == ([(4000, "succeeded", "staff")], [4000])


@pytest.mark.django_db
def test_a_shop_whose_key_is_gone_keeps_it_submitted(till: Till, settings: Settings) -> None:
    order = bought(till)
    settings.STRIPE_SECRET_KEY = ""

    refund = refunds.ask(staff(), order.pk, None, "")

    assert refund.state == "submitted"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_give_back_more_than_was_paid(till: Till) -> None:
    order, clerk = bought(till), staff()

    def ask(_: int) -> str:
        try:
            return refunds.ask(clerk, order.pk, Decimal("30.00"), "").state
        except RefundTooLarge:
            return "too large"

    assert sorted(at_once(4, ask)) == ["succeeded", "too large", "too large", "too large"]
    assert (refunds_of(order), given_back(till)) == ([(3000, "succeeded", "staff")], [3000])


@pytest.mark.django_db(transaction=True)
def test_two_at_once_that_fit_are_both_made(till: Till) -> None:
    order, clerk = bought(till), staff()

    states = at_once(2, lambda number: refunds.ask(clerk, order.pk, Decimal("10.00"), str(number)).state)

    assert states == ["succeeded", "succeeded"]
    assert (money_of(order), given_back(till)) == ((4000, 2000, "partially_refunded"), [2000])


@pytest.mark.django_db(transaction=True)
def test_one_unit_is_put_on_the_shelf_once_however_many_ask(till: Till) -> None:
    order, clerk = bought(till, 1), staff()
    line = Returned(order.items.get().pk, 1, restock=True)

    def ask(_: int) -> str:
        try:
            return refunds.ask(clerk, order.pk, Decimal("1.00"), "", [line]).state
        except RefundTooLarge:
            return "too large"

    assert sorted(at_once(3, ask)) == ["succeeded", "too large", "too large"]
    assert stock_of() == (10, 0)


@pytest.mark.django_db(transaction=True)
def test_the_call_and_the_job_at_once_are_one_refund(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "do": DOWN})
    refund = refunds.ask(staff(), order.pk, None, "")
    till.emulator.faults()

    at_once(3, lambda _: refunds.submit_now(refund.pk))

    assert set(till.deliver()) == {200}
    assert (refunds_of(order), given_back(till)) == ([(4000, "succeeded", "staff")], [4000])
