"""GET /api/orders/verify-payment/: an order is verified if it is paid and will be, or was, sent, whatever is refunded later"""

from decimal import Decimal
from typing import Any

import pytest

from orders.fulfilment import cancellation
from orders.models import Order, Payment
from orders.payments import refunds, sessions, settlement
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import check_invariants, get_verify_url, post_events, take_events
from orders.tests.payments.paid_orders import create_pending_order, make_staff_actor, run_pending_jobs
from products.models import Variant
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def get_verification(client: SchemaClient, order: dict[str, Any]) -> tuple[bool, str, str]:
    """Return what the buyer's page gets: whether the order is verified, its status and its payment status."""
    data = client.get(get_verify_url(order)).json()["data"]
    return data["payment_verified"], data["order_status"], data["order"]["payment_status"]


def buy_all() -> None:
    """Sell the remaining stock to another buyer."""
    other = customer("grace@example.com")
    variant = Variant.objects.get()
    other.post("/api/cart/add/", {"product_id": variant.product_id, "quantity": variant.stock - variant.reserved})
    placed(other)


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_money_for_an_order_that_is_over_verifies_nothing(card_payments: CardPayments, status: str) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    events = take_events(card_payments)
    payment = Payment.objects.get()
    if status == "cancelled":
        Order.objects.update(cancel_reason="changed my mind")
    settlement.apply_session(payment.pk, sessions._expired_session(payment))
    buy_all()
    before = get_verification(client, order)

    assert set(post_events(card_payments, *events.values())) == {200}

    assert before == (False, status, "unpaid")
    assert get_verification(client, order) == (False, status, "paid")
    run_pending_jobs()
    assert get_verification(client, order) == (False, status, "refunded")


@pytest.mark.parametrize(("amount", "payment_status"), [(Decimal("15.00"), "partially_refunded"), (None, "refunded")])
def test_what_goes_back_later_leaves_it_verified(card_payments: CardPayments, amount: Decimal | None, payment_status: str) -> None:
    client, order = create_pending_order(card_payments)
    assert set(card_payments.pay(order)) == {200}
    assert get_verification(client, order) == (True, "processing", "paid")

    refunds.request_refund(make_staff_actor(), order["id"], amount, "late")

    assert get_verification(client, order) == (True, "processing", payment_status)
    card_payments.deliver_events()
    check_invariants(card_payments)


def test_a_paid_order_that_staff_cancel_is_verified_no_more(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    assert set(card_payments.pay(order)) == {200}

    cancellation.cancel_order(make_staff_actor(), order["id"], "no lamps left", refund=False)

    assert get_verification(client, order) == (False, "cancelled", "paid")


def test_an_order_that_waits_is_not_verified(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)

    assert get_verification(client, order) == (False, "pending", "unpaid")
    card_payments.emulator.pay_later(order["session_id"])
    assert get_verification(client, order) == (False, "pending", "processing")
