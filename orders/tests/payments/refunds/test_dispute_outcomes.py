"""How a dispute ends: its alert is settled and its loss recorded, in whatever order the events arrive (failure table: 28)"""

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import permutations
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from pytest_django import Settings

from core.actors import STRIPE
from core.models import Job
from orders import integrity
from orders.exceptions import InvalidTransition
from orders.fulfilment import shipping
from orders.models import Dispute, Order, Payment, Refund
from orders.payments import refunds
from orders.state import alerts, transitions
from orders.state.locking import lock_order
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import (
    Event,
    alter_event,
    check_invariants,
    get_event_kinds,
    post_events,
    sign_payload,
    take_events,
)
from orders.tests.payments.paid_orders import create_paid_order, get_amounts, get_charge_id, make_staff_actor, resolve_alert
from orders.tests.test_integrity import run_check
from tests.profile import IS_SOAK

pytestmark = pytest.mark.django_db
LOST, PREVENTED = "lost in a dispute", "returned to prevent a dispute"
FIXABLE = " (--fix corrects this)"
Report = tuple[int, str, int]  # seconds after the dispute began, status, amount


@pytest.fixture
def order(card_payments: CardPayments, settings: Settings) -> Order:
    """A paid order of 40.00 rupees, whose merchant gets e-mails."""
    settings.SHOP_EMAIL = "owner@shop.example"
    return create_paid_order(card_payments)


@pytest.fixture
def opened(card_payments: CardPayments, order: Order) -> Event:
    """The event that reports a dispute; the shop has not received it."""
    card_payments.deliver_events()
    card_payments.emulator.dispute(get_charge_id(card_payments, order))
    return take_events(card_payments)["charge.dispute.created"]


def make_event(opened: Event, report: Report, **about: Any) -> Event:
    """Return an event that reports this at that time."""
    seconds, status, amount = report
    event = json.loads(alter_event(opened[0], "charge.dispute.updated", status=status, amount=amount, **about)[0])
    event |= {"id": f"{event['id']}_{seconds}", "created": event["created"] + seconds}
    body = json.dumps(event).encode()
    return body, sign_payload(body)


def get_outcome(order: Order) -> dict[str, Any]:
    """Return everything in which two outcomes of a dispute can differ, except the path to them."""
    order.refresh_from_db()
    counted = Refund.objects.filter(payment__order=order, state__in=Refund.COMMITTED_STATES)
    return {
        "attention": order.attention,
        "alerts": alerts.open_alerts(order),
        "amounts": get_amounts(order),
        "losses": sorted(counted.values_list("amount_minor", "state", "source", "reason")),
        "disputes": list(Dispute.objects.order_by("provider_id").values_list("status", "amount_minor", "currency")),
        "problems": [str(problem) for problem in integrity.find_problems()],
        "jobs": Job.objects.filter(payload__kind="refunded").count(),
    }


def iter_paths(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Yield the events in every order, alone, with each of them twice, and all of them once more at the end.

    Outside of `make soak`, each order of three events has one of these forms, in turn.
    """
    for number, path in enumerate(permutations(events)):
        forms = [list(path), [event for event in path for _ in range(2)], [*path, *reversed(path)]]
        yield from forms if IS_SOAK or len(path) < 3 else forms[number % 3 :: 3]


def run_all_paths(card_payments: CardPayments, order: Order, events: Sequence[Event]) -> dict[str, Any]:
    """Post the events on every path from the current state, fail if two outcomes differ, and return the outcome."""
    first: dict[str, Any] = {}
    for path in iter_paths(events):
        with transaction.atomic():
            assert post_events(card_payments, *path) == [200] * len(path)
            outcome = get_outcome(order)
            transaction.set_rollback(True)
        first = first or outcome
        assert outcome == first
    return first


FLOWS: dict[str, tuple[list[Report], str, list[tuple[int, str]]]] = {
    "won": ([(0, "needs_response", 4000), (5, "under_review", 4000), (9, "won", 4000)], "", []),
    "lost": ([(0, "needs_response", 4000), (5, "under_review", 4000), (9, "lost", 4000)], "dispute", [(4000, LOST)]),
    "all at once": ([(0, "needs_response", 4000), (0, "under_review", 4000), (0, "won", 4000)], "", []),
    "prevented": ([(0, "prevented", 4000), (0, "prevented", 4000)], "external_refund", [(4000, PREVENTED)]),
    "an inquiry prevented": (
        [(0, "warning_needs_response", 4000), (9, "prevented", 1500)],
        "external_refund",
        [(1500, PREVENTED)],
    ),
    "prevented and won back": ([(0, "prevented", 4000), (9, "won", 4000)], "", []),
    "prevented, lost after all": ([(0, "prevented", 4000), (9, "lost", 4000)], "dispute", [(4000, LOST)]),
    "lost, prevented after all": ([(0, "lost", 4000), (9, "prevented", 4000)], "external_refund", [(4000, PREVENTED)]),
    "prevented again": (
        [(0, "prevented", 4000), (3, "won", 4000), (9, "prevented", 4000)],
        "external_refund",
        [(4000, PREVENTED)],
    ),
    "an inquiry": ([(0, "warning_needs_response", 4000), (3, "warning_under_review", 4000), (9, "warning_closed", 4000)], "", []),
    "an inquiry that grew": ([(0, "warning_needs_response", 4000), (3, "needs_response", 4000)], "dispute", []),
    "an inquiry again": (
        [(0, "warning_needs_response", 4000), (3, "warning_closed", 4000), (9, "needs_response", 4000)],
        "dispute",
        [],
    ),
    "back and forth": ([(0, "needs_response", 4000), (3, "under_review", 4000), (6, "needs_response", 4000)], "dispute", []),
    "lost and won back": ([(0, "needs_response", 4000), (3, "lost", 4000), (9, "won", 4000)], "", []),
    "lost, won, lost": ([(0, "lost", 4000), (3, "won", 4000), (9, "lost", 1500)], "dispute", [(1500, LOST)]),
    "an appeal": ([(0, "won", 4000), (3, "appeal_needs_response", 4000), (9, "lost", 4000)], "dispute", [(4000, LOST)]),
    "it grows": ([(0, "needs_response", 1000), (3, "lost", 1000), (9, "lost", 2500)], "dispute", [(2500, LOST)]),
    "it shrinks": ([(0, "needs_response", 4000), (3, "lost", 4000), (9, "lost", 500)], "dispute", [(500, LOST)]),
    "more than was paid": ([(0, "needs_response", 4000), (3, "lost", 9999)], "dispute", [(4000, LOST)]),
    "something new": ([(0, "a_new_status_of_the_provider_with_a_long_name", 4000), (3, "won", 4000)], "", []),
}


@pytest.mark.sampled
@pytest.mark.scaled
@pytest.mark.parametrize("name", FLOWS)
def test_every_order_of_the_events_ends_alike(card_payments: CardPayments, order: Order, opened: Event, name: str) -> None:
    reports, attention, losses = FLOWS[name]

    outcome = run_all_paths(card_payments, order, [make_event(opened, report) for report in reports])

    assert (outcome["attention"], [(amount, reason) for amount, _, _, reason in outcome["losses"]]) == (attention, losses)
    assert {(state, source) for _, state, source, _ in outcome["losses"]} <= {("succeeded", "external")}
    assert outcome["amounts"][:2] == (4000, sum(amount for amount, _ in losses))
    assert (outcome["problems"], outcome["jobs"]) == ([], 0)


@pytest.mark.parametrize("status", ["lost", "prevented"])
def test_a_dispute_in_another_currency_is_not_added_up(
    card_payments: CardPayments, order: Order, opened: Event, status: str
) -> None:
    assert post_events(card_payments, make_event(opened, (0, status, 50), currency="usd")) == [200]

    assert (Refund.objects.count(), get_amounts(order)) == (0, (4000, 0, "paid"))
    event = Order.objects.get().events.get(kind=f"dispute_{status}")
    assert (event.data["amount"], event.data["currency"]) == (50, "USD")
    assert Order.objects.get().attention == ("dispute" if status == "lost" else "external_refund")
    assert run_check() == (0, [])
    with pytest.raises(InvalidTransition, match="The buyer has their money back"):  # how much of it is unknown
        shipping.ship_order(make_staff_actor(), order.pk)


def test_the_merchant_is_mailed_about_a_dispute_that_was_prevented_before_they_heard_of_it(
    card_payments: CardPayments, order: Order
) -> None:
    card_payments.deliver_events()
    card_payments.emulator.dispute(get_charge_id(card_payments, order), "prevented")

    assert card_payments.deliver_events() == [200, 200]  # created and closed

    about = Job.objects.filter(kind="merchant_mail", payload__kind="attention").values_list("payload__about", flat=True)
    assert list(about) == ["external_refund"]
    assert get_event_kinds(order.number)[-3:] == ["dispute_prevented", "refund_succeeded", "external_refund"]
    assert get_amounts(order) == (4000, 4000, "refunded")


@pytest.mark.parametrize("is_refund_first", [True, False])
def test_money_that_was_refunded_too_is_lost_once(
    card_payments: CardPayments, order: Order, opened: Event, is_refund_first: bool
) -> None:
    charge = get_charge_id(card_payments, order)

    if is_refund_first:
        card_payments.emulator.refund_charge(charge, 3000)
        card_payments.deliver_events()
    assert post_events(card_payments, make_event(opened, (0, "prevented", 4000))) == [200]
    if not is_refund_first:
        card_payments.emulator.refund_charge(charge, 3000)
        card_payments.deliver_events()

    assert sorted(Refund.objects.values_list("amount_minor", "reason")) == [(1000, PREVENTED), (3000, "")]
    assert (get_amounts(order), run_check()) == ((4000, 4000, "refunded"), (0, []))


def test_the_alert_stays_while_another_dispute_of_the_order_is_open(
    card_payments: CardPayments, order: Order, opened: Event
) -> None:
    other = alter_event(opened[0], id="du_other")

    assert post_events(card_payments, opened, other, make_event(opened, (5, "won", 4000))) == [200] * 3
    assert Order.objects.get().attention == "dispute"
    assert post_events(card_payments, make_event(opened, (6, "won", 4000), id="du_other")) == [200]

    assert Order.objects.get().attention == ""


def test_other_alerts_are_not_settled_with_it(card_payments: CardPayments, order: Order, opened: Event) -> None:
    post_events(card_payments, opened)
    with transaction.atomic():
        alerts.raise_alert(lock_order(order.pk), alerts.EXTERNAL_REFUND, STRIPE, refund="re_1")

    post_events(card_payments, make_event(opened, (5, "won", 4000)))

    assert Order.objects.get().attention == "external_refund"


def test_a_late_report_does_not_bring_back_an_alert_that_staff_have_resolved(
    card_payments: CardPayments, order: Order, opened: Event
) -> None:
    post_events(card_payments, make_event(opened, (5, "under_review", 4000)))
    resolve_alert(Order.objects.get(), "dispute")

    post_events(card_payments, make_event(opened, (0, "needs_response", 4000)), make_event(opened, (5, "under_review", 4000)))

    assert Order.objects.get().attention == ""
    post_events(card_payments, make_event(opened, (9, "lost", 4000)))
    assert Order.objects.get().attention == "dispute"


def test_what_is_refunded_after_a_lost_part_is_capped(card_payments: CardPayments, order: Order, opened: Event) -> None:
    post_events(card_payments, make_event(opened, (0, "lost", 1500)))

    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    assert (refund.amount_minor, get_amounts(order)[:2]) == (2500, (4000, 4000))


def test_the_integrity_check_finds_and_repairs_losses_and_alerts(card_payments: CardPayments, order: Order, opened: Event) -> None:
    post_events(card_payments, opened)
    Dispute.objects.update(status="prevented", amount_minor=1500)

    assert run_check() == (
        1,
        [
            f"order {order.number}: 1500 lost in the dispute {Dispute.objects.get().provider_id}, but 0 recorded{FIXABLE}",
            f"order {order.number}: has an alert about disputes that are settled{FIXABLE}",
        ],
    )
    run_check(fix=True)
    assert run_check() == (0, [])
    assert (Order.objects.get().attention, get_amounts(order)[:2]) == ("external_refund", (4000, 1500))
    Dispute.objects.update(status="won")
    assert run_check()[1] == [
        f"order {order.number}: 0 lost in the dispute {Dispute.objects.get().provider_id}, but 1500 recorded{FIXABLE}"
    ]
    run_check(fix=True)
    assert (run_check(), get_amounts(order)[:2], Order.objects.get().attention) == ((0, []), (4000, 0), "")


def test_the_integrity_check_repairs_no_dispute_that_is_right(card_payments: CardPayments, order: Order, opened: Event) -> None:
    post_events(card_payments, opened)
    before = get_outcome(order)

    assert run_check(fix=True) == (0, [])

    assert get_outcome(order) == before


def test_disputes_that_an_earlier_release_knew_only_by_their_history_get_a_row(order: Order) -> None:
    payment = Payment.objects.get()
    data = {"payment": str(payment.pk), "amount": 4000, "reason": "fraudulent"}
    for kind, dispute in (("dispute_needs_response", "du_1"), ("dispute_prevented", "du_1"), ("dispute_lost", "du_2")):
        transitions.record_event(order, kind, STRIPE, dispute=dispute, **data)

    import_module("orders.migrations.0007_unpaid_orders_and_disputes").create_disputes(apps, None)

    rows = Dispute.objects.order_by("provider_id").values_list("provider_id", "status", "amount_minor", "currency", "payment")
    assert list(rows) == [("du_1", "prevented", 4000, "INR", payment.pk), ("du_2", "lost", 4000, "INR", payment.pk)]


def test_a_dispute_from_the_emulator_leaves_the_books_in_order(card_payments: CardPayments, order: Order) -> None:
    card_payments.deliver_events()
    charge = get_charge_id(card_payments, order)
    for status, amount in (("warning_needs_response", 4000), ("needs_response", 2000), ("under_review", 2500), ("won", 2500)):
        card_payments.emulator.dispute(charge, status, amount)

    assert set(card_payments.deliver_events()) == {200}

    assert (Order.objects.get().attention, Dispute.objects.get().amount_minor) == ("", 2500)
    check_invariants(card_payments)
