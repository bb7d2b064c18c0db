"""The provider's state of a refund wins, whether it arrives early, late or against the shop's own assumption"""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from orders import integrity
from orders.fulfilment import cancellation
from orders.models import Order, OrderItem, Payment, Refund, StripeEvent
from orders.payments import dispute_losses, refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import database_rows
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants, count_mails, get_event_kinds, post_events, take_events
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    REFUND_CALL,
    create_paid_order,
    create_pending_order,
    get_amounts,
    get_charge_id,
    get_refund_requests,
    get_refunded_amounts,
    get_refunds,
    make_staff_actor,
    resolve_alert,
    run_pending_jobs,
)
from orders.tests.payments.reconciliation.test_sync_payments import run_sync
from products.models import Variant
from tests.admin.test_orders import run_action

COMPLETED = "checkout.session.completed"
LIST_REFUNDS_CALL = {"method": "GET", "path": "refunds"}
# The refund is made, its response is lost, and the retry by Stripe's package is refused: the shop takes the refund for refused.
REFUNDED_THEN_REFUSED = ({"match": REFUND_CALL, "do": {"close": "after"}}, {"match": REFUND_CALL, "do": {"status": 400}})
REFUNDED_WITHOUT_ANSWER = ({"match": REFUND_CALL, "do": {"close": "after"}}, {"match": REFUND_CALL, "do": RATE_LIMITED})


@pytest.fixture
def superuser_client(db: None) -> Client:
    """The client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a staff of oak"))
    return client


def find_problems() -> list[str]:
    """Return the problems that the integrity check finds."""
    return [str(problem) for problem in integrity.find_problems()]


def tamper_refund_list(card_payments: CardPayments, **changed: Any) -> None:
    """Make the provider list its refunds with these fields changed."""
    refunds = [{**refund, **changed} for refund in card_payments.emulator.api("GET", "/v1/refunds").json["data"]]
    card_payments.emulator.set_faults({"match": LIST_REFUNDS_CALL, "times": -1, "do": {"tamper": {"data": refunds}}})


def create_misjudged_refund(card_payments: CardPayments) -> Order:
    """Return an order of two lamps, one of them refunded at the provider; the shop takes that refund for refused."""
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults(*REFUNDED_THEN_REFUSED)
    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("20.00"), "broken", [RefundLine(order.items.get().pk, 1)])
    assert (refund.state, get_refunded_amounts(card_payments), OrderItem.objects.get().refunded_quantity) == ("failed", [2000], 0)
    assert Order.objects.get().attention == "refund_failed"
    return order


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["the events", "a run over the order", "a run over all"])
def test_a_refund_taken_for_refused_counts_once_the_provider_reports_it(card_payments: CardPayments, actor: str) -> None:
    order = create_misjudged_refund(card_payments)

    if actor == "the events":
        assert set(card_payments.deliver_events()) == {200}
    else:
        take_events(card_payments)
        assert run_sync(**({"order": order.number} if actor == "a run over the order" else {})).code == 1

    assert get_refunds(order) == [(2000, "succeeded", "staff")]
    assert (OrderItem.objects.get().refunded_quantity, Order.objects.get().attention) == (1, "")
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 2000, "partially_refunded"), [2000])
    assert (count_mails("refunded"), find_problems()) == (1, [])
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_refund_that_was_made_after_all_resolves_its_own_failure_and_no_other(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}}, *REFUNDED_THEN_REFUSED)
    for amount in ("5.00", "20.00"):
        assert refunds.request_refund(make_staff_actor(), order.pk, Decimal(amount), "late").state == "failed"

    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(500, "failed", "staff"), (2000, "succeeded", "staff")]
    assert Order.objects.get().attention == "refund_failed"


@pytest.mark.django_db
def test_a_failure_resolved_long_ago_keeps_no_other_alert(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})
    assert refunds.request_refund(make_staff_actor(), order.pk, Decimal("5.00"), "late").state == "failed"
    resolve_alert(order, "refund_failed")
    card_payments.emulator.set_faults(*REFUNDED_THEN_REFUSED)
    assert refunds.request_refund(make_staff_actor(), order.pk, Decimal("20.00"), "broken").state == "failed"
    assert Order.objects.get().attention == "refund_failed"

    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(500, "failed", "staff"), (2000, "succeeded", "staff")]
    assert Order.objects.get().attention == ""


@pytest.mark.django_db
def test_units_that_two_refunds_count_are_taken_back_by_that_which_counted_them(card_payments: CardPayments) -> None:
    order = create_misjudged_refund(card_payments)
    line = order.items.get().pk
    card_payments.emulator.set_faults(
        {"match": LIST_REFUNDS_CALL, "do": {"tamper": {"data": []}}}
    )  # the provider's lists may lag behind
    assert (
        refunds.request_refund(make_staff_actor(), order.pk, Decimal("10.00"), "the same", [RefundLine(line, 2)]).state
        == "succeeded"
    )
    events = take_events(card_payments)

    assert set(post_events(card_payments, *events.values())) == {200}
    assert OrderItem.objects.get().refunded_quantity == 2
    refund_data = next(
        refund for refund in card_payments.emulator.api("GET", "/v1/refunds").json["data"] if refund["amount"] == 2000
    )
    card_payments.emulator.fail_refund(refund_data["id"])
    assert set(card_payments.deliver_events()) == {200}

    assert [state for _, state, _ in get_refunds(order)] == ["failed", "succeeded"]
    assert OrderItem.objects.get().refunded_quantity == 2
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_refund_that_was_taken_for_refused_and_was_refused_later_counts_nothing_back_twice(card_payments: CardPayments) -> None:
    order = create_misjudged_refund(card_payments)
    take_events(card_payments)
    card_payments.emulator.fail_refund(card_payments.emulator.api("GET", "/v1/refunds").json["data"][0]["id"])

    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(2000, "failed", "staff")]
    assert (OrderItem.objects.get().refunded_quantity, get_amounts(order)) == (0, (4000, 0, "paid"))
    check_invariants(card_payments)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refund_whose_answer_was_lost_is_looked_for_before_it_is_asked_for_again(
    card_payments: CardPayments, status: int
) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults(*REFUNDED_WITHOUT_ANSWER)
    assert refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late").state == "submitted"
    take_events(card_payments)
    calls = len(get_refund_requests(card_payments))
    card_payments.emulator.advance_clock(25 * 3600)  # the provider has forgotten the key by then
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": status}})

    assert run_pending_jobs()[1] == 0

    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(1500, "succeeded", "staff")], [1500])
    assert (len(get_refund_requests(card_payments)), Order.objects.get().attention) == (calls, "")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403])
def test_an_automatic_refund_outlives_a_key_that_the_provider_does_not_take(card_payments: CardPayments, status: int) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)[COMPLETED]
    Order.objects.update(status="cancelled", stock_state="released", reserved_until=None, cancel_reason="changed my mind")
    Payment.objects.update(state="cancelled")
    Variant.objects.update(reserved=0)
    assert post_events(card_payments, paid) == [200]
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": status}})

    assert run_pending_jobs()[1] == 1

    assert Refund.objects.get().state == "submitted"
    assert Order.objects.get().attention == "late_payment"
    assert run_pending_jobs()[1] == 0
    assert (get_refunded_amounts(card_payments), Refund.objects.get().state, Order.objects.get().attention) == (
        [4000],
        "succeeded",
        "",
    )


@pytest.mark.django_db
def test_a_refund_reported_before_its_payment_counts_once_the_payment_is_known(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments)
    card_payments.emulator.pay_later(placed["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    order = Order.objects.get()
    card_payments.emulator.async_succeed(placed["session_id"])
    paid = take_events(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)

    assert set(card_payments.deliver_events()) == {200}
    before = get_amounts(order)[:2]
    assert set(post_events(card_payments, *paid.values())) == {200}

    assert before == (0, 0)
    assert (get_statuses(order.number)[0], get_refunds(order)) == ("processing", [(1500, "succeeded", "external")])
    assert (get_amounts(order), find_problems()) == ((4000, 1500, "partially_refunded"), [])
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_refund_whose_payment_is_just_becoming_known_is_kept_and_applied_when_sent_again(
    card_payments: CardPayments,
) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)[COMPLETED]
    intent = json.loads(paid[0])["data"]["object"]["payment_intent"]
    card_payments.emulator.refund_charge(card_payments.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"])
    back = take_events(card_payments)["charge.refunded"]
    responses: list[list[int]] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Another worker processes the payment event after this one has found no payment for that intent.
        result = execute(sql, params, many, context)
        if not responses and sql.startswith("SELECT") and '"orders_payment"."payment_intent" = ' in sql:
            responses.append([])
            responses[0] += post_events(card_payments, paid)
        return result

    with connection.execute_wrapper(meanwhile):
        first = post_events(card_payments, back)

    event = StripeEvent.objects.get(type="charge.refunded")
    assert (responses, first, event.status, event.tries) == ([[200]], [500], "failed", 1)
    assert Payment.objects.get().refunded_minor == 0
    assert post_events(card_payments, back) == [200]
    assert (Payment.objects.get().refunded_minor, get_refunds(Order.objects.get())) == (4000, [(4000, "succeeded", "external")])
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_refund_in_another_currency_is_written_down_once_and_no_money_of_the_order(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)
    tamper_refund_list(card_payments, currency="usd")

    assert set(card_payments.deliver_events()) == {200}
    first, second = run_sync(), run_sync(order=order.number)

    assert (get_event_kinds(order.number).count("foreign_refund"), get_refunds(order), get_amounts(order)[:2]) == (1, [], (4000, 0))
    assert (first.code, second.code) == (0, 0)
    assert run_sync(dry_run=True).code == 0


@pytest.mark.django_db
def test_an_unchanged_refund_is_not_reported_as_repaired(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late")
    assert set(card_payments.deliver_events()) == {200}
    tamper_refund_list(card_payments, status="pending")
    before = database_rows()

    assert (run_sync().code, run_sync(order=order.number).code) == (0, 0)

    assert (get_refunds(order), database_rows()) == ([(1500, "succeeded", "staff")], before)


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["the command", "the admin"])
def test_one_order_is_asked_about_its_refunds_too(card_payments: CardPayments, superuser_client: Client, actor: str) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)
    take_events(card_payments)
    message = f"rder {order.number} has refunds that were not known"

    page_text = (
        run_action(superuser_client, order, "sync") if actor == "the admin" else "".join(run_sync(order=order.number).output)
    )

    assert message in page_text
    assert (get_refunds(order), get_amounts(order)[:2]) == ([(1500, "succeeded", "external")], (4000, 1500))
    assert run_sync(order=order.number).code == 0
    assert "The shop and the payment provider agree." in run_action(superuser_client, order, "sync")


@pytest.mark.django_db
def test_staff_may_give_any_reason_and_the_buyer_is_notified_all_the_same(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)

    refunds.request_refund(make_staff_actor(), order.pk, None, dispute_losses.LOST_IN_DISPUTE)

    assert count_mails("refunded") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_down", [False, True])
def test_cancelling_gives_back_what_is_left_after_a_refund_that_was_made_after_all(
    card_payments: CardPayments, is_down: bool
) -> None:
    order = create_misjudged_refund(card_payments)
    if is_down:
        card_payments.emulator.set_faults({"match": {"path": "refunds"}, "times": -1, "do": RATE_LIMITED})

    cancellation.cancel_order(make_staff_actor(), order.pk, "no lamps left", refund=True)

    assert Order.objects.get().status == "cancelled"
    if is_down:  # all of it was requested, and will be refused: staff are notified then
        assert get_refunds(order) == [(2000, "failed", "staff"), (4000, "submitted", "staff")]
    else:
        assert get_refunds(order) == [(2000, "succeeded", "staff"), (2000, "succeeded", "staff")]
        assert get_refunded_amounts(card_payments) == [4000]
