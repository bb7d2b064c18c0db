"""What seldom happens to a payment: carts and sessions that are gone, facts that come to dead orders, answers that cross"""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from pytest_django import Settings

from accounts.tests.crowd import at_once
from carts.models import Cart
from carts.tests.factories import add
from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment import shipping
from orders.models import Order, OrderItem, Payment, Refund, StripeEvent
from orders.payments import disputes, refunds, sessions, settlement
from orders.payments.provider_state import RefundFacts, SessionFacts
from orders.payments.refund_lines import Returned
from orders.state import transitions
from orders.tests.factories import customer
from orders.tests.payments.reconciliation.test_sync_payments import pass_time, sync
from orders.tests.payments.till import Till, status_of
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
STAFF = Actor(kind="staff")
DOWN = {"match": {"method": "POST", "path": "refunds"}, "times": -1, "do": {"status": 503}}


@pytest.fixture
def client() -> SchemaClient:
    """A buyer with two of five lamps in his cart."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.fixture
def order(till: Till, client: SchemaClient) -> dict[str, Any]:
    """His order, which waits for its payment."""
    return till.placed(client)


def facts(order: dict[str, Any], status: str, payment_status: str, **more: Any) -> SessionFacts:
    """Return what the provider could tell of an order's session."""
    return SessionFacts(order["session_id"], status, payment_status, 4000, "INR", None, **more)


def test_an_order_whose_cart_is_gone_is_paid_all_the_same(till: Till, order: dict[str, Any]) -> None:
    Cart.objects.all().delete()

    assert till.pay(order)[-1] == 200

    assert status_of(order["number"]) == ("processing", "committed", "succeeded")


def test_a_session_that_the_provider_has_forgotten_is_as_good_as_expired(
    till: Till, client: SchemaClient, order: dict[str, Any]
) -> None:
    till.emulator.reset()

    assert client.post(f"/api/orders/{order['number']}/cancel/").status_code == 200

    assert status_of(order["number"]) == ("cancelled", "released", "cancelled")


def test_a_payment_whose_session_is_known_is_not_given_up(till: Till, order: dict[str, Any]) -> None:
    sessions.give_up(Payment.objects.get().pk)

    assert status_of(order["number"]) == ("pending", "reserved", "open")


def test_an_order_without_a_payment_that_could_be_made_is_shown_as_it_is(
    till: Till, client: SchemaClient, order: dict[str, Any]
) -> None:
    Payment.objects.update(state="failed")

    shown = client.post(f"/api/orders/{order['number']}/pay/").json()["data"]

    assert (shown["status"], shown["payment_status"], "checkout_url" in shown) == ("pending", "failed", False)


@pytest.mark.parametrize(("status", "has_failed", "state"), [("complete", False, "processing"), ("complete", True, "failed")])
def test_what_is_told_of_a_dead_order_changes_its_payment_alone(
    till: Till, order: dict[str, Any], status: str, has_failed: bool, state: str
) -> None:
    till.emulator.clock(3600)
    till.deliver()
    Payment.objects.update(state="open")

    settlement.apply_session(Payment.objects.get().pk, facts(order, status, "unpaid", has_failed=has_failed))

    assert status_of(order["number"]) == ("expired", "released", state)
    assert variant_of_lamp() == (5, 0)


def variant_of_lamp() -> tuple[int, int]:
    """Return the lamps on hand and those promised."""
    item = OrderItem.objects.select_related("variant").first()
    assert item is not None
    assert item.variant is not None
    return item.variant.stock, item.variant.reserved


def test_there_is_nothing_to_decide_and_no_flag_to_take_away(till: Till, order: dict[str, Any]) -> None:
    row = Order.objects.get()
    transitions.settle_attention(STAFF, row.pk, "dispute", 0)

    with pytest.raises(InvalidTransition):
        settlement.decide_mismatch(STAFF, row.pk, accept=True)
    assert Order.objects.get().version == row.version


def test_a_card_order_is_delivered_without_being_paid_once_more(till: Till, order: dict[str, Any]) -> None:
    till.pay(order)
    row = Order.objects.get()
    shipping.ship(STAFF, row.pk)

    shipping.deliver(STAFF, row.pk)

    assert (Order.objects.get().status, Payment.objects.get().captured_minor) == ("delivered", 4000)
    assert Order.objects.get().paid_at == row.paid_at


def test_a_dispute_over_what_was_given_back_already_takes_nothing_more(till: Till, order: dict[str, Any]) -> None:
    till.pay(order)
    refunds.ask(STAFF, Order.objects.get().pk, None, "late")

    disputes.note(Payment.objects.get().pk, {"id": "du_1", "status": "lost", "amount": 4000})

    assert (Refund.objects.count(), Payment.objects.get().refunded_minor) == (1, 4000)


def test_a_refund_on_its_way_counts_and_is_told_when_it_has_arrived(till: Till, order: dict[str, Any]) -> None:
    till.pay(order)
    payment = Payment.objects.get()
    for status in ("pending", "succeeded", "pending", "something new"):
        refunds.record(payment.pk, [RefundFacts("re_1", status, 500, "INR", payment.payment_intent)])

    assert (Refund.objects.get().state, Payment.objects.get().refunded_minor) == ("succeeded", 500)


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_refused_twice_at_once_has_failed_once(till: Till, order: dict[str, Any], unthrottled: None) -> None:
    till.pay(order)
    row = Order.objects.get()
    till.emulator.faults(DOWN)
    refund = refunds.ask(STAFF, row.pk, None, "late", [Returned(row.items.get().pk, 2)])
    Payment.objects.update(payment_intent="pi_of_nobody")
    till.emulator.faults({"match": {"method": "POST", "path": "refunds"}, "times": -1, "do": {"delay_ms": 300}})

    at_once(2, lambda number: refunds.submit(refund.pk))

    assert Refund.objects.get().state == "failed"
    assert (row.items.get().refunded_quantity, row.events.filter(kind="refund_failed").count()) == (0, 1)


def test_a_run_that_only_looks_says_what_it_would_do(till: Till, order: dict[str, Any]) -> None:
    pass_time(60)
    assert sync(dry_run=True).said == [f"would repair: order {order['number']} is to be closed", "1 to repair, 0 need attention"]
    Payment.objects.update(session_id=None, state="created")

    assert "its payment was never begun" in sync(dry_run=True).said[0]
    assert status_of(order["number"])[0] == "pending"


def test_a_run_over_an_order_that_can_still_be_paid_leaves_it(till: Till, order: dict[str, Any]) -> None:
    assert sync(order=order["number"]).code == 0
    assert status_of(order["number"]) == ("pending", "reserved", "open")


def test_another_amount_needs_attention_once(till: Till, order: dict[str, Any]) -> None:
    till.emulator.pay(order["session_id"])
    till.emulator.wait()
    Payment.objects.update(amount_minor=3900)
    pass_time(3)

    first, second = sync(), sync()

    assert (first.code, first.complaints) == (2, [f"attention: order {order['number']}: amount_mismatch"] * 1)
    assert second.code == 0


def test_what_another_shop_of_the_account_sells_is_none_of_our_business(
    till: Till, order: dict[str, Any], settings: Settings
) -> None:
    till.emulator.pay(order["session_id"])
    till.emulator.wait()
    till.emulator.refund_charge(
        till.emulator.api("GET", "/v1/events?type=charge.succeeded").json["data"][0]["data"]["object"]["id"]
    )
    Payment.objects.all().delete()
    settings.SHOP_ID = "another.example"

    assert sync().code == 0


def test_a_refund_without_an_answer_is_asked_for_again(till: Till, order: dict[str, Any]) -> None:
    till.pay(order)
    till.emulator.faults(DOWN)
    refund = refunds.ask(STAFF, Order.objects.get().pk, None, "late")
    waiting = refund.state
    looked = [sync(dry_run=True).code, sync(dry_run=True, order=order["number"]).code]
    till.emulator.faults()

    ran = sync(order=order["number"])

    assert (waiting, looked, ran.code) == ("submitted", [1, 1], 1)
    assert f"repaired: refund {refund.pk} is succeeded now" in ran.said
    assert Payment.objects.get().refunded_minor == 4000


def test_a_refund_that_is_refused_needs_attention(till: Till, order: dict[str, Any]) -> None:
    till.pay(order)
    till.emulator.faults(DOWN)
    refund = refunds.ask(STAFF, Order.objects.get().pk, None, "late")
    till.emulator.faults()
    Payment.objects.update(payment_intent="pi_of_nobody")

    ran = sync(order=order["number"])

    assert (ran.code, ran.complaints) == (2, [f"attention: refund {refund.pk} is failed now"])
    assert Order.objects.get().attention == "refund_failed"


def test_events_are_kept_for_ninety_days(till: Till, order: dict[str, Any]) -> None:
    till.pay(order)
    said = StringIO()
    StripeEvent.objects.filter(type="charge.succeeded").update(processed_at=F("processed_at") - timedelta(days=91))

    call_command("clean_up", stdout=said)

    assert "1 payment events" in said.getvalue()
    assert StripeEvent.objects.count() == 3
