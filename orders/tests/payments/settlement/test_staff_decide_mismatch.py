"""Payments over another amount: staff accept or reject them, and which alerts the order shows meanwhile"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.tests.concurrency import run_concurrently
from core.actors import Actor
from orders import integrity
from orders.exceptions import InvalidTransition
from orders.models import Order, OrderEvent, Payment, Refund
from orders.payments import sessions, settlement
from orders.tests.factories import customer, database_rows, placed
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import (
    Event,
    alter_event,
    check_invariants,
    count_mails,
    get_event_kinds,
    post_events,
    take_events,
)
from orders.tests.payments.paid_orders import (
    create_pending_order,
    get_amounts,
    get_charge_id,
    get_refunded_amounts,
    get_refunds,
    get_stock,
)
from products.models import StockMovement, Variant
from tests.admin.test_orders import ORDERS, list_offered_actions, run_action

COMPLETED = "checkout.session.completed"
CREATE_CALL = {"method": "POST", "path": "sessions$"}
DECISIONS = {"accept", "reject"}
STAFF = Actor(kind="staff")
NOTHING_TO_DECIDE = "No payment is awaiting a decision"


@pytest.fixture
def superuser_client(db: None) -> Client:
    """The client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a staff of oak"))
    return client


def create_mismatched_order(card_payments: CardPayments, **tampered: Any) -> tuple[Order, Event]:
    """Return an order of two of ten lamps over 40.00 INR for which another amount was reported, and the correct event."""
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]
    assert post_events(card_payments, alter_event(event[0], **(tampered or {"amount_total": 3999}))) == [200]
    return Order.objects.get(number=order["number"]), event


def create_expired_mismatched_order(card_payments: CardPayments) -> Order:
    """Return an order that expired before an amount mismatch became known."""
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]
    payment = Payment.objects.get()
    settlement.apply_session(payment.pk, sessions._expired_session(payment))
    assert post_events(card_payments, alter_event(event[0], amount_total=3999)) == [200]
    return Order.objects.get(status="expired", attention="amount_mismatch")


def find_problems() -> list[str]:
    """Return the problems that the integrity check finds."""
    return [str(problem) for problem in integrity.find_problems()]


@pytest.mark.django_db
@pytest.mark.parametrize("decision", sorted(DECISIONS))
def test_a_page_over_another_amount_that_nobody_has_paid_is_nothing_to_decide(
    card_payments: CardPayments, superuser_client: Client, decision: str
) -> None:
    card_payments.emulator.set_faults({"match": CREATE_CALL, "do": {"tamper": {"amount_total": 3999}}})
    create_pending_order(card_payments)
    order = Order.objects.get()
    before = database_rows()

    page = run_action(superuser_client, order, decision)

    assert NOTHING_TO_DECIDE in page
    assert not DECISIONS & set(list_offered_actions(superuser_client, order))
    assert (order.attention, database_rows()) == ("amount_mismatch", before)
    assert card_payments.emulator.ledger()[0]["status"] == "open"


@pytest.mark.django_db
def test_what_the_page_asks_for_and_what_is_paid_are_both_on_record(card_payments: CardPayments, superuser_client: Client) -> None:
    card_payments.emulator.set_faults({"match": CREATE_CALL, "do": {"tamper": {"amount_total": 3999}}})
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])

    post_events(card_payments, alter_event(take_events(card_payments)[COMPLETED][0], amount_total=3999))

    events = list(OrderEvent.objects.filter(kind="amount_mismatch").order_by("pk").values_list("data", flat=True))
    assert events == [{"expected": 4000, "session": 3999}, {"expected": 4000, "charged": 3999, "currency": "INR"}]
    assert set(list_offered_actions(superuser_client, Order.objects.get())) >= DECISIONS


@pytest.mark.django_db
def test_the_right_amount_after_all_resolves_the_alert(card_payments: CardPayments, superuser_client: Client) -> None:
    card_payments.emulator.set_faults({"match": CREATE_CALL, "do": {"tamper": {"amount_total": 3999}}})
    _, order = create_pending_order(card_payments)

    assert set(card_payments.pay(order)) == {200}

    row = Order.objects.get()
    assert (get_statuses(row.number), row.attention) == (("processing", "committed", "succeeded"), "")
    assert get_event_kinds(row.number)[-2:] == ["attention_settled", "paid"]
    assert NOTHING_TO_DECIDE in run_action(superuser_client, row, "reject")
    assert (Order.objects.get().status, get_refunded_amounts(card_payments)) == ("processing", [0])
    check_invariants(card_payments)


@pytest.mark.django_db
def test_money_in_another_currency_is_not_accepted(card_payments: CardPayments, superuser_client: Client) -> None:
    order, _ = create_mismatched_order(card_payments, currency="usd")
    before = database_rows()

    page = run_action(superuser_client, order, "accept")

    assert "It was paid in USD. Reject it, and refund it at the payment provider" in page
    assert database_rows() == before


@pytest.mark.django_db
def test_money_in_another_currency_is_rejected_and_given_back_at_the_provider(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order, _ = create_mismatched_order(card_payments, currency="usd")

    page = run_action(superuser_client, order, "reject")

    assert "It was paid in another currency: refund it at the payment provider." in page
    assert (get_statuses(order.number)[:2], get_stock(), get_amounts(order)) == (
        ("cancelled", "released"),
        (10, 0),
        (0, 0, "unpaid"),
    )
    assert (Order.objects.get().attention, get_refunds(order), get_refunded_amounts(card_payments)) == ("", [], [0])
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order))
    refunds = [{**refund, "currency": "usd"} for refund in card_payments.emulator.api("GET", "/v1/refunds").json["data"]]
    card_payments.emulator.set_faults(
        {"match": {"method": "GET", "path": "refunds"}, "times": -1, "do": {"tamper": {"data": refunds}}}
    )
    assert set(card_payments.deliver_events()) == {200}
    assert (get_event_kinds(order.number).count("foreign_refund"), get_refunds(order), find_problems()) == (1, [], [])


@pytest.mark.django_db
def test_an_expired_order_is_accepted_while_its_stock_is_there(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_expired_mismatched_order(card_payments)

    page = run_action(superuser_client, order, "accept")

    assert "The payment is accepted." in page
    assert get_statuses(order.number) == ("processing", "committed", "succeeded")
    assert (get_stock(), get_amounts(order), get_refunds(order)) == ((8, 0), (3999, 0, "paid"), [])
    assert (Order.objects.get().attention, count_mails("paid"), find_problems()) == ("", 1, [])


@pytest.mark.django_db
def test_an_expired_order_whose_stock_is_gone_is_not_accepted_and_can_be_rejected(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_expired_mismatched_order(card_payments)
    other = customer("grace@example.com")
    variant = Variant.objects.get()
    other.post("/api/cart/add/", {"product_id": variant.product_id, "quantity": 9})
    placed(other)
    before = database_rows()

    page = run_action(superuser_client, order, "accept")

    assert "The order can no longer be fulfilled. Reject the payment" in page
    assert database_rows() == before
    page_text = run_action(superuser_client, order, "reject")
    assert "The payment is rejected and will be refunded. The order is expired." in page_text
    assert (get_statuses(order.number)[0], get_refunds(order)) == ("expired", [(3999, "requested", "staff")])
    assert (get_stock(), Order.objects.get(pk=order.pk).attention) == ((1, 0), "")


@pytest.mark.django_db
def test_a_cancelled_order_is_not_accepted(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_expired_mismatched_order(card_payments)
    Order.objects.update(status="cancelled", cancel_reason="changed my mind")
    before = database_rows()

    page = run_action(superuser_client, order, "accept")

    assert "The order can no longer be fulfilled. Reject the payment" in page
    assert database_rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), [("accept", "reject"), ("reject", "accept"), ("accept", "accept")])
def test_a_second_decision_is_refused_and_changes_nothing(
    card_payments: CardPayments, superuser_client: Client, first: str, second: str
) -> None:
    order, _ = create_mismatched_order(card_payments)
    run_action(superuser_client, order, first)
    before = database_rows()

    page = run_action(superuser_client, order, second)

    assert NOTHING_TO_DECIDE in page
    assert database_rows() == before
    assert Order.objects.get().status == ("processing" if first == "accept" else "cancelled")


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_decisions_one_counts(card_payments: CardPayments) -> None:
    order, _ = create_mismatched_order(card_payments)

    def decide(caller_number: int) -> str:
        try:
            return settlement.resolve_amount_mismatch(STAFF, order.pk, accept=bool(caller_number)).status
        except InvalidTransition as refused:
            return str(refused.message)

    outcomes = run_concurrently(2, decide)

    assert sorted(outcomes) in ([NOTHING_TO_DECIDE, "processing"], [NOTHING_TO_DECIDE, "cancelled"])
    order.refresh_from_db()
    assert order.status in outcomes
    assert Refund.objects.count() == (0 if order.status == "processing" else 1)
    assert get_stock() == ((8, 0) if order.status == "processing" else (10, 0))


@pytest.mark.django_db
def test_a_decision_on_a_stale_view_is_refused(card_payments: CardPayments) -> None:
    order, _ = create_mismatched_order(card_payments)
    done: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Between read and lock, where only PostgreSQL lets two decisions meet.
        result = execute(sql, params, many, context)
        if not done and sql.startswith("SELECT") and 'FROM "orders_payment"' in sql:
            done.append("")
            done[0] = settlement.resolve_amount_mismatch(STAFF, order.pk, accept=True).status
        return result

    with connection.execute_wrapper(meanwhile), pytest.raises(InvalidTransition, match=NOTHING_TO_DECIDE):
        settlement.resolve_amount_mismatch(STAFF, order.pk, accept=False)

    assert done == ["processing"]
    assert (Refund.objects.count(), get_refunded_amounts(card_payments)) == (0, [0])


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["a dispute", "a refund in the dashboard", "an alert that was resolved"])
def test_the_decision_is_still_there_after(card_payments: CardPayments, superuser_client: Client, case: str) -> None:
    order, _ = create_mismatched_order(card_payments)

    if case == "a dispute":
        card_payments.emulator.dispute(get_charge_id(card_payments, order))
    elif case == "a refund in the dashboard":
        card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1000)
    else:
        run_action(
            superuser_client, order, "resolve", code="amount_mismatch", seen=str(10**9)
        )  # as from a page that was opened earlier
    assert set(card_payments.deliver_events()) <= {200}

    assert set(list_offered_actions(superuser_client, order)) >= DECISIONS
    assert "The payment is accepted." in run_action(superuser_client, order, "accept")
    assert Order.objects.get().status == "processing"


@pytest.mark.django_db
def test_what_was_given_back_at_the_provider_is_not_given_back_again_when_it_is_rejected(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order, _ = create_mismatched_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 3999)
    assert set(card_payments.deliver_events()) == {200}
    assert (get_amounts(order)[:2], find_problems()) == ((0, 0), [])

    run_action(superuser_client, order, "reject")

    assert (Order.objects.get().status, get_amounts(order)[:2]) == ("cancelled", (3999, 3999))
    assert (get_refunds(order), get_refunded_amounts(card_payments), find_problems()) == (
        [(3999, "succeeded", "external")],
        [3999],
        [],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "older", [{"payment_status": "unpaid"}, {"status": "open", "payment_status": "unpaid"}, {"status": "expired"}], ids=str
)
def test_an_event_that_arrives_too_late_does_not_undo_a_capture(
    card_payments: CardPayments, superuser_client: Client, older: dict[str, str]
) -> None:
    order, event = create_mismatched_order(card_payments)
    kind = "checkout.session.expired" if older == {"status": "expired"} else COMPLETED

    assert post_events(card_payments, alter_event(event[0], kind, **{"payment_status": "unpaid", **older})) == [200]

    assert set(list_offered_actions(superuser_client, order)) >= DECISIONS
    assert "The payment is accepted." in run_action(superuser_client, order, "accept")
    assert (get_statuses(order.number), get_amounts(order)[0]) == (("processing", "committed", "succeeded"), 3999)
    assert StockMovement.objects.filter(reason="sale").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["action/accept/", "action/reject/"])
def test_to_decide_is_asked_for_on_a_page(card_payments: CardPayments, superuser_client: Client, part: str) -> None:
    order, _ = create_mismatched_order(card_payments)
    before = database_rows()

    page = superuser_client.get(f"{ORDERS}{order.pk}/{part}").content.decode()

    assert "The amount paid is not the order total." in page
    assert database_rows() == before
