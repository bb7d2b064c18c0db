"""Calls of the shop that cross each other, and what must not be lost, forgotten or done twice by them"""

import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import F
from pytest_django import Settings

from accounts.tests.crowd import at_once
from accounts.tests.factories import PASSWORD, access_token, make_user
from carts.tests.factories import add, signed_in
from core import outbox
from orders.exceptions import InvalidTransition, PaymentSetupFailed
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, OrderItem, Payment, Refund, StripeEvent
from orders.payments import sessions, settlement, stripe_gateway
from orders.payments.provider_state import SessionFacts
from orders.tests.factories import books, customer
from orders.tests.payments.invariants import altered, came, check_books, give, kinds, mails
from orders.tests.payments.paid_orders import DOWN, do_owed_jobs, given_back, lamps, pending, refunds_of, staff, stock_of
from orders.tests.payments.reconciliation.test_sync_payments import pass_time, sync
from orders.tests.payments.till import Till, status_of
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
CLOSING = {"method": "POST", "path": "expire$"}


def refuse_after(monkeypatch: pytest.MonkeyPatch, till: Till, *, is_paid: bool) -> None:
    """Let the page be refused to a request after another one has opened it: a second call under one key is a matter of chance."""
    real = stripe_gateway.open_session

    def refused(order: Order, items: list[OrderItem], payment: Payment) -> SessionFacts:
        facts = real(order, items, payment)
        sessions.store_session(payment.pk, facts)
        if is_paid:
            till.emulator.pay(facts.id)
            assert set(till.deliver()) == {200}
        raise PaymentSetupFailed

    monkeypatch.setattr(stripe_gateway, "open_session", refused)


@pytest.mark.django_db
@pytest.mark.parametrize("is_paid", [False, True])
def test_what_is_refused_to_one_request_is_not_taken_from_another(
    till: Till, monkeypatch: pytest.MonkeyPatch, is_paid: bool
) -> None:
    client = customer()
    lamps(client)
    refuse_after(monkeypatch, till, is_paid=is_paid)

    response = till.order(client)

    shown = response.json()["data"]
    assert (response.status_code, shown["status"]) == (201, "processing" if is_paid else "pending")
    assert ("checkout_url" in shown) is not is_paid
    expected = ("processing", "committed", "succeeded") if is_paid else ("pending", "reserved", "open")
    assert (status_of(shown["number"]), stock_of()) == (expected, (8, 0) if is_paid else (10, 2))
    outbox.run_due()
    assert till.emulator.ledger()[0]["status"] == ("complete" if is_paid else "open")
    check_books(till)


@pytest.mark.django_db
def test_what_is_paid_for_an_order_whose_account_was_closed_goes_back(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay(order["session_id"])
    done = came(till)[COMPLETED]
    give(till, altered(done[0], EXPIRED, status="expired", payment_status="unpaid"))
    assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200

    assert give(till, done) == [200]

    row = Order.objects.get()
    assert (row.status, row.address, row.attention, stock_of()) == ("expired", {}, "late_payment", (10, 0))
    assert refunds_of(row) == [(4000, "requested", "auto")]
    do_owed_jobs()
    assert (given_back(till), mails("paid")) == ([4000], 0)
    till.deliver()
    check_books(till)


@pytest.mark.django_db
def test_an_order_that_cannot_be_settled_does_not_end_the_run(till: Till) -> None:
    _, first = pending(till)
    other = customer("grace@example.com")
    add(other, make_product("Mug", sku="MUG"))
    second = till.placed(other)
    for order in (first, second):
        till.emulator.pay(order["session_id"])
    came(till)
    Variant.objects.filter(sku="LAMP").update(reserved=0)  # which can be no more than a mistake in the database
    pass_time(3)

    ran = sync()

    assert ran.code == 2
    assert [line for line in ran.complaints if line.startswith(f"attention: order {first['number']}: ")]
    assert status_of(first["number"]) == ("pending", "reserved", "open")
    assert status_of(second["number"]) == ("processing", "committed", "succeeded")


@pytest.mark.django_db
def test_money_that_is_overdue_is_told_to_the_merchant_once_and_holds_its_stock(till: Till, settings: Settings) -> None:
    settings.SHOP_EMAIL = "owner@shop.example"
    _, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    assert set(till.deliver()) == {200}
    pass_time(8 * 24 * 60)
    before = books()
    looked = sync(dry_run=True).code
    assert (looked, books()) == (2, before)

    ran = [sync(), sync()]

    complaint = f"attention: order {order['number']}: its money was to come later, and has not"
    assert [(one.code, one.complaints) for one in ran] == [(2, [complaint])] * 2
    assert (Order.objects.get().attention, kinds(order["number"]).count("payment_overdue")) == ("payment_overdue", 1)
    assert (status_of(order["number"]), stock_of()) == (("pending", "reserved", "processing"), (10, 2))


@pytest.mark.django_db
def test_money_that_is_on_its_way_is_asked_about_however_old_its_payment_is(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    assert set(till.deliver()) == {200}
    Payment.objects.update(created_at=F("created_at") - timedelta(days=4))
    till.emulator.async_succeed(order["session_id"])
    came(till)
    till.emulator.faults({"match": {"method": "GET", "path": "sessions$"}, "times": -1, "do": {"tamper": {"data": []}}})

    ran = sync()

    assert ran.said[0] == f"repaired: order {order['number']} is processing now"
    assert (ran.code, stock_of()) == (1, (8, 0))
    check_books(till)


@pytest.mark.django_db
def test_a_page_that_is_stored_again_holds_the_stock_no_longer(till: Till) -> None:
    pending(till)
    payment, until = Payment.objects.get(), Order.objects.get().reserved_until

    for _ in range(3):
        sessions.store_session(payment.pk, sessions.facts_of(payment))

    assert Order.objects.get().reserved_until == until
    assert payment.expires_at is not None
    assert until == payment.expires_at + sessions.AFTER_SESSION


@pytest.mark.django_db
def test_an_event_that_was_nobodys_is_looked_at_again_by_its_name(till: Till, settings: Settings) -> None:
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]
    Payment.objects.update(session_id=None, state="created")
    name, settings.SHOP_ID = settings.SHOP_ID, "another"
    assert give(till, event) == [200]
    settings.SHOP_ID = name
    said = StringIO()

    call_command("replay_events", stdout=said)
    call_command("replay_events", id=StripeEvent.objects.get(status="ignored").event_id, stdout=said)

    assert said.getvalue().splitlines() == ["0 done, 0 failed", "1 done, 0 failed"]
    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    assert StripeEvent.objects.get().status == "done"
    check_books(till)


@pytest.mark.django_db
def test_an_event_that_waits_too_long_for_a_lock_is_sent_again_and_taken_then(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]

    def locked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "orders_payment"'):
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(locked):
        answer = till.post(*event)

    kept = StripeEvent.objects.get()
    assert (answer.status_code, kept.status, kept.tries, kept.last_error) == (503, "received", 0, "")
    assert (status_of(order["number"]), answer.headers["Retry-After"]) == (("pending", "reserved", "open"), "2")
    assert give(till, event) == [200]
    assert (status_of(order["number"])[0], StripeEvent.objects.get().status) == ("processing", "done")
    check_books(till)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403])
def test_a_cancellation_that_the_provider_refuses_takes_its_wish_back(till: Till, status: int) -> None:
    client, order = pending(till)
    till.emulator.faults({"match": CLOSING, "do": {"status": status}})

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (502, "payment_setup_failed")
    assert response.json()["message"] == "The payment provider refused this. The shop has to look at it"
    assert (Order.objects.get().cancel_reason, status_of(order["number"])) == ("", ("pending", "reserved", "open"))
    till.emulator.clock(3600)
    assert set(till.deliver()) == {200}
    assert status_of(order["number"]) == ("expired", "released", "expired")
    check_books(till)


@pytest.mark.django_db
def test_a_cancellation_that_fails_does_not_take_back_the_wish_of_another(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    client, order = pending(till)
    url = f"/api/orders/{order['number']}/cancel/"
    real = stripe_gateway.expire_session
    others: list[int] = []

    def slow(session: str) -> SessionFacts:
        if not others:  # another tab cancels while this one waits for the provider, and gets no answer
            others.append(0)
            till.emulator.faults({"match": CLOSING, "do": DOWN})
            others[0] = client.post(url, {"reason": "the other tab"}).status_code
        return real(session)

    monkeypatch.setattr(stripe_gateway, "expire_session", slow)

    response = client.post(url, {"reason": "this tab"})

    assert (others, response.status_code, response.json()["data"]["status"]) == ([503], 200, "cancelled")
    assert (Order.objects.get().cancel_reason, kinds(order["number"]).count("cancel_requested")) == ("this tab", 1)
    check_books()


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_that_fails_leaves_that_of_another_who_asked_later(till: Till) -> None:
    user = make_user()
    client, token = signed_in(user), access_token(user)
    lamps(client)
    order = till.placed(client)
    till.emulator.faults({"match": CLOSING, "do": {"delay_ms": 300, "status": 429}}, {"match": CLOSING, "do": {"delay_ms": 900}})

    def cancel(number: int) -> int:
        while number and not Order.objects.get().cancel_reason:
            time.sleep(0.01)
        status: int = SchemaClient().bearer(token).post(f"/api/orders/{order['number']}/cancel/").status_code
        return status

    assert at_once(2, cancel) == [503, 200]
    assert Order.objects.get().status == "cancelled"


@pytest.mark.django_db
def test_what_expires_in_the_moment_in_which_it_is_cancelled_has_expired_and_is_not_called_cancelled(till: Till) -> None:
    _, order = pending(till)
    payment = Payment.objects.get()
    done: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # The event comes when the order has been read, and before it is locked.
        found = execute(sql, params, many, context)
        if not done and sql.startswith("SELECT") and 'FROM "orders_order"' in sql:
            done.append("")
            done[0] = settlement.apply_session(payment.pk, sessions._expired(payment)).status
        return found

    boss = staff()
    with connection.execute_wrapper(meanwhile), pytest.raises(InvalidTransition) as refused:
        cancellation.cancel(boss, order["id"], "no lamps left")

    assert (done, refused.value.details) == (["expired"], {"from": "expired", "to": "cancelled"})
    assert (status_of(order["number"])[:2], Order.objects.get().cancel_reason) == (("expired", "released"), "")
    assert not OrderEvent.objects.filter(kind="cancel_requested").exists()
    check_books()


@pytest.mark.django_db
def test_the_payment_that_is_found_while_cancelling_is_on_record_as_the_providers_word(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay(order["session_id"])

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    told = dict(OrderEvent.objects.exclude(kind="placed").values_list("kind", "actor_kind"))
    assert told == {"cancel_requested": "customer", "paid": "stripe"}
    assert Refund.objects.count() == 0
