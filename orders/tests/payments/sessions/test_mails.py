"""Emails about card orders, to the buyer and to the merchant"""

from decimal import Decimal

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from accounts.tests.mails import get_link, send_pending_emails
from carts.tests.factories import signed_in_client
from core.actors import Actor
from core.models import Job
from orders.fulfilment import cancellation
from orders.models import Order
from orders.payments import refunds
from orders.state import notifications
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import (
    REFUND_CALL,
    add_lamps,
    create_paid_order,
    create_pending_order,
    get_charge_id,
    make_staff_actor,
    resolve_alert,
    run_pending_jobs,
)
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
MERCHANT = "merchant@example.com"


def get_html(message: EmailMultiAlternatives) -> str:
    """Return the HTML part of an email."""
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return str(content)


def send_mails(to: str = "ada@example.com") -> list[str]:
    """Run the pending jobs and return the subjects of the new emails to this address."""
    return [str(message.subject) for message in send_pending_emails() if message.to == [to]]


def test_an_order_that_waits_for_its_payment_is_no_mail(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    create_pending_order(card_payments)

    assert send_pending_emails() == []


def test_a_paid_order_is_one_mail_to_the_buyer_as_text_and_html(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.pay(order)

    (message,) = send_pending_emails()

    assert (message.to, message.subject) == (["ada@example.com"], f"Your order {order['number']}")
    for part in (str(message.body), get_html(message)):
        assert f"Thank you. Your order {order['number']} is paid." in part
        assert "2 × Lamp: ₹40.00" in part
        assert "Total: ₹40.00" in part
        assert "Shipping" not in part
        assert "tax" not in part
    assert get_link(message) == (f"http://localhost:5173/orders/{order['number']}", {})
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_however_often_the_payment_is_reported_it_is_one_mail(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    assert card_payments.emulator.wait_for_deliveries()
    calls = card_payments.webhooks.pop_requests()
    client.get(f"/api/orders/verify-payment/?session_id={order['session_id']}")
    for call in calls * 2:
        card_payments.post_event(call.body, call.signature)

    messages = send_pending_emails()

    assert sorted(message.to[0] for message in messages) == ["ada@example.com", MERCHANT]
    assert send_pending_emails() == []


def test_shipping_and_tax_stand_in_the_mail_where_there_are_any(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (Decimal("49.50"), None)}, {"in": Decimal(18)}
    _, order = create_pending_order(card_payments)
    card_payments.pay(order)

    (message,) = send_pending_emails()

    for part in (str(message.body), get_html(message)):
        assert "Shipping: ₹49.50" in part
        assert "Total: ₹89.50 (including ₹13.65 tax)" in part


def test_a_guests_link_carries_the_token_in_its_fragment_alone(card_payments: CardPayments) -> None:
    guest = SchemaClient()
    add_lamps(guest)
    order = card_payments.place_order(guest)
    card_payments.pay(order)

    (message,) = send_pending_emails()

    page, fragment = get_link(message)
    assert (page, fragment) == (f"http://localhost:5173/orders/{order['number']}", {"token": order["order_token"]})
    for part in (str(message.body), get_html(message)):
        assert part.count(order["order_token"]) == part.count(f"{page}#token={order['order_token']}") > 0
    assert order["order_token"] not in str(message.message().items())


def test_a_claimed_orders_link_carries_no_token(card_payments: CardPayments) -> None:
    guest = SchemaClient()
    add_lamps(guest)
    order = card_payments.place_order(guest)
    user = customer("grace@example.com")
    user.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    card_payments.pay(order)

    (message,) = send_pending_emails()

    assert order["order_token"] not in str(message.body) + get_html(message)


def test_a_payment_that_does_not_come_through_is_one_mail(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.deliver_events()
    assert send_pending_emails() == []

    card_payments.emulator.async_fail(order["session_id"])
    card_payments.deliver_events()

    (message,) = send_pending_emails()
    assert (message.to, message.subject) == (["ada@example.com"], f"Your order {order['number']} was not paid")
    assert "Nothing was charged" in str(message.body)


def test_money_that_comes_later_is_the_mail_of_a_paid_order(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.emulator.async_succeed(order["session_id"])
    card_payments.deliver_events()

    assert send_mails() == [f"Your order {order['number']}"]


def test_each_refund_is_one_mail_that_says_how_much(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    clerk = make_staff_actor()
    send_pending_emails()

    for amount in ("10.00", "0.50"):
        refunds.request_refund(clerk, order.pk, Decimal(amount), "internal words")
    card_payments.deliver_events()

    messages = send_pending_emails()
    assert [str(message.subject) for message in messages] == [f"Refund for your order {order.number}"] * 2
    assert sorted("We have refunded ₹10.00" in str(message.body) for message in messages) == [False, True]
    assert sorted("We have refunded ₹0.50" in get_html(message) for message in messages) == [False, True]
    assert not [message for message in messages if "internal words" in str(message.body)]


def test_a_refused_refund_is_a_mail_to_the_merchant_and_not_to_the_buyer(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    order = create_paid_order(card_payments)
    send_pending_emails()
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})

    refunds.request_refund(make_staff_actor(), order.pk, None, "")

    (message,) = send_pending_emails()
    assert message.to == [MERCHANT]
    assert message.subject == f"Order {order.number} needs attention: refund_failed"
    assert "refund_failed" in get_html(message)


def test_a_refund_in_the_dashboard_is_a_mail_to_both(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    order = create_paid_order(card_payments)
    send_pending_emails()
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 500)
    card_payments.deliver_events()

    messages = send_pending_emails()

    assert sorted(message.to[0] for message in messages) == ["ada@example.com", MERCHANT]


def test_the_same_alert_raised_a_second_time_is_a_mail_too(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    for _ in range(2):
        card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})
        refunds.request_refund(clerk, order.pk, None, "")
        assert send_mails(MERCHANT)[-1] == f"Order {order.number} needs attention: refund_failed"
        resolve_alert(order, "refund_failed")


def test_a_cancelled_paid_order_is_a_mail_about_that_and_one_about_the_money(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    send_pending_emails()

    cancellation.cancel_order(make_staff_actor(), order.pk, "internal words", refund=True)

    messages = send_pending_emails()
    assert sorted(str(message.subject) for message in messages) == [
        f"Refund for your order {order.number}",
        f"Your order {order.number} was cancelled",
    ]
    assert not [message for message in messages if "internal words" in str(message.body)]
    (ended_order,) = [str(message.body) for message in messages if "was cancelled" in str(message.subject)]
    assert "You will be refunded. We will send you another e-mail when the refund is made." in ended_order


def test_a_cancellation_that_keeps_the_rest_promises_no_money(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late")
    send_pending_emails()

    cancellation.cancel_order(make_staff_actor(), order.pk, "internal words", refund=False)

    (message,) = send_pending_emails()
    assert message.subject == f"Your order {order.number} was cancelled"
    assert "You will be refunded" not in str(message.body)


def test_a_cancellation_mail_mentions_a_refund_that_is_still_on_its_way(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": {"status": 429}})
    refunds.request_refund(make_staff_actor(), order.pk, None, "late")

    cancellation.cancel_order(make_staff_actor(), order.pk, "internal words", refund=True)

    card_payments.emulator.set_faults()
    (message,) = [mail for mail in send_pending_emails() if "was cancelled" in str(mail.subject)]
    assert "You will be refunded. We will send you another e-mail when the refund is made." in str(message.body)


def test_money_back_for_a_part_does_not_read_as_if_it_were_all(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    send_pending_emails()

    refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late")

    (message,) = send_pending_emails()
    assert f"We have refunded ₹15.00 of your order {order.number}.\n" in str(message.body)
    assert "Total" not in str(message.body)


def test_what_was_paid_too_late_is_a_mail_when_it_has_gone_back(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    Order.objects.update(status="cancelled", stock_state="released")
    card_payments.pay(order)

    (message,) = send_pending_emails()
    assert message.subject == f"Refund for your order {order['number']}"
    assert "The order is closed and will not be shipped." in str(message.body)


def test_a_merchant_without_an_address_gets_no_mail(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = ""
    _, order = create_pending_order(card_payments)
    card_payments.pay(order)

    assert [message.to for message in send_pending_emails()] == [["ada@example.com"]]
    assert Job.objects.filter(kind=notifications.MERCHANT_EMAIL_JOB).count() == 0


def test_a_paid_order_is_one_mail_to_the_merchant_without_the_buyers_token(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    guest = SchemaClient()
    add_lamps(guest)
    order = card_payments.place_order(guest)
    card_payments.pay(order)

    (message,) = [mail for mail in send_pending_emails() if mail.to == [MERCHANT]]

    assert message.subject == f"New order {order['number']}"
    for part in (str(message.body), get_html(message)):
        assert "Ada Lovelace has placed an order." in part
        assert "2 × Lamp: ₹40.00" in part
        assert order["order_token"] not in part


def test_low_stock_is_a_mail_to_the_merchant(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    _, order = create_pending_order(card_payments, 2, stock=7)
    card_payments.pay(order)

    assert [subject for subject in send_mails(MERCHANT) if "running low" in subject]


def test_a_mail_queued_before_the_account_was_closed_is_not_sent(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    send_pending_emails()
    assert order.user is not None
    refunds.request_refund(Actor(kind="staff"), order.pk, None, "")
    Order.objects.update(status="delivered")
    signed_in_client(order.user).delete("/api/auth/me/", {"password": "a lamp on the hill"})

    run_pending_jobs()

    assert [message for message in send_pending_emails() if "Refund for" in str(message.subject)] == []
