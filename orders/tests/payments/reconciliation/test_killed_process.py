"""A process that dies in the middle of an order, an event or a job leaves nothing half done; the next try ends it
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

from carts.tests.factories import guest, guest_with
from core import outbox
from core.models import Job
from orders.models import Order, OrderItem, Payment, StripeEvent
from orders.payments import refunds
from orders.tests.factories import books, form
from orders.tests.payments.paid_orders import DOWN, REFUNDING, bought, do_owed_jobs, given_back, staff
from orders.tests.payments.till import WEBHOOK, Till, status_of
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.crashes import dies, variables
from tests.processes import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]
CREATE = "/api/orders/create/"
KEY = "the-first-try"
LOOKING = {"method": "GET", "path": "refunds"}


@pytest.fixture
def key() -> str:
    """The key of a guest who has the last lamp in his cart."""
    return guest_with(make_product(sku="LAMP", stock=1))


def ordering_dies(key: str, **where: Any) -> None:
    """Order by card in a process that dies there."""
    headers = {"X-Cart-Token": key, "Idempotency-Key": KEY}
    dies(CREATE, json.dumps(form(payment_method="stripe")), headers, **where)


def order_again(till: Till, key: str) -> Any:
    """Send the same request again."""
    return till.order(guest(key), KEY)


def stock() -> tuple[int, int]:
    """Return the lamps on hand and those promised."""
    return Variant.objects.values_list("stock", "reserved").get(sku="LAMP")


def add_up() -> None:
    """Hold that the books add up."""
    call_command("check_integrity", stdout=StringIO())


@pytest.mark.parametrize(
    "at", ['INSERT INTO "orders_order"', 'INSERT INTO "orders_payment"', 'UPDATE "products_variant"', 'UPDATE "carts_cart"']
)
def test_before_the_commit_nothing_has_happened(till: Till, key: str, at: str) -> None:
    before = books()

    ordering_dies(key, at=at)

    assert books() == before
    assert till.emulator.ledger() == []
    assert order_again(till, key).status_code == 201
    assert stock() == (1, 1)
    add_up()


def test_after_the_commit_the_same_key_opens_the_one_session(till: Till, key: str) -> None:
    ordering_dies(key, at='FROM "orders_order"', inside=False)
    assert (stock(), till.emulator.ledger()) == ((1, 1), [])

    again = order_again(till, key)

    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert again.json()["data"]["checkout_url"]
    assert (Order.objects.count(), len(till.emulator.ledger())) == (1, 1)
    add_up()


def test_after_the_commit_and_without_another_try_the_stock_is_free_after_ten_minutes(till: Till, key: str) -> None:
    ordering_dies(key, at='FROM "orders_order"', inside=False)
    Order.objects.update(reserved_until=F("reserved_until") - timedelta(minutes=11))

    with pytest.raises(SystemExit):
        call_command("sync_payments", stdout=StringIO())

    assert stock() == (1, 0)
    assert Order.objects.get().status == "expired"
    add_up()


def test_with_the_session_made_and_not_stored_another_try_gets_the_same(till: Till, key: str) -> None:
    ordering_dies(key, at='UPDATE "orders_payment"')
    assert (len(till.emulator.ledger()), Payment.objects.get().session_id) == (1, None)

    again = order_again(till, key)

    assert again.json()["data"]["session_id"] == till.emulator.ledger()[0]["session"]
    assert len(till.emulator.ledger()) == 1
    add_up()


def test_a_payment_that_comes_before_the_session_is_stored_is_found_by_its_metadata(till: Till, key: str) -> None:
    ordering_dies(key, at='UPDATE "orders_payment"')
    session = till.emulator.ledger()[0]["session"]
    till.emulator.pay(session)

    assert till.deliver() == [200] * 4

    assert status_of(Order.objects.get().number) == ("processing", "committed", "succeeded")
    again = order_again(till, key)
    assert (again.status_code, again.json()["data"]["payment_status"]) == (200, "paid")
    assert stock() == (0, 0)
    add_up()


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
def test_inside_of_the_webhook_all_or_nothing_and_the_next_delivery_does_it(till: Till, key: str, at: str) -> None:
    order = order_again(till, key).json()["data"]
    till.emulator.pay(order["session_id"])
    assert till.emulator.wait()
    (call,) = [one for one in till.webhooks.taken() if one.event["type"] == "checkout.session.completed"]

    dies(WEBHOOK, call.body.decode(), {"Stripe-Signature": call.signature}, at=at)

    assert (status_of(order["number"]), stock()) == (("pending", "reserved", "open"), (1, 1))
    assert StripeEvent.objects.get().status == "received"
    add_up()
    assert [till.post(call.body, call.signature).status_code for _ in range(2)] == [200, 200]
    assert (status_of(order["number"]), stock()) == (("processing", "committed", "succeeded"), (0, 0))
    assert (StockMovement.objects.filter(reason="sale").count(), OrderItem.objects.count()) == (1, 1)
    add_up()


@pytest.mark.parametrize("is_made", [False, True])
def test_a_worker_that_is_killed_in_a_job_leaves_it_to_the_next_one(till: Till, is_made: bool) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})
    refund = refunds.ask(staff(), order.pk, Decimal("15.00"), "late")
    job = Job.objects.filter(kind="refund")
    # It looks for the refund first, and then asks for it; either is slow.
    till.emulator.faults({"match": REFUNDING if is_made else LOOKING, "do": {"delay_ms": 30_000}})

    with subprocess.Popen([sys.executable, "manage.py", "run_jobs"], cwd=ROOT, env=variables(), stdout=DEVNULL) as worker:
        try:
            wait_until(lambda: given_back(till) == [1500] if is_made else job.filter(leased_until__gt=timezone.now()).exists())
        finally:
            worker.kill()

    till.emulator.faults()
    outbox.run_due()
    refund.refresh_from_db()
    assert (refund.state, job.get().done_at) == ("submitted", None)  # as long as the lease holds
    assert do_owed_jobs()[1] == 0
    refund.refresh_from_db()
    assert (refund.state, given_back(till)) == ("succeeded", [1500])
    add_up()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail where it does not within a minute."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("nothing has happened")
