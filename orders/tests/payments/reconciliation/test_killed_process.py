"""A process killed in the middle of an order, an event or a job leaves nothing half done; the next try completes it
(failure table: 1, 2, 3, 13, 14, 32)
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from subprocess import DEVNULL
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from carts.tests.factories import guest_client, make_guest_cart
from core import outbox
from core.models import Job
from orders.models import Order, OrderItem, Payment, StripeEvent
from orders.payments import refunds
from orders.tests.factories import database_rows, order_body
from orders.tests.payments.card_payments import WEBHOOK, CardPayments, get_statuses
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    REFUND_CALL,
    create_paid_order,
    get_refunded_amounts,
    make_staff_actor,
    run_pending_jobs,
)
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.crashes import make_environment, post_and_crash
from tests.processes import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]
CREATE = "/api/orders/create/"
IDEMPOTENCY_KEY = "the-first-try"
LIST_REFUNDS_CALL = {"method": "GET", "path": "refunds"}


@pytest.fixture
def key() -> str:
    """The key of a guest who has the last lamp in their cart."""
    return make_guest_cart(make_product(sku="LAMP", stock=1))


def crash_while_ordering(key: str, **where: Any) -> None:
    """Order by card in a process that is killed at this point."""
    headers = {"X-Cart-Token": key, "Idempotency-Key": IDEMPOTENCY_KEY}
    post_and_crash(CREATE, json.dumps(order_body(payment_method="stripe")), headers, **where)


def retry_order(card_payments: CardPayments, key: str) -> Any:
    """Send the same order request again."""
    return card_payments.post_order(guest_client(key), IDEMPOTENCY_KEY)


def get_stock() -> tuple[int, int]:
    """Return the lamps on hand and the lamps reserved."""
    return Variant.objects.values_list("stock", "reserved").get(sku="LAMP")


def check_consistency() -> None:
    """Assert that stock movements match the units sold."""
    call_command("check_integrity", stdout=StringIO())


@pytest.mark.sampled
@pytest.mark.parametrize(
    "at", ['INSERT INTO "orders_order"', 'INSERT INTO "orders_payment"', 'UPDATE "products_variant"', 'UPDATE "carts_cart"']
)
def test_before_the_commit_nothing_has_happened(card_payments: CardPayments, key: str, at: str) -> None:
    before = database_rows()

    crash_while_ordering(key, at=at)

    assert database_rows() == before
    assert card_payments.emulator.ledger() == []
    assert retry_order(card_payments, key).status_code == 201
    assert get_stock() == (1, 1)
    check_consistency()


def test_after_the_commit_the_same_key_opens_the_one_session(card_payments: CardPayments, key: str) -> None:
    crash_while_ordering(key, at='FROM "orders_order"', inside=False)
    assert (get_stock(), card_payments.emulator.ledger()) == ((1, 1), [])

    retry = retry_order(card_payments, key)

    assert (retry.status_code, retry["Idempotency-Replayed"]) == (200, "true")
    assert retry.json()["data"]["checkout_url"]
    assert (Order.objects.count(), len(card_payments.emulator.ledger())) == (1, 1)
    check_consistency()


def test_after_the_commit_and_without_another_try_the_stock_is_free_after_ten_minutes(
    card_payments: CardPayments, key: str
) -> None:
    crash_while_ordering(key, at='FROM "orders_order"', inside=False)
    Order.objects.update(reserved_until=F("reserved_until") - timedelta(minutes=11))

    with pytest.raises(SystemExit):
        call_command("sync_payments", stdout=StringIO())

    assert get_stock() == (1, 0)
    assert Order.objects.get().status == "expired"
    check_consistency()


def test_with_the_session_made_and_not_stored_another_try_gets_the_same(card_payments: CardPayments, key: str) -> None:
    crash_while_ordering(key, at='UPDATE "orders_payment"')
    assert (len(card_payments.emulator.ledger()), Payment.objects.get().session_id) == (1, None)

    retry = retry_order(card_payments, key)

    assert retry.json()["data"]["session_id"] == card_payments.emulator.ledger()[0]["session"]
    assert len(card_payments.emulator.ledger()) == 1
    check_consistency()


def test_a_payment_that_comes_before_the_session_is_stored_is_found_by_its_metadata(card_payments: CardPayments, key: str) -> None:
    crash_while_ordering(key, at='UPDATE "orders_payment"')
    session = card_payments.emulator.ledger()[0]["session"]
    card_payments.emulator.pay(session)

    assert card_payments.deliver_events() == [200] * 4

    assert get_statuses(Order.objects.get().number) == ("processing", "committed", "succeeded")
    retry = retry_order(card_payments, key)
    assert (retry.status_code, retry.json()["data"]["payment_status"]) == (200, "paid")
    assert get_stock() == (0, 0)
    check_consistency()


@pytest.mark.sampled
@pytest.mark.parametrize(
    "at",
    [
        'UPDATE "orders_payment"',
        'UPDATE "products_variant"',
        'INSERT INTO "products_stockmovement"',
        'UPDATE "orders_order"',
        'DELETE FROM "carts_cartitem"',
        'INTO "outbox_job"',
        'UPDATE "orders_stripeevent"',
    ],
)
def test_inside_of_the_webhook_all_or_nothing_and_the_next_delivery_does_it(card_payments: CardPayments, key: str, at: str) -> None:
    order = retry_order(card_payments, key).json()["data"]
    card_payments.emulator.pay(order["session_id"])
    assert card_payments.emulator.wait_for_deliveries()
    (call,) = [
        request for request in card_payments.webhooks.pop_requests() if request.event["type"] == "checkout.session.completed"
    ]

    post_and_crash(WEBHOOK, call.body.decode(), {"Stripe-Signature": call.signature}, at=at)

    assert (get_statuses(order["number"]), get_stock()) == (("pending", "reserved", "open"), (1, 1))
    assert StripeEvent.objects.get().status == "received"
    check_consistency()
    assert [card_payments.post_event(call.body, call.signature).status_code for _ in range(2)] == [200, 200]
    assert (get_statuses(order["number"]), get_stock()) == (("processing", "committed", "succeeded"), (0, 0))
    assert (StockMovement.objects.filter(reason="sale").count(), OrderItem.objects.count()) == (1, 1)
    check_consistency()


@pytest.mark.sampled
@pytest.mark.parametrize("is_made", [False, True])
def test_a_worker_that_is_killed_in_a_job_leaves_it_to_the_next_one(card_payments: CardPayments, is_made: bool) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})
    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late")
    job = Job.objects.filter(kind="refund")
    # It looks the refund up first, and then requests it; both calls are slow.
    card_payments.emulator.set_faults({"match": REFUND_CALL if is_made else LIST_REFUNDS_CALL, "do": {"delay_ms": 30_000}})

    with subprocess.Popen([sys.executable, "manage.py", "run_jobs"], cwd=ROOT, env=make_environment(), stdout=DEVNULL) as worker:
        try:
            wait_until(
                lambda: (
                    get_refunded_amounts(card_payments) == [1500]
                    if is_made
                    else job.filter(leased_until__gt=timezone.now()).exists()
                )
            )
        finally:
            worker.kill()

    card_payments.emulator.set_faults()
    outbox.run_due()
    refund.refresh_from_db()
    assert (refund.state, job.get().done_at) == ("submitted", None)  # while the lease lasts
    assert run_pending_jobs()[1] == 0
    refund.refresh_from_db()
    assert (refund.state, get_refunded_amounts(card_payments)) == ("succeeded", [1500])
    check_consistency()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after a minute."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("nothing has happened")
