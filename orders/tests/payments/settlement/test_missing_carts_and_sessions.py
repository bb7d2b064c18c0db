"""Rare payment cases: deleted carts and sessions, updates for closed orders, crossing responses"""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.concurrency import run_concurrently
from carts.models import Cart
from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment import shipping
from orders.models import Order, OrderItem, Payment, Refund, StripeEvent
from orders.payments import disputes, refunds, sessions, settlement
from orders.payments.provider_state import ProviderDispute, ProviderRefund, ProviderSession
from orders.payments.refund_lines import RefundLine
from orders.state import alerts
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.reconciliation.test_sync_payments import pass_time, run_sync
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
STAFF = Actor(kind="staff")
REFUND_UNAVAILABLE = {"match": {"method": "POST", "path": "refunds"}, "times": -1, "do": {"status": 503}}


def make_provider_session(order: dict[str, Any], status: str, payment_status: str, **more: Any) -> ProviderSession:
    """Return a possible provider state of an order's session."""
    return ProviderSession(order["session_id"], status, payment_status, 4000, "INR", None, **more)


def test_an_order_whose_cart_is_gone_is_paid_all_the_same(card_payments: CardPayments, order: dict[str, Any]) -> None:
    Cart.objects.all().delete()

    assert card_payments.pay(order)[-1] == 200

    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")


def test_a_session_that_the_provider_has_forgotten_is_as_good_as_expired(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    card_payments.emulator.reset()

    assert client.post(f"/api/orders/{order['number']}/cancel/").status_code == 200

    assert get_statuses(order["number"]) == ("cancelled", "released", "cancelled")


def test_a_payment_whose_session_is_known_is_not_abandoned(card_payments: CardPayments, order: dict[str, Any]) -> None:
    sessions.abandon_payment(Payment.objects.get().pk)

    assert get_statuses(order["number"]) == ("pending", "reserved", "open")


def test_an_order_without_a_payment_that_could_be_made_is_shown_as_it_is(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    Payment.objects.update(state="failed")

    order_data = client.post(f"/api/orders/{order['number']}/pay/").json()["data"]

    assert (order_data["status"], order_data["payment_status"], "checkout_url" in order_data) == ("pending", "failed", False)


@pytest.mark.parametrize(("status", "has_failed", "state"), [("complete", False, "processing"), ("complete", True, "failed")])
def test_provider_state_of_a_closed_order_changes_only_its_payment(
    card_payments: CardPayments, order: dict[str, Any], status: str, has_failed: bool, state: str
) -> None:
    card_payments.emulator.advance_clock(3600)
    card_payments.deliver_events()
    Payment.objects.update(state="open")

    settlement.apply_session(Payment.objects.get().pk, make_provider_session(order, status, "unpaid", has_failed=has_failed))

    assert get_statuses(order["number"]) == ("expired", "released", state)
    assert get_stock() == (5, 0)


def get_stock() -> tuple[int, int]:
    """Return the lamps on hand and the lamps reserved."""
    item = OrderItem.objects.select_related("variant").first()
    assert item is not None
    assert item.variant is not None
    return item.variant.stock, item.variant.reserved


def test_there_is_nothing_to_decide_and_no_alert_to_resolve(card_payments: CardPayments, order: dict[str, Any]) -> None:
    row = Order.objects.get()
    alerts.resolve_seen(STAFF, row.pk, "dispute", 0)

    with pytest.raises(InvalidTransition):
        settlement.resolve_amount_mismatch(STAFF, row.pk, accept=True)
    assert Order.objects.get().version == row.version


def test_a_card_order_is_delivered_without_being_paid_once_more(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.pay(order)
    row = Order.objects.get()
    shipping.ship_order(STAFF, row.pk)

    shipping.deliver_order(STAFF, row.pk)

    assert (Order.objects.get().status, Payment.objects.get().captured_minor) == ("delivered", 4000)
    assert Order.objects.get().paid_at == row.paid_at


def test_a_dispute_over_what_was_given_back_already_takes_nothing_more(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.pay(order)
    refunds.request_refund(STAFF, Order.objects.get().pk, None, "late")

    disputes.record_dispute(Payment.objects.get().pk, ProviderDispute("du_1", "lost", 4000, "INR", "fraudulent", timezone.now()))

    assert (Refund.objects.count(), Payment.objects.get().refunded_minor) == (1, 4000)


def test_a_refund_on_its_way_counts_and_is_mailed_when_it_arrives(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.pay(order)
    payment = Payment.objects.get()
    for status in ("pending", "succeeded", "pending", "something new"):
        refunds.record_refunds(payment.pk, [ProviderRefund("re_1", status, 500, "INR", payment.payment_intent)])

    assert (Refund.objects.get().state, Payment.objects.get().refunded_minor) == ("succeeded", 500)


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_refused_twice_at_once_has_failed_once(
    card_payments: CardPayments, order: dict[str, Any], unthrottled: None
) -> None:
    card_payments.pay(order)
    row = Order.objects.get()
    card_payments.emulator.set_faults(REFUND_UNAVAILABLE)
    refund = refunds.request_refund(STAFF, row.pk, None, "late", [RefundLine(row.items.get().pk, 2)])
    Payment.objects.update(payment_intent="pi_of_nobody")
    card_payments.emulator.set_faults({"match": {"method": "POST", "path": "refunds"}, "times": -1, "do": {"delay_ms": 300}})

    run_concurrently(2, lambda number: refunds.submit_refund(refund.pk))

    assert Refund.objects.get().state == "failed"
    assert (row.items.get().refunded_quantity, row.events.filter(kind="refund_failed").count()) == (0, 1)


def test_a_dry_run_reports_what_it_would_do(card_payments: CardPayments, order: dict[str, Any]) -> None:
    pass_time(60)
    assert run_sync(dry_run=True).output == [
        f"would repair: order {order['number']} is to be closed",
        "1 to repair, 0 need attention",
    ]
    Payment.objects.update(session_id=None, state="created")

    assert "it had no checkout session" in run_sync(dry_run=True).output[0]
    assert get_statuses(order["number"])[0] == "pending"


def test_a_run_over_an_order_that_can_still_be_paid_leaves_it(card_payments: CardPayments, order: dict[str, Any]) -> None:
    assert run_sync(order=order["number"]).code == 0
    assert get_statuses(order["number"]) == ("pending", "reserved", "open")


def test_another_amount_needs_attention_once(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.emulator.pay(order["session_id"])
    card_payments.emulator.wait_for_deliveries()
    Payment.objects.update(amount_minor=3900)
    pass_time(3)

    first, second = run_sync(), run_sync()

    assert (first.code, first.errors) == (2, [f"attention: order {order['number']}: amount_mismatch"] * 1)
    assert second.code == 0


def test_what_another_shop_of_the_account_sells_is_none_of_our_business(
    card_payments: CardPayments, order: dict[str, Any], settings: Settings
) -> None:
    card_payments.emulator.pay(order["session_id"])
    card_payments.emulator.wait_for_deliveries()
    card_payments.emulator.refund_charge(
        card_payments.emulator.api("GET", "/v1/events?type=charge.succeeded").json["data"][0]["data"]["object"]["id"]
    )
    Payment.objects.all().delete()
    settings.SHOP_ID = "another.example"

    assert run_sync().code == 0


def test_a_refund_without_an_answer_is_asked_for_again(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.pay(order)
    card_payments.emulator.set_faults(REFUND_UNAVAILABLE)
    refund = refunds.request_refund(STAFF, Order.objects.get().pk, None, "late")
    waiting = refund.state
    looked = [run_sync(dry_run=True).code, run_sync(dry_run=True, order=order["number"]).code]
    card_payments.emulator.set_faults()

    result = run_sync(order=order["number"])

    assert (waiting, looked, result.code) == ("submitted", [1, 1], 1)
    assert f"repaired: refund {refund.pk} is succeeded now" in result.output
    assert Payment.objects.get().refunded_minor == 4000


def test_a_refund_that_is_refused_needs_attention(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.pay(order)
    card_payments.emulator.set_faults(REFUND_UNAVAILABLE)
    refund = refunds.request_refund(STAFF, Order.objects.get().pk, None, "late")
    card_payments.emulator.set_faults()
    Payment.objects.update(payment_intent="pi_of_nobody")

    result = run_sync(order=order["number"])

    assert (result.code, result.errors) == (2, [f"attention: refund {refund.pk} is failed now"])
    assert Order.objects.get().attention == "refund_failed"


def test_events_are_kept_for_ninety_days(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.pay(order)
    output = StringIO()
    StripeEvent.objects.filter(type="charge.succeeded").update(processed_at=F("processed_at") - timedelta(days=91))

    call_command("clean_up", stdout=output)

    assert "1 payment events" in output.getvalue()
    assert StripeEvent.objects.count() == 3
