"""Staff refund money that was collected on delivery"""

from decimal import Decimal

import pytest

from accounts.tests.concurrency import run_concurrently
from accounts.tests.mails import send_pending_emails
from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders.exceptions import RefundTooLarge
from orders.models import Order, OrderItem, Payment, Refund
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.selectors import payment_status
from orders.tests.factories import customer, placed
from orders.tests.payments.paid_orders import get_stock
from products.tests.factories import make_product

STAFF = Actor(kind="staff")
D = Decimal


def create_delivered_order(units: int = 3) -> Order:
    """Return an order of lamps (20.00 each, of ten) that was delivered and paid for."""
    client = customer()
    add_to_cart(client, make_product("Lamp", sku="LAMP", stock=10), units)
    number = placed(client)["number"]
    minor = Payment.objects.get().amount_minor
    Payment.objects.update(state="succeeded", captured_minor=minor)
    Order.objects.update(status="delivered")
    send_pending_emails()
    return Order.objects.get(number=number)


def test_it_is_done_as_soon_as_staff_say_so(db: None) -> None:
    order = create_delivered_order()

    refund = refunds.request_refund(STAFF, order.pk, None, "broken")

    assert (refund.state, refund.amount, refund.amount_minor, refund.provider_id) == ("succeeded", D("60.00"), 6000, None)
    assert payment_status(order, list(order.payments.all())) == "refunded"
    assert [str(message.subject) for message in send_pending_emails()] == [f"Refund for your order {order.number}"]


def test_parts_add_up_to_what_was_collected(db: None) -> None:
    order = create_delivered_order()
    refunds.request_refund(STAFF, order.pk, D("59.99"), "")

    with pytest.raises(RefundTooLarge) as excinfo:
        refunds.request_refund(STAFF, order.pk, D("0.02"), "")
    assert excinfo.value.details == {"rest": "0.01"}
    refunds.request_refund(STAFF, order.pk, D("0.01"), "")

    assert (Refund.objects.count(), Payment.objects.get().refunded_minor) == (2, 6000)


@pytest.mark.parametrize("amount", ["0", "-1", "60.01"])
def test_nothing_less_than_nothing_and_too_much_are_refused(db: None, amount: str) -> None:
    order = create_delivered_order()

    with pytest.raises(RefundTooLarge):
        refunds.request_refund(STAFF, order.pk, D(amount), "")

    assert not Refund.objects.exists()


def test_what_was_not_collected_yet_cannot_be_given_back(db: None) -> None:
    order = create_delivered_order()
    Payment.objects.update(state="created", captured_minor=0)

    with pytest.raises(RefundTooLarge):
        refunds.request_refund(STAFF, order.pk, None, "")


def test_units_come_back_once(db: None) -> None:
    order = create_delivered_order()
    item = order.items.get().pk

    refunds.request_refund(STAFF, order.pk, D("20.00"), "", [RefundLine(item, 1, restock=True)])
    refunds.request_refund(STAFF, order.pk, D("40.00"), "", [RefundLine(item, 2)])
    with pytest.raises(RefundTooLarge):
        refunds.request_refund(STAFF, order.pk, D("0.01"), "", [RefundLine(item, 1, restock=True)])

    assert OrderItem.objects.values_list("refunded_quantity", "restocked_quantity").get() == (3, 1)
    assert get_stock() == (8, 0)


def test_the_mail_about_cash_does_not_speak_of_a_bank(db: None) -> None:
    order = create_delivered_order()

    refunds.request_refund(STAFF, order.pk, None, "")

    (message,) = send_pending_emails()
    assert "your bank" not in str(message.body)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_give_back_more_than_was_collected() -> None:
    order = create_delivered_order()

    def ask(_: int) -> str:
        try:
            return refunds.request_refund(STAFF, order.pk, D("40.00"), "").state
        except RefundTooLarge:
            return "too large"

    assert sorted(run_concurrently(3, ask)) == ["succeeded", "too large", "too large"]
    assert Payment.objects.get().refunded_minor == 4000
