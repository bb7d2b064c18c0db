"""Alerts on an order: the most urgent one is shown, and each is recorded"""

import re

import pytest
from django.test import Client

from core.actors import SYSTEM
from orders.models import Order
from orders.payments import refunds
from orders.state import alerts
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import get_event_kinds
from orders.tests.payments.paid_orders import (
    REFUND_CALL,
    add_lamps,
    create_paid_order,
    create_pending_order,
    get_charge_id,
    make_staff_actor,
    resolve_alert,
)
from orders.tests.payments.reconciliation.test_sync_payments import pass_time, run_sync
from tests.admin.staff_clients import make_superuser_client
from tests.admin.test_orders import ORDERS, run_action

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_alerts_the_more_urgent_is_shown_and_both_are_recorded(card_payments: CardPayments, is_reversed: bool) -> None:
    order = create_paid_order(card_payments)
    for source in ("refund", "dispute") if is_reversed else ("dispute", "refund"):
        if source == "dispute":
            card_payments.emulator.dispute(get_charge_id(card_payments, order))
        else:
            card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 500)
        assert set(card_payments.deliver_events()) == {200}

    assert Order.objects.get().attention == "dispute"
    assert {"dispute", "external_refund"} <= set(get_event_kinds(order.number))


def test_a_refund_that_failed_is_not_hidden_by_one_of_the_dashboard(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})
    refunds.request_refund(make_staff_actor(), order.pk, None, "late")
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 100)

    assert set(card_payments.deliver_events()) == {200}

    assert Order.objects.get().attention == "refund_failed"
    assert get_event_kinds(order.number).count("refund_failed") == 1


@pytest.mark.parametrize("rank", range(len(alerts.PRIORITY) - 1))
def test_no_alert_gives_way_to_a_less_urgent_one(rank: int) -> None:
    client = customer()
    add_lamps(client)
    placed(client)
    order = Order.objects.get()
    more, less = alerts.PRIORITY[rank : rank + 2]

    for first, then in ((more, less), (less, more)):
        order.attention = ""
        alerts.raise_alert(order, first, SYSTEM, before=then)
        alerts.raise_alert(order, then, SYSTEM, after=first)

        assert Order.objects.get().attention == more


def test_a_dispute_lost_after_its_alert_was_resolved_raises_it_again_over_a_less_urgent_one(
    card_payments: CardPayments,
) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.dispute(get_charge_id(card_payments, order))
    assert set(card_payments.deliver_events()) == {200}
    resolve_alert(order, "dispute")
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 500)
    assert set(card_payments.deliver_events()) == {200}
    assert Order.objects.get().attention == "external_refund"

    card_payments.emulator.dispute(get_charge_id(card_payments, order), "lost")
    assert set(card_payments.deliver_events()) == {200}

    assert Order.objects.get().attention == "dispute"


def test_a_hidden_alert_is_mailed_once_too() -> None:
    client = customer()
    add_lamps(client)
    placed(client)
    order = Order.objects.get()
    alerts.raise_alert(order, "dispute", SYSTEM, dispute="d1")

    for _ in range(2):
        alerts.raise_alert(order, "external_refund", SYSTEM, refund="r1")
    alerts.raise_alert(order, "external_refund", SYSTEM, refund="r2")

    assert (get_event_kinds(order.number).count("external_refund"), order.attention) == (2, "dispute")
    assert alerts.open_alerts(order) == {"dispute", "external_refund"}


def test_resolving_an_alert_that_was_seen_resolves_no_other(card_payments: CardPayments) -> None:
    order, superuser_client = create_paid_order(card_payments), make_superuser_client()
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 500)
    assert set(card_payments.deliver_events()) == {200}
    seen = open_resolve_page(superuser_client, order, "Alert: external refund.")
    card_payments.emulator.dispute(get_charge_id(card_payments, order))
    assert set(card_payments.deliver_events()) == {200}

    page_text = run_action(superuser_client, order, "resolve", **seen)

    assert "The alert is resolved. Next alert: dispute." in page_text
    assert (seen["code"], Order.objects.get().attention) == ("external_refund", "dispute")
    for _ in range(2):  # the form is submitted twice
        run_action(superuser_client, order, "resolve", **seen)
    assert Order.objects.get().attention == "dispute"
    assert "The alert is resolved." in run_action(
        superuser_client, order, "resolve", **open_resolve_page(superuser_client, order, "Alert: dispute.")
    )
    assert Order.objects.get().attention == ""


def test_an_alert_stays_if_a_new_reason_was_added_meanwhile(card_payments: CardPayments) -> None:
    order, superuser_client = create_paid_order(card_payments), make_superuser_client()
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 500)
    assert set(card_payments.deliver_events()) == {200}
    seen = open_resolve_page(superuser_client, order, "Alert: external refund.")
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 700)
    assert set(card_payments.deliver_events()) == {200}

    page_text = run_action(superuser_client, order, "resolve", **seen)

    assert "The alert was raised again in the meantime. Look at the order again" in page_text
    assert Order.objects.get().attention == "external_refund"
    run_action(superuser_client, order, "resolve", **open_resolve_page(superuser_client, order, "Alert: external refund."))
    assert Order.objects.get().attention == ""
    page_text = superuser_client.get(f"{ORDERS}{order.pk}/action/resolve/", follow=True).content.decode()
    assert "Resolve the alert: the order does not allow this now." in page_text
    assert "There is no alert to resolve" in run_action(
        superuser_client, order, "resolve", code="", seen="0"
    )  # as from the old page


def test_a_reason_is_reported_again_after_its_alert_was_resolved(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    for dispute in ("dp_1", "dp_2"):
        alerts.raise_alert(order, "dispute", SYSTEM, dispute=dispute)
        if dispute == "dp_1":
            resolve_alert(order, "dispute")
            order.refresh_from_db()

    for _ in range(2):
        alerts.raise_alert(order, "dispute", SYSTEM, dispute="dp_1")

    events = order.events.filter(kind="dispute").order_by("pk").values_list("data__dispute", flat=True)
    assert list(events) == ["dp_1", "dp_2", "dp_1"]


def open_resolve_page(superuser_client: Client, order: Order, message: str) -> dict[str, str]:
    """Open the page that resolves an alert, check its text, and return its form fields."""
    page = superuser_client.get(f"{ORDERS}{order.pk}/action/resolve/").content.decode()
    assert message in page
    return dict(re.findall(r'name="(code|seen)" value="(\w+)"', page))


def test_an_overdue_payment_that_arrives_has_no_alert_any_more(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    pass_time(8 * 24 * 60)
    assert run_sync().code == 2
    assert Order.objects.get().attention == "payment_overdue"

    card_payments.emulator.async_succeed(order["session_id"])
    assert set(card_payments.deliver_events()) == {200}

    row = Order.objects.get()
    assert (row.status, row.attention) == ("processing", "")
