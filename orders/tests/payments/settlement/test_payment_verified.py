"""GET /api/orders/verify-payment/: an order is verified that is paid and will be, or was, sent; whatever goes back of it later"""

from decimal import Decimal
from typing import Any

import pytest

from orders.fulfilment import cancellation
from orders.models import Order, Payment
from orders.payments import refunds, sessions, settlement
from orders.tests.factories import customer, placed
from orders.tests.payments.invariants import came, check_books, give, verify_url
from orders.tests.payments.paid_orders import do_owed_jobs, pending, staff
from orders.tests.payments.till import Till
from products.models import Variant
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def verified(client: SchemaClient, order: dict[str, Any]) -> tuple[bool, str, str]:
    """Return what the buyer's page is told: whether it is verified, the order's status, and that of its payment."""
    told = client.get(verify_url(order)).json()["data"]
    return told["payment_verified"], told["order_status"], told["order"]["payment_status"]


def buy_all() -> None:
    """Let somebody else buy what is on the shelf."""
    other = customer("grace@example.com")
    variant = Variant.objects.get()
    other.post("/api/cart/add/", {"product_id": variant.product_id, "quantity": variant.stock - variant.reserved})
    placed(other)


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_money_for_an_order_that_is_over_verifies_nothing(till: Till, status: str) -> None:
    client, order = pending(till)
    till.emulator.pay(order["session_id"])
    events = came(till)
    payment = Payment.objects.get()
    if status == "cancelled":
        Order.objects.update(cancel_reason="changed my mind")
    settlement.apply_session(payment.pk, sessions._expired(payment))
    buy_all()
    before = verified(client, order)

    assert set(give(till, *events.values())) == {200}

    assert before == (False, status, "unpaid")
    assert verified(client, order) == (False, status, "paid")
    do_owed_jobs()
    assert verified(client, order) == (False, status, "refunded")


@pytest.mark.parametrize(("amount", "payment_status"), [(Decimal("15.00"), "partially_refunded"), (None, "refunded")])
def test_what_goes_back_later_leaves_it_verified(till: Till, amount: Decimal | None, payment_status: str) -> None:
    client, order = pending(till)
    assert set(till.pay(order)) == {200}
    assert verified(client, order) == (True, "processing", "paid")

    refunds.ask(staff(), order["id"], amount, "late")

    assert verified(client, order) == (True, "processing", payment_status)
    till.deliver()
    check_books(till)


def test_a_paid_order_that_staff_cancel_is_verified_no_more(till: Till) -> None:
    client, order = pending(till)
    assert set(till.pay(order)) == {200}

    cancellation.cancel(staff(), order["id"], "no lamps left", refund=False)

    assert verified(client, order) == (False, "cancelled", "paid")


def test_an_order_that_waits_is_not_verified(till: Till) -> None:
    client, order = pending(till)

    assert verified(client, order) == (False, "pending", "unpaid")
    till.emulator.pay_later(order["session_id"])
    assert verified(client, order) == (False, "pending", "processing")
