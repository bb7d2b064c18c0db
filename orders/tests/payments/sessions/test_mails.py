"""Mails about orders by card, to the buyer and to the merchant"""

from decimal import Decimal

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from accounts.tests.mails import link, sent
from carts.tests.factories import signed_in
from core.actors import Actor
from core.models import Job
from orders.fulfilment import cancellation
from orders.models import Order
from orders.payments import refunds
from orders.state import notifications
from orders.tests.factories import customer
from orders.tests.payments.paid_orders import REFUNDING, bought, charge_of, do_owed_jobs, lamps, pending, staff, take_flag_away
from orders.tests.payments.till import Till
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
MERCHANT = "merchant@example.com"


def html(message: EmailMultiAlternatives) -> str:
    """Return the HTML part of a mail."""
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return str(content)


def subjects(to: str = "ada@example.com") -> list[str]:
    """Do the owed jobs and return the subjects of the new mails to this address."""
    return [str(message.subject) for message in sent() if message.to == [to]]


def test_an_order_that_waits_for_its_payment_is_no_mail(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    pending(till)

    assert sent() == []


def test_a_paid_order_is_one_mail_to_the_buyer_as_text_and_html(till: Till) -> None:
    _, order = pending(till)
    till.pay(order)

    (message,) = sent()

    assert (message.to, message.subject) == (["ada@example.com"], f"Your order {order['number']}")
    for part in (str(message.body), html(message)):
        assert f"Thank you: your order {order['number']} is paid." in part
        assert "2 × Lamp: 40.00 INR" in part
        assert "Total: 40.00 INR" in part
        assert "Shipping" not in part
        assert "tax" not in part
    assert link(message) == (f"http://localhost:5173/orders/{order['number']}", {})
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_however_often_the_payment_is_told_it_is_one_mail(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    client, order = pending(till)
    till.emulator.pay(order["session_id"])
    assert till.emulator.wait()
    calls = till.webhooks.taken()
    client.get(f"/api/orders/verify-payment/?session_id={order['session_id']}")
    for call in calls * 2:
        till.post(call.body, call.signature)

    found = sent()

    assert sorted(message.to[0] for message in found) == ["ada@example.com", MERCHANT]
    assert sent() == []


def test_shipping_and_tax_stand_in_the_mail_where_there_are_any(till: Till, settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (Decimal("49.50"), None)}, {"in": Decimal(18)}
    _, order = pending(till)
    till.pay(order)

    (message,) = sent()

    for part in (str(message.body), html(message)):
        assert "Shipping: 49.50 INR" in part
        assert "Total: 89.50 INR (including 13.65 INR tax)" in part


def test_a_guests_link_carries_the_token_in_its_fragment_alone(till: Till) -> None:
    guest = SchemaClient()
    lamps(guest)
    order = till.placed(guest)
    till.pay(order)

    (message,) = sent()

    page, fragment = link(message)
    assert (page, fragment) == (f"http://localhost:5173/orders/{order['number']}", {"token": order["order_token"]})
    for part in (str(message.body), html(message)):
        assert part.count(order["order_token"]) == part.count(f"{page}#token={order['order_token']}") > 0
    assert order["order_token"] not in str(message.message().items())


def test_a_claimed_orders_link_carries_no_token(till: Till) -> None:
    guest = SchemaClient()
    lamps(guest)
    order = till.placed(guest)
    user = customer("grace@example.com")
    user.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    till.pay(order)

    (message,) = sent()

    assert order["order_token"] not in str(message.body) + html(message)


def test_a_payment_that_does_not_come_through_is_one_mail(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    till.deliver()
    assert sent() == []

    till.emulator.async_fail(order["session_id"])
    till.deliver()

    (message,) = sent()
    assert (message.to, message.subject) == (["ada@example.com"], f"Your order {order['number']} was not paid")
    assert "Nothing was charged" in str(message.body)


def test_money_that_comes_later_is_the_mail_of_a_paid_order(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    till.emulator.async_succeed(order["session_id"])
    till.deliver()

    assert subjects() == [f"Your order {order['number']}"]


def test_each_refund_is_one_mail_that_says_how_much(till: Till) -> None:
    order = bought(till)
    clerk = staff()
    sent()

    for amount in ("10.00", "0.50"):
        refunds.ask(clerk, order.pk, Decimal(amount), "internal words")
    till.deliver()

    found = sent()
    assert [str(message.subject) for message in found] == [f"Money back for your order {order.number}"] * 2
    assert sorted("We have given back 10.00 INR" in str(message.body) for message in found) == [False, True]
    assert sorted("We have given back 0.50 INR" in html(message) for message in found) == [False, True]
    assert not [message for message in found if "internal words" in str(message.body)]


def test_a_refund_that_was_refused_is_told_to_the_merchant_and_not_to_the_buyer(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    order = bought(till)
    sent()
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})

    refunds.ask(staff(), order.pk, None, "")

    (message,) = sent()
    assert message.to == [MERCHANT]
    assert message.subject == f"Order {order.number} needs attention: refund_failed"
    assert "refund_failed" in html(message)


def test_a_refund_in_the_dashboard_is_told_to_both(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    order = bought(till)
    sent()
    till.emulator.refund_charge(charge_of(till, order), 500)
    till.deliver()

    found = sent()

    assert sorted(message.to[0] for message in found) == ["ada@example.com", MERCHANT]


def test_the_second_time_that_an_order_needs_the_same_attention_is_told_too(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    order, clerk = bought(till), staff()
    for _ in range(2):
        till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})
        refunds.ask(clerk, order.pk, None, "")
        assert subjects(MERCHANT)[-1] == f"Order {order.number} needs attention: refund_failed"
        take_flag_away(order, "refund_failed")


def test_a_cancelled_paid_order_is_a_mail_about_that_and_one_about_the_money(till: Till) -> None:
    order = bought(till)
    sent()

    cancellation.cancel(staff(), order.pk, "internal words", refund=True)

    found = sent()
    assert sorted(str(message.subject) for message in found) == [
        f"Money back for your order {order.number}",
        f"Your order {order.number} is cancelled",
    ]
    assert not [message for message in found if "internal words" in str(message.body)]
    (ended,) = [str(message.body) for message in found if "is cancelled" in str(message.subject)]
    assert "What you paid goes back to you; another mail says when." in ended


def test_a_cancellation_that_keeps_the_rest_promises_no_money(till: Till) -> None:
    order = bought(till)
    refunds.ask(staff(), order.pk, Decimal("15.00"), "late")
    sent()

    cancellation.cancel(staff(), order.pk, "internal words", refund=False)

    (message,) = sent()
    assert message.subject == f"Your order {order.number} is cancelled"
    assert "goes back to you" not in str(message.body)


def test_a_cancellation_tells_of_money_that_was_asked_for_before_and_is_not_back_yet(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": {"status": 429}})
    refunds.ask(staff(), order.pk, None, "late")

    cancellation.cancel(staff(), order.pk, "internal words", refund=True)

    till.emulator.faults()
    (message,) = [one for one in sent() if "is cancelled" in str(one.subject)]
    assert "What you paid goes back to you; another mail says when." in str(message.body)


def test_money_back_for_a_part_does_not_read_as_if_it_were_all(till: Till) -> None:
    order = bought(till)
    sent()

    refunds.ask(staff(), order.pk, Decimal("15.00"), "late")

    (message,) = sent()
    assert f"We have given back 15.00 INR of your order {order.number}.\n" in str(message.body)
    assert "Total" not in str(message.body)


def test_what_was_paid_too_late_is_a_mail_when_it_has_gone_back(till: Till) -> None:
    _, order = pending(till)
    Order.objects.update(status="cancelled", stock_state="released")
    till.pay(order)

    (message,) = sent()
    assert message.subject == f"Money back for your order {order['number']}"
    assert "The order has ended and will not be sent." in str(message.body)


def test_a_merchant_without_an_address_is_told_nothing(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = ""
    _, order = pending(till)
    till.pay(order)

    assert [message.to for message in sent()] == [["ada@example.com"]]
    assert Job.objects.filter(kind=notifications.MERCHANT).count() == 0


def test_the_merchant_is_told_of_a_paid_order_once_without_the_buyers_token(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    guest = SchemaClient()
    lamps(guest)
    order = till.placed(guest)
    till.pay(order)

    (message,) = [one for one in sent() if one.to == [MERCHANT]]

    assert message.subject == f"New order {order['number']}"
    for part in (str(message.body), html(message)):
        assert "Ada Lovelace has ordered." in part
        assert "2 × Lamp: 40.00 INR" in part
        assert order["order_token"] not in part


def test_the_merchant_is_told_of_low_stock(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = MERCHANT
    _, order = pending(till, 2, stock=7)
    till.pay(order)

    assert [subject for subject in subjects(MERCHANT) if "running low" in subject]


def test_a_mail_that_was_owed_before_the_account_was_closed_is_not_sent(till: Till) -> None:
    order = bought(till)
    sent()
    assert order.user is not None
    refunds.ask(Actor(kind="staff"), order.pk, None, "")
    Order.objects.update(status="delivered")
    signed_in(order.user).delete("/api/auth/me/", {"password": "a lamp on the hill"})

    do_owed_jobs()

    assert [message for message in sent() if "Money back" in str(message.subject)] == []
