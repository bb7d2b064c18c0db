"""Concurrent calls on one payment: nothing is lost or done twice"""

import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import F
from pytest_django import Settings

from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.tests.factories import add_to_cart, signed_in_client
from core import outbox
from orders.exceptions import InvalidTransition, PaymentSetupFailed
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, OrderItem, Payment, Refund, StripeEvent
from orders.payments import sessions, settlement, stripe_gateway
from orders.payments.provider_state import ProviderSession
from orders.tests.factories import customer, database_rows
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import alter_event, check_invariants, count_mails, get_event_kinds, post_events, take_events
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    add_lamps,
    create_pending_order,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from orders.tests.payments.reconciliation.test_sync_payments import pass_time, run_sync
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
EXPIRE_CALL = {"method": "POST", "path": "expire$"}


def refuse_after_session_exists(monkeypatch: pytest.MonkeyPatch, card_payments: CardPayments, *, is_paid: bool) -> None:
    """Refuse the session to one request after another request has opened it; which of two calls under one key wins is random."""
    real = stripe_gateway.create_session

    def refused(order: Order, items: list[OrderItem], payment: Payment) -> ProviderSession:
        session = real(order, items, payment)
        sessions.store_session(payment.pk, session)
        if is_paid:
            card_payments.emulator.pay(session.id)
            assert set(card_payments.deliver_events()) == {200}
        raise PaymentSetupFailed

    monkeypatch.setattr(stripe_gateway, "create_session", refused)


@pytest.mark.django_db
@pytest.mark.parametrize("is_paid", [False, True])
def test_what_is_refused_to_one_request_is_not_taken_from_another(
    card_payments: CardPayments, monkeypatch: pytest.MonkeyPatch, is_paid: bool
) -> None:
    client = customer()
    add_lamps(client)
    refuse_after_session_exists(monkeypatch, card_payments, is_paid=is_paid)

    response = card_payments.post_order(client)

    order_data = response.json()["data"]
    assert (response.status_code, order_data["status"]) == (201, "processing" if is_paid else "pending")
    assert ("checkout_url" in order_data) is not is_paid
    expected = ("processing", "committed", "succeeded") if is_paid else ("pending", "reserved", "open")
    assert (get_statuses(order_data["number"]), get_stock()) == (expected, (8, 0) if is_paid else (10, 2))
    outbox.run_due()
    assert card_payments.emulator.ledger()[0]["status"] == ("complete" if is_paid else "open")
    check_invariants(card_payments)


@pytest.mark.django_db
def test_what_is_paid_for_an_order_whose_account_was_closed_goes_back(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    done = take_events(card_payments)[COMPLETED]
    post_events(card_payments, alter_event(done[0], EXPIRED, status="expired", payment_status="unpaid"))
    assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200

    assert post_events(card_payments, done) == [200]

    row = Order.objects.get()
    assert (row.status, row.address, row.attention, get_stock()) == ("expired", {}, "late_payment", (10, 0))
    assert get_refunds(row) == [(4000, "requested", "auto")]
    run_pending_jobs()
    assert (get_refunded_amounts(card_payments), count_mails("paid")) == ([4000], 0)
    card_payments.deliver_events()
    check_invariants(card_payments)


@pytest.mark.django_db
def test_an_order_that_cannot_be_settled_does_not_end_the_run(card_payments: CardPayments) -> None:
    _, first = create_pending_order(card_payments)
    other = customer("grace@example.com")
    add_to_cart(other, make_product("Mug", sku="MUG"))
    second = card_payments.place_order(other)
    for order in (first, second):
        card_payments.emulator.pay(order["session_id"])
    take_events(card_payments)
    Variant.objects.filter(sku="LAMP").update(reserved=0)  # only a corrupted database has this
    pass_time(3)

    result = run_sync()

    assert result.code == 2
    assert [line for line in result.errors if line.startswith(f"attention: order {first['number']}: ")]
    assert get_statuses(first["number"]) == ("pending", "reserved", "open")
    assert get_statuses(second["number"]) == ("processing", "committed", "succeeded")


@pytest.mark.django_db
def test_an_overdue_payment_is_reported_once_and_holds_its_stock(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHOP_EMAIL = "owner@shop.example"
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    pass_time(8 * 24 * 60)
    before = database_rows()
    looked = run_sync(dry_run=True).code
    assert (looked, database_rows()) == (2, before)

    results = [run_sync(), run_sync()]

    complaint = f"attention: order {order['number']}: the delayed payment has not arrived"
    assert [(result.code, result.errors) for result in results] == [(2, [complaint])] * 2
    assert (Order.objects.get().attention, get_event_kinds(order["number"]).count("payment_overdue")) == ("payment_overdue", 1)
    assert (get_statuses(order["number"]), get_stock()) == (("pending", "reserved", "processing"), (10, 2))


@pytest.mark.django_db
def test_money_that_is_on_its_way_is_asked_about_however_old_its_payment_is(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    Payment.objects.update(created_at=F("created_at") - timedelta(days=4))
    card_payments.emulator.async_succeed(order["session_id"])
    take_events(card_payments)
    card_payments.emulator.set_faults(
        {"match": {"method": "GET", "path": "sessions$"}, "times": -1, "do": {"tamper": {"data": []}}}
    )

    result = run_sync()

    assert result.output[0] == f"repaired: order {order['number']} is processing now"
    assert (result.code, get_stock()) == (1, (8, 0))
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_page_that_is_stored_again_holds_the_stock_no_longer(card_payments: CardPayments) -> None:
    create_pending_order(card_payments)
    payment, until = Payment.objects.get(), Order.objects.get().reserved_until

    for _ in range(3):
        sessions.store_session(payment.pk, sessions.fetch_session(payment))

    assert Order.objects.get().reserved_until == until
    assert payment.expires_at is not None
    assert until == payment.expires_at + sessions.SETTLEMENT_GRACE


@pytest.mark.django_db
def test_an_ignored_event_is_processed_when_replayed_by_id(card_payments: CardPayments, settings: Settings) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]
    Payment.objects.update(session_id=None, state="created")
    name, settings.SHOP_ID = settings.SHOP_ID, "another"
    assert post_events(card_payments, event) == [200]
    settings.SHOP_ID = name
    output = StringIO()

    call_command("replay_events", stdout=output)
    call_command("replay_events", id=StripeEvent.objects.get(status="ignored").event_id, stdout=output)

    assert output.getvalue().splitlines() == ["0 done, 0 failed", "1 done, 0 failed"]
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    assert StripeEvent.objects.get().status == "done"
    check_invariants(card_payments)


@pytest.mark.django_db
def test_an_event_that_waits_too_long_for_a_lock_is_sent_again_and_taken_then(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]

    def locked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "orders_payment"'):
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(locked):
        response = card_payments.post_event(*event)

    event_row = StripeEvent.objects.get()
    assert (response.status_code, event_row.status, event_row.tries, event_row.last_error) == (503, "received", 0, "")
    assert (get_statuses(order["number"]), response.headers["Retry-After"]) == (("pending", "reserved", "open"), "2")
    assert post_events(card_payments, event) == [200]
    assert (get_statuses(order["number"])[0], StripeEvent.objects.get().status) == ("processing", "done")
    check_invariants(card_payments)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403])
def test_a_cancellation_that_the_provider_refuses_withdraws_its_request(card_payments: CardPayments, status: int) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.set_faults({"match": EXPIRE_CALL, "do": {"status": status}})

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (502, "payment_setup_failed")
    assert response.json()["message"] == "The payment provider rejected the request. The shop must resolve this"
    assert (Order.objects.get().cancel_reason, get_statuses(order["number"])) == ("", ("pending", "reserved", "open"))
    card_payments.emulator.advance_clock(3600)
    assert set(card_payments.deliver_events()) == {200}
    assert get_statuses(order["number"]) == ("expired", "released", "expired")
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_failed_cancellation_does_not_withdraw_a_concurrent_request(
    card_payments: CardPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, order = create_pending_order(card_payments)
    url = f"/api/orders/{order['number']}/cancel/"
    real = stripe_gateway.expire_session
    others: list[int] = []

    def slow(session: str) -> ProviderSession:
        if not others:  # another tab cancels while this one waits for the provider, and gets no response
            others.append(0)
            card_payments.emulator.set_faults({"match": EXPIRE_CALL, "do": RATE_LIMITED})
            others[0] = client.post(url, {"reason": "the other tab"}).status_code
        return real(session)

    monkeypatch.setattr(stripe_gateway, "expire_session", slow)

    response = client.post(url, {"reason": "this tab"})

    assert (others, response.status_code, response.json()["data"]["status"]) == ([503], 200, "cancelled")
    assert (Order.objects.get().cancel_reason, get_event_kinds(order["number"]).count("cancel_requested")) == ("this tab", 1)
    check_invariants()


@pytest.mark.django_db(transaction=True)
def test_a_failed_cancellation_leaves_a_later_request(card_payments: CardPayments) -> None:
    user = make_user()
    client, token = signed_in_client(user), make_access_token(user)
    add_lamps(client)
    order = card_payments.place_order(client)
    card_payments.emulator.set_faults(
        {"match": EXPIRE_CALL, "do": {"delay_ms": 300, "status": 429}}, {"match": EXPIRE_CALL, "do": {"delay_ms": 900}}
    )

    def cancel(number: int) -> int:
        while number and not Order.objects.get().cancel_reason:
            time.sleep(0.01)
        status: int = SchemaClient().bearer(token).post(f"/api/orders/{order['number']}/cancel/").status_code
        return status

    assert run_concurrently(2, cancel) == [503, 200]
    assert Order.objects.get().status == "cancelled"


@pytest.mark.django_db
def test_an_order_that_expires_during_its_cancellation_is_expired_and_not_cancelled(
    card_payments: CardPayments,
) -> None:
    _, order = create_pending_order(card_payments)
    payment = Payment.objects.get()
    done: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # The event arrives after the order has been read and before it is locked.
        result = execute(sql, params, many, context)
        if not done and sql.startswith("SELECT") and 'FROM "orders_order"' in sql:
            done.append("")
            done[0] = settlement.apply_session(payment.pk, sessions._expired_session(payment)).status
        return result

    staff_actor = make_staff_actor()
    with connection.execute_wrapper(meanwhile), pytest.raises(InvalidTransition) as refused:
        cancellation.cancel_order(staff_actor, order["id"], "no lamps left")

    assert (done, refused.value.details) == (["expired"], {"from": "expired", "to": "cancelled"})
    assert (get_statuses(order["number"])[:2], Order.objects.get().cancel_reason) == (("expired", "released"), "")
    assert not OrderEvent.objects.filter(kind="cancel_requested").exists()
    check_invariants()


@pytest.mark.django_db
def test_the_payment_that_is_found_while_cancelling_is_on_record_as_the_providers_word(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    events = dict(OrderEvent.objects.exclude(kind="placed").values_list("kind", "actor_kind"))
    assert events == {"cancel_requested": "customer", "paid": "stripe"}
    assert Refund.objects.count() == 0
