"""E-mails about parcels"""

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from accounts.tests.mails import send_pending_emails
from core.models import Job
from orders.carriers import links
from orders.fulfilment import cancellation, resending, shipping
from orders.fulfilment.parcels import outcomes, sending
from orders.models import Order
from orders.state import notifications
from orders.tests.parcels.parcels import STAFF, make_cash_order, pack, send
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order

pytestmark = pytest.mark.django_db


def start(units: int = 3) -> Order:
    """Return a Cash on Delivery order whose confirmation is sent."""
    order = make_cash_order(units)
    send_pending_emails()
    return order


def get_email() -> EmailMultiAlternatives:
    """Send the pending e-mails, and return the only one."""
    (message,) = send_pending_emails()
    assert message.to == ["ada@example.com"]
    return message


def test_the_whole_order_is_sent_with_carrier_number_and_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "get_tracking_url", lambda carrier, number: f"https://post.example/{number}")
    order = start()

    shipping.ship_order(STAFF, order.pk, carrier="Post", tracking_number="4410")

    message = get_email()
    assert message.subject == f"Your order {order.number} is on its way"
    assert f"We have shipped your order {order.number}. Please have ₹70.00 ready when it arrives." in str(message.body)
    assert "Carrier: Post\nTracking number: 4410\nFollow it at https://post.example/4410\n" in str(message.body)
    assert "Total: ₹70.00" in str(message.body)


def test_a_part_is_sent_with_its_units_and_its_cash_and_then_the_rest() -> None:
    order = start()

    send(order, lamp=2)
    first = get_email()
    send(order)
    second = get_email()

    assert first.subject == second.subject == f"A part of your order {order.number} is on its way"
    assert f"We have shipped a part of your order {order.number}. The rest follows.\n" in str(first.body)
    assert "Please have ₹40.00 ready when it arrives." in str(first.body)
    assert f"2 × Lamp\n\nCarrier: Post\nTracking number: {order.number}-1\n" in str(first.body)
    assert "Chair" not in str(first.body)
    assert "rest follows" not in str(second.body)
    assert "1 × Lamp\n1 × Chair\n" in str(second.body)
    assert "Please have ₹30.00 ready when it arrives." in str(second.body)
    assert "Total" not in str(first.body) + str(second.body)


def test_a_parcel_without_carrier_says_nothing_of_one() -> None:
    order = start()

    sending.ship_parcel(STAFF, pack(order).pk)

    body = str(get_email().body)
    assert "Carrier" not in body
    assert "Tracking" not in body


def test_a_paid_order_asks_for_no_cash(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    send_pending_emails()

    send(order, lamp=1)

    body = str(get_email().body)
    assert f"We have shipped a part of your order {order.number}. The rest follows.\n" in body
    assert "ready when it arrives" not in body


def test_a_mail_that_was_enqueued_before_there_were_parcels_is_sent() -> None:
    order = start()
    shipping.ship_order(STAFF, order.pk, carrier="Post", tracking_number="4410")
    Job.objects.filter(done_at=None).update(payload={"order": order.pk, "kind": "shipped"})

    message = get_email()

    assert message.subject == f"Your order {order.number} is on its way"
    assert f"We have shipped your order {order.number}.\n" in str(message.body)
    assert "Total: ₹70.00" in str(message.body)


def test_the_first_failure_of_a_parcel_is_one_mail() -> None:
    order = start()
    shipment = send(order)
    send_pending_emails()

    outcomes.fail_parcel(STAFF, shipment.pk, "nobody at home")
    message = get_email()
    outcomes.try_again(STAFF, shipment.pk)
    outcomes.fail_parcel(STAFF, shipment.pk)

    assert message.subject == f"Your order {order.number} could not be delivered"
    assert "They will try again, or get in touch with you." in str(message.body)
    assert "3 × Lamp\n1 × Chair\n\nCarrier: Post" in str(message.body)
    assert "nobody" not in str(message.body)
    assert send_pending_emails() == []


@pytest.mark.parametrize("outcome", ["delivered", "returned"])
def test_of_a_failure_nothing_is_said_once_the_parcel_has_arrived_or_is_back(outcome: str) -> None:
    order = start()
    shipment = send(order)
    send_pending_emails()
    outcomes.fail_parcel(STAFF, shipment.pk)

    if outcome == "delivered":
        outcomes.deliver_parcel(STAFF, shipment.pk)
    else:
        outcomes.receive_parcel(STAFF, shipment.pk)

    assert send_pending_emails() == []


def test_a_paid_parcel_that_comes_back_is_one_mail_to_each(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = "merchant@example.com"
    order = create_paid_order(card_payments)
    shipment = send(order)
    send_pending_emails()

    outcomes.receive_parcel(STAFF, shipment.pk)

    messages = {message.to[0]: message for message in send_pending_emails()}
    assert set(messages) == {"ada@example.com", "merchant@example.com"}
    assert messages["ada@example.com"].subject == f"A parcel of your order {order.number} came back to us"
    assert "about a refund, or about sending it again" in str(messages["ada@example.com"].body)
    assert messages["merchant@example.com"].subject == f"Order {order.number} needs attention: parcel_returned"


def test_a_refused_parcel_that_is_not_paid_is_none() -> None:
    shipment = send(start())
    send_pending_emails()

    outcomes.receive_parcel(STAFF, shipment.pk)

    assert send_pending_emails() == []


def test_the_rest_is_cancelled_without_money() -> None:
    order = start()
    send(order, lamp=1)
    send_pending_emails()

    cancellation.cancel_order(STAFF, order.pk, "this buyer is difficult")

    message = get_email()
    assert message.subject == f"The rest of your order {order.number} was cancelled"
    assert "There is nothing to pay for it." in str(message.body)
    assert "2 × Lamp\n1 × Chair\n" in str(message.body)
    assert "difficult" not in str(message.body)


def test_the_rest_of_a_paid_order_is_cancelled_and_refunded(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    send(order, lamp=1)
    send_pending_emails()

    cancellation.cancel_order(STAFF, order.pk, "none left")

    message = next(message for message in send_pending_emails() if "rest" in message.subject)
    assert "You will be refunded for it." in str(message.body)
    assert "1 × Lamp\n" in str(message.body)


@pytest.mark.parametrize(("code", "expected"), [("parcel_lost", "parcel_lost"), ("cod_short", "cod_short")])
def test_the_merchant_hears_of_lost_parcels_and_short_cash(
    card_payments: CardPayments, settings: Settings, code: str, expected: str
) -> None:
    order = start() if code == "cod_short" else create_paid_order(card_payments)
    shipment = send(order)
    send_pending_emails()
    settings.SHOP_EMAIL = "merchant@example.com"

    if code == "cod_short":
        outcomes.deliver_parcel(STAFF, shipment.pk, collected=6500)
    else:
        outcomes.lose_parcel(STAFF, shipment.pk)

    (message,) = send_pending_emails()
    assert message.to == ["merchant@example.com"]
    assert message.subject == f"Order {order.number} needs attention: {expected}"


def test_staff_see_what_each_mail_was_about() -> None:
    order = start()
    shipment = send(order, lamp=1)
    outcomes.fail_parcel(STAFF, shipment.pk)
    cancellation.cancel_order(STAFF, order.pk, "none left")

    titles = [resending.get_title(order, job) for job in resending.list_emails(order)]

    assert titles == [
        "Rest of an order cancelled, nothing to refund",
        "Delivery failed",
        "Part of an order shipped",
        "Order placed, Cash on Delivery",
    ]


def test_a_mail_about_another_parcel_is_another_mail() -> None:
    order = start()
    send(order, lamp=1)
    send(order, lamp=1)
    send(order)

    assert Job.objects.filter(kind=notifications.CUSTOMER_EMAIL_JOB, done_at=None).count() == 3
