"""The events of a dispute arrive at once, twice, and while staff act on the order; with real threads (failure table: 7, 28)"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.concurrency import run_concurrently
from core.exceptions import DomainError
from orders.fulfilment import shipping
from orders.models import Dispute, Order, Refund
from orders.payments import refunds
from orders.state import alerts
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import get_event_kinds, make_webhook_call
from orders.tests.payments.paid_orders import create_paid_order, get_amounts, get_stock, make_staff_actor, run_pending_jobs
from orders.tests.payments.webhooks.test_dispute_permutations import OUTCOMES, get_outcome, make_dispute_events
from orders.tests.test_integrity import run_check
from tests.concurrent_requests import at_once, count_statuses

pytestmark = pytest.mark.usefixtures("unthrottled")


@pytest.fixture
def order(card_payments: CardPayments, live_server: LiveServer) -> Order:
    """An order of two lamps for 40.00 rupees, paid by card."""
    order = create_paid_order(card_payments)
    card_payments.deliver_events()
    return order


def run_together(*functions: Callable[[], Any]) -> list[str]:
    """Run all functions at once; return the codes of the refusals, and "done" for what was not refused."""

    def run(number: int) -> str:
        try:
            functions[number]()
        except DomainError as refusal:
            return refusal.code
        return "done"

    return run_concurrently(len(functions), run)


@pytest.mark.parametrize("ending", OUTCOMES)
def test_all_events_twice_at_once_end_as_one_after_another(
    card_payments: CardPayments, live_server: LiveServer, order: Order, ending: str
) -> None:
    events = make_dispute_events(card_payments, order, ending)
    attention, amounts, losses = OUTCOMES[ending]

    responses = at_once([make_webhook_call(live_server.url, event) for event in events.values()] * 2)

    assert count_statuses(responses) == {200: 10}
    outcome = get_outcome(order)
    assert (outcome["alerts"], outcome["amounts"], outcome["losses"]) == ((attention, {attention} - {""}), amounts, losses)
    assert (outcome["dispute"][0], outcome["unprocessed"], outcome["problems"]) == (ending, 0, [])
    kinds = get_event_kinds(order.number)
    assert [kinds.count(kind) for kind in set(kinds) if kind.startswith("dispute_")].count(1) == len(
        {kind for kind in kinds if kind.startswith("dispute_")}
    )


@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("ending", ["lost", "prevented"])
def test_an_order_is_not_shipped_after_its_money_went_back(
    card_payments: CardPayments, live_server: LiveServer, order: Order, ending: str, round_: int
) -> None:
    events = make_dispute_events(card_payments, order, ending)
    actor = make_staff_actor()

    codes = run_together(
        partial(shipping.ship_order, actor, order.pk), *(make_webhook_call(live_server.url, event) for event in events.values())
    )

    kinds = get_event_kinds(order.number)
    assert codes[1:] == ["done"] * 5
    if codes[0] == "done":
        assert kinds.index("shipped") < kinds.index("refund_succeeded")
    else:
        assert (codes[0], "shipped" in kinds) == ("invalid_transition", False)
    assert get_statuses(order.number)[0] == ("shipped" if codes[0] == "done" else "processing")
    assert (Order.objects.get().attention, get_stock()) == (OUTCOMES[ending][0], (8, 0))
    assert run_check() == (0, [])


@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("ending", ["lost", "prevented"])
def test_a_refund_and_a_lost_dispute_at_once_return_the_money_once(
    card_payments: CardPayments, live_server: LiveServer, order: Order, ending: str, round_: int
) -> None:
    events = make_dispute_events(card_payments, order, ending)
    actor = make_staff_actor()

    codes = run_together(
        *(partial(refunds.request_refund, actor, order.pk, None, "late") for _ in range(2)),
        *(make_webhook_call(live_server.url, event) for event in events.values()),
    )
    run_pending_jobs()
    card_payments.deliver_events()

    assert codes[2:] == ["done"] * 5
    assert sorted(set(codes[:2])) in (["done", "refund_too_large"], ["refund_too_large"])
    committed = Refund.objects.filter(state__in=Refund.COMMITTED_STATES)
    assert list(committed.values_list("amount_minor", flat=True)) == [4000]
    assert (get_amounts(order), Dispute.objects.get().status) == ((4000, 4000, "refunded"), ending)
    assert run_check() == (0, [])


@pytest.mark.parametrize("round_", range(3))
def test_staff_resolve_only_the_alert_that_they_saw(
    card_payments: CardPayments, live_server: LiveServer, order: Order, round_: int
) -> None:
    events = make_dispute_events(card_payments, order, "lost")
    assert at_once([make_webhook_call(live_server.url, events.pop("created"))])[0].status == 200
    actor, seen = make_staff_actor(), alerts.events_to_review(order, "dispute").values_list("pk", flat=True).last()
    assert seen is not None

    codes = run_together(
        partial(alerts.resolve_seen, actor, order.pk, "dispute", seen),
        *(make_webhook_call(live_server.url, event) for event in events.values()),
    )

    assert codes[0] in ("done", "invalid_transition")
    assert (codes[1:], Order.objects.get().attention) == (["done"] * 4, "dispute")
    assert run_check() == (0, [])
