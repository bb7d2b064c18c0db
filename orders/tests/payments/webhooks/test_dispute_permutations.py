"""The five events of a dispute in every order, some of them doubled: one outcome (failure table: 7, 8, 28)"""

import json
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from orders import integrity
from orders.models import Dispute, Order, Refund, StripeEvent
from orders.state import alerts
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import Event, post_events, sign_payload, take_events
from orders.tests.payments.paid_orders import create_paid_order, get_amounts, get_charge_id, get_stock
from tests.profile import IS_SOAK

pytestmark = [pytest.mark.django_db, pytest.mark.scaled]
LOST, PREVENTED = "lost in a dispute", "returned to prevent a dispute"
OUTCOMES: dict[str, tuple[str, tuple[int, int, str], list[tuple[int, str, str]]]] = {
    "won": ("", (4000, 0, "paid"), []),
    "lost": ("dispute", (4000, 4000, "refunded"), [(4000, "succeeded", LOST)]),
    "prevented": ("external_refund", (4000, 4000, "refunded"), [(4000, "succeeded", PREVENTED)]),
    "warning_closed": ("", (4000, 0, "paid"), []),
}


def make_dispute_events(card_payments: CardPayments, order: Order, outcome: str) -> dict[str, Event]:
    """Return the events of a dispute that ends like this, as Stripe sends them; the shop has received none."""
    card_payments.emulator.dispute(get_charge_id(card_payments, order))
    opened = json.loads(take_events(card_payments)["charge.dispute.created"][0])
    first, then = (
        ("warning_needs_response", "warning_under_review") if outcome == "warning_closed" else ("needs_response", "under_review")
    )
    course = (
        ("created", 0, first),
        ("funds_withdrawn", 0, first),
        ("updated", 5, then),
        ("closed", 9, outcome),
        ("funds_reinstated", 9, outcome),
    )
    return {kind: _make_event(opened, kind, seconds, status) for kind, seconds, status in course}


def _make_event(opened: dict[str, Any], kind: str, seconds: int, status: str) -> Event:
    dispute = {**opened["data"]["object"], "status": status}
    about = {"id": f"{opened['id']}_{kind}", "type": f"charge.dispute.{kind}", "created": opened["created"] + seconds}
    body = json.dumps({**opened, **about, "data": {"object": dispute}}).encode()
    return body, sign_payload(body)


def get_outcome(order: Order) -> dict[str, Any]:
    """Return the order's states, flags and money, and whether its books add up."""
    row = Order.objects.get(pk=order.pk)
    return {
        "states": (get_statuses(row.number), get_stock()),
        "alerts": (row.attention, alerts.open_alerts(row)),
        "amounts": get_amounts(row),
        "losses": list(Refund.objects.exclude(state="cancelled").values_list("amount_minor", "state", "reason")),
        "dispute": Dispute.objects.values_list("status", "amount_minor", "reported_at").get(),
        "unprocessed": StripeEvent.objects.exclude(status__in=("done", "ignored")).count(),
        "problems": [str(problem) for problem in integrity.find_problems()],
    }


@pytest.mark.sampled
@pytest.mark.parametrize("ending", OUTCOMES)
def test_a_dispute_ends_alike_in_whatever_order_its_events_arrive(card_payments: CardPayments, ending: str) -> None:
    order = create_paid_order(card_payments)
    card_payments.deliver_events()
    events = make_dispute_events(card_payments, order, ending)
    attention, amounts, losses = OUTCOMES[ending]
    first: dict[str, Any] = {}

    for number, kinds in enumerate(permutations(events)):
        if not IS_SOAK and number % 7:
            continue  # eighteen of the 120 orders, in which each event comes first and last; `make soak` takes all
        doubled = kinds[: number % 6]
        with transaction.atomic():
            path = [events[kind] for kind in (*kinds, *doubled)]
            assert post_events(card_payments, *path) == [200] * len(path)
            outcome = get_outcome(order)
            transaction.set_rollback(True)
        first = first or outcome
        assert outcome == first, f"{kinds} ends otherwise"

    assert first["states"] == (("processing", "committed", "succeeded"), (8, 0))
    assert (first["alerts"], first["amounts"], first["losses"]) == ((attention, {attention} - {""}), amounts, losses)
    assert (first["unprocessed"], first["problems"]) == (0, [])
