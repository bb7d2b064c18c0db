"""The buyer has their money back without the shop: the order is not packed until staff have decided (failure table: 27, 28)"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders.exceptions import InvalidTransition
from orders.fulfilment import shipping
from orders.models import Dispute, Order, Refund, StripeEvent
from orders.payments import refunds
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import alter_event, post_events, take_events
from orders.tests.payments.paid_orders import (
    create_paid_order,
    create_pending_order,
    get_amounts,
    get_charge_id,
    get_stock,
    make_staff_actor,
    resolve_alert,
)
from orders.tests.test_integrity import run_check
from tests.admin.staff_clients import make_superuser_client
from tests.admin.test_order_rights import get_packing_slip
from tests.admin.test_orders import ORDERS, list_offered_actions, run_action

pytestmark = pytest.mark.django_db
REFUSAL = "The buyer has their money back. Cancel the order, or resolve its alert to ship it all the same"
ON_SLIP = "There is nothing to ship: the buyer has their money back, and the alert is not resolved."
PAID = ("processing", "committed", "succeeded")


@pytest.fixture
def order(card_payments: CardPayments) -> Order:
    """An order of two lamps for 40.00 rupees, paid by card."""
    order = create_paid_order(card_payments)
    card_payments.deliver_events()
    return order


@pytest.fixture
def superuser_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def prevent_dispute(card_payments: CardPayments, charge: str) -> None:
    """The card network returns the money before it comes to a dispute."""
    card_payments.emulator.dispute(charge, "prevented")


def refund_in_dashboard(card_payments: CardPayments, charge: str) -> None:
    """The merchant refunds the payment at the provider."""
    card_payments.emulator.refund_charge(charge)


def refund_after_fraud_warning(card_payments: CardPayments, charge: str) -> None:
    """The bank warns of fraud, and a rule of the merchant's at the provider refunds the payment."""
    card_payments.emulator.api("POST", "/v1/refunds", f"charge={charge}&reason=fraudulent")
    refunded = take_events(card_payments)
    warning = {"id": "issfr_1", "object": "radar.early_fraud_warning", "actionable": False, "fraud_type": "made_with_stolen_card"}
    event = alter_event(refunded["charge.refunded"][0], "radar.early_fraud_warning.created", **warning, charge=charge)
    assert post_events(card_payments, event, *refunded.values()) == [200] * (1 + len(refunded))
    assert StripeEvent.objects.get(type="radar.early_fraud_warning.created").status == "ignored"


def lose_dispute(card_payments: CardPayments, charge: str) -> None:
    """The buyer wins a dispute."""
    card_payments.emulator.dispute(charge, "lost")


RETURNS = [
    (prevent_dispute, "external_refund"),
    (refund_in_dashboard, "external_refund"),
    (refund_after_fraud_warning, "external_refund"),
    (lose_dispute, "dispute"),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("give_back", "alert"), RETURNS)
def test_nothing_is_packed_and_nothing_is_sent_before_staff_have_decided(
    card_payments: CardPayments,
    order: Order,
    superuser_client: Client,
    give_back: Callable[[CardPayments, str], None],
    alert: str,
) -> None:
    give_back(card_payments, get_charge_id(card_payments, order))
    assert set(card_payments.deliver_events()) <= {200}

    page = run_action(superuser_client, order, "ship")

    assert (REFUSAL in page, get_statuses(order.number), get_stock()) == (True, PAID, (8, 0))
    assert (Order.objects.get().attention, get_amounts(order)) == (alert, (4000, 4000, "refunded"))
    assert "ship" not in list_offered_actions(superuser_client, order)
    slip = get_packing_slip(superuser_client, order)
    assert (ON_SLIP in slip, "<td>LAMP</td>" in slip) == (True, False)
    assert "The buyer has their money back." in superuser_client.get(f"{ORDERS}{order.pk}/action/resolve/").content.decode()
    assert run_check() == (0, [])


@pytest.mark.sampled
@pytest.mark.parametrize(("give_back", "alert"), RETURNS)
def test_once_the_alert_is_resolved_the_order_can_be_shipped(
    card_payments: CardPayments,
    order: Order,
    superuser_client: Client,
    give_back: Callable[[CardPayments, str], None],
    alert: str,
) -> None:
    give_back(card_payments, get_charge_id(card_payments, order))
    card_payments.deliver_events()

    resolve_alert(order, alert)

    assert "<td>LAMP</td>" in get_packing_slip(superuser_client, order)
    assert "ship" in list_offered_actions(superuser_client, order)
    run_action(superuser_client, order, "ship")
    assert (Order.objects.get().status, Order.objects.get().attention) == ("shipped", "")


def test_a_suspended_order_is_cancelled_without_another_refund(
    card_payments: CardPayments, order: Order, superuser_client: Client
) -> None:
    prevent_dispute(card_payments, get_charge_id(card_payments, order))
    card_payments.deliver_events()

    run_action(superuser_client, order, "cancel", reason="the money went back")

    assert (get_statuses(order.number), get_stock()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert list(Refund.objects.values_list("amount_minor", "source")) == [(4000, "external")]
    assert run_check() == (0, [])


@pytest.mark.parametrize("source", ["prevented", "dashboard"])
def test_where_a_part_is_left_the_order_can_be_shipped_and_has_the_alert(
    card_payments: CardPayments, order: Order, source: str
) -> None:
    charge = get_charge_id(card_payments, order)
    if source == "prevented":
        card_payments.emulator.dispute(charge, "prevented", 1500)
    else:
        card_payments.emulator.refund_charge(charge, 1500)
    assert set(card_payments.deliver_events()) == {200}

    shipping.ship_order(make_staff_actor(), order.pk)

    row = Order.objects.get()
    assert (row.status, row.attention, get_amounts(order)) == ("shipped", "external_refund", (4000, 1500, "partially_refunded"))


def test_what_staff_refunded_themselves_they_may_ship(card_payments: CardPayments, order: Order) -> None:
    refunds.request_refund(make_staff_actor(), order.pk, None, "goodwill")
    prevent_dispute(card_payments, get_charge_id(card_payments, order))
    assert set(card_payments.deliver_events()) == {200}

    shipping.ship_order(make_staff_actor(), order.pk)

    row = Order.objects.get()
    assert (row.status, row.attention, get_amounts(order)) == ("shipped", "", (4000, 4000, "refunded"))
    assert (Dispute.objects.get().status, Refund.objects.get().source) == ("prevented", "staff")


def test_an_order_that_was_sent_before_keeps_its_slip(card_payments: CardPayments, order: Order, superuser_client: Client) -> None:
    shipping.ship_order(make_staff_actor(), order.pk)

    prevent_dispute(card_payments, get_charge_id(card_payments, order))
    card_payments.deliver_events()

    assert Order.objects.get().attention == "external_refund"
    assert "<td>LAMP</td>" in get_packing_slip(superuser_client, order)


def test_money_that_went_back_before_the_shop_knew_the_payment_stops_the_order_too(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_events(card_payments)
    order = Order.objects.get()
    intent = card_payments.emulator.api("GET", f"/v1/checkout/sessions/{placed['session_id']}").json["payment_intent"]
    prevent_dispute(card_payments, card_payments.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"])
    assert set(card_payments.deliver_events()) == {200}

    assert set(post_events(card_payments, *paid.values())) == {200}

    assert (get_statuses(placed["number"]), Order.objects.get().attention) == (PAID, "external_refund")
    with pytest.raises(InvalidTransition, match="The buyer has their money back"):
        shipping.ship_order(make_staff_actor(), order.pk)


def test_a_refund_that_fails_after_the_dispute_was_prevented_stops_the_order(card_payments: CardPayments, order: Order) -> None:
    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("30.00"), "late")
    card_payments.deliver_events()
    prevent_dispute(card_payments, get_charge_id(card_payments, order))
    card_payments.deliver_events()
    resolve_alert(Order.objects.get(), "external_refund")  # about ten rupees

    card_payments.emulator.fail_refund(str(refund.provider_id))
    assert set(card_payments.deliver_events()) == {200}

    assert get_amounts(order) == (4000, 4000, "refunded")
    assert Order.objects.get().attention == "refund_failed"
    with pytest.raises(InvalidTransition, match="The buyer has their money back"):
        shipping.ship_order(make_staff_actor(), order.pk)


def test_staff_do_not_resolve_a_dispute_that_was_lost_since_they_looked(
    card_payments: CardPayments, order: Order, superuser_client: Client
) -> None:
    charge = get_charge_id(card_payments, order)
    card_payments.emulator.dispute(charge)
    card_payments.deliver_events()
    seen: dict[str, Any] = {"code": "dispute", "seen": str(order.events.order_by("pk").values_list("pk", flat=True).last())}
    lose_dispute(card_payments, charge)
    card_payments.deliver_events()

    page = run_action(superuser_client, order, "resolve", **seen)

    assert "The alert was raised again in the meantime. Look at the order again" in page
    assert Order.objects.get().attention == "dispute"
    assert "dispute_lost" in superuser_client.get(f"{ORDERS}{order.pk}/action/resolve/").content.decode()
