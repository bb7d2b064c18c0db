"""POST /api/orders/<number>/cancel/ for card orders"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from accounts.tests.factories import make_access_token
from carts.models import CartItem
from carts.tests.factories import get_cart, units_by_sku
from core.models import Job
from orders.exceptions import InvalidTransition, RefundChoiceNeeded
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, Refund
from orders.payments import refunds
from orders.tests.factories import customer, database_rows
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    REFUND_CALL,
    add_lamps,
    create_paid_order,
    create_pending_order,
    get_amounts,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
    simulate_lock_timeout,
)
from products.models import StockMovement
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
EXPIRE_CALL = {"method": "POST", "path": "expire$"}


def cancel(client: SchemaClient, number: str, token: str = "", **fields: Any) -> Any:
    """Cancel an order."""
    return client.post(f"/api/orders/{number}/cancel/", fields, headers={"X-Order-Token": token} if token else {})


def test_a_guest_cancels_with_the_token(card_payments: CardPayments) -> None:
    guest = SchemaClient()
    add_lamps(guest)
    order = card_payments.place_order(guest)

    response = cancel(SchemaClient(), order["number"], order["order_token"], reason="too dear")

    assert (response.status_code, response.json()["data"]["status"]) == (200, "cancelled")
    assert get_statuses(order["number"]) == ("cancelled", "released", "cancelled")
    assert (get_stock(), units_by_sku(get_cart(guest)), CartItem.objects.get().held) == ((10, 0), {"LAMP": 2}, 0)
    assert Order.objects.get().cancel_reason == "too dear"
    assert [row["status"] for row in card_payments.emulator.ledger()] == ["expired"]


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_a_stranger_finds_no_order_to_cancel(card_payments: CardPayments, token: str) -> None:
    guest = SchemaClient()
    add_lamps(guest)
    order = card_payments.place_order(guest)
    before = database_rows()

    for stranger in (SchemaClient(), customer()):
        response = cancel(stranger, order["number"], token)
        assert (response.status_code, response.json()["code"]) == (404, "order_not_found")

    after = database_rows()
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert [row["status"] for row in card_payments.emulator.ledger()] == ["open"]


def test_another_user_finds_no_order_to_cancel(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)

    assert cancel(customer("grace@example.com"), order["number"]).status_code == 404

    assert get_statuses(order["number"]) == ("pending", "reserved", "open")


def test_actor_and_reason_of_a_cancellation_are_recorded(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)

    cancel(client, order["number"], reason="too dear")

    last = OrderEvent.objects.order_by("pk").last()
    assert last is not None
    assert (last.kind, last.actor_kind, last.from_status, last.to_status) == ("cancelled", "customer", "pending", "cancelled")
    assert (last.user, last.data) == (Order.objects.get().user, {"reason": "too dear"})


def test_a_second_time_there_is_nothing_to_cancel(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    cancel(client, order["number"])
    before = database_rows()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert database_rows() == before


def test_the_cart_can_be_ordered_again(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments, stock=2)
    cancel(client, order["number"])

    second_order = card_payments.place_order(client)

    assert second_order["number"] != order["number"]
    assert (get_statuses(second_order["number"]), get_stock()) == (("pending", "reserved", "open"), (2, 2))


@pytest.mark.parametrize("do", [RATE_LIMITED, {"status": 503}])
def test_while_the_provider_is_down_it_stays_as_it_is(card_payments: CardPayments, do: dict[str, Any]) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.set_faults({"match": EXPIRE_CALL, "times": -1, "do": do})

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")
    assert int(response["Retry-After"]) > 0
    assert get_statuses(order["number"]) == ("pending", "reserved", "open")
    assert (get_stock(), units_by_sku(get_cart(client)), CartItem.objects.get().held) == ((10, 2), {"LAMP": 2}, 2)
    card_payments.emulator.set_faults()
    assert cancel(client, order["number"]).status_code == 200


def test_it_can_be_paid_after_a_cancellation_that_failed(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.set_faults({"match": EXPIRE_CALL, "times": -1, "do": RATE_LIMITED})
    cancel(client, order["number"])

    assert set(card_payments.pay(order)) == {200}

    assert (get_statuses(order["number"]), get_stock()) == (("processing", "committed", "succeeded"), (8, 0))
    assert Order.objects.get().cancel_reason == ""


def test_a_cancellation_that_failed_is_not_made_up_for_later(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.set_faults({"match": EXPIRE_CALL, "times": -1, "do": RATE_LIMITED})
    assert cancel(client, order["number"]).status_code == 503
    card_payments.emulator.set_faults()

    card_payments.emulator.advance_clock(3600)
    card_payments.deliver_events()

    assert Order.objects.get().status == "expired"


def test_a_lost_answer_to_the_closing_is_mended_by_the_next_try(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.set_faults({"match": EXPIRE_CALL, "times": 1, "do": {"close": "after"}})

    response = cancel(client, order["number"])

    assert response.status_code == 200
    assert (get_statuses(order["number"]), get_stock()) == (("cancelled", "released", "cancelled"), (10, 0))


def test_money_that_is_on_its_way_stops_the_cancellation(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.deliver_events()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert get_statuses(order["number"]) == ("pending", "reserved", "processing")
    assert Order.objects.get().cancel_reason == ""
    card_payments.emulator.async_fail(order["session_id"])
    assert set(card_payments.deliver_events()) == {200}
    assert (get_statuses(order["number"]), get_stock()) == (("expired", "released", "failed"), (10, 0))


def test_money_on_its_way_stops_the_cancellation_without_an_event_too(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])

    assert cancel(client, order["number"]).status_code == 409

    assert get_statuses(order["number"]) == ("pending", "reserved", "processing")
    card_payments.deliver_events()
    card_payments.emulator.async_succeed(order["session_id"])
    card_payments.deliver_events()
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")


def test_an_order_that_has_just_been_paid_is_not_cancelled(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert (get_statuses(order["number"]), get_stock()) == (("processing", "committed", "succeeded"), (8, 0))
    assert set(card_payments.deliver_events()) == {200}
    assert (Order.objects.get().cancel_reason, Refund.objects.count()) == ("", 0)


def test_a_buyer_cannot_cancel_a_paid_order(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.pay(order)
    before = database_rows()

    response = cancel(client, order["number"], refund=True)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert database_rows() == before


def test_a_buyer_cannot_cancel_a_refunded_card_order(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(make_staff_actor(), order.pk, None, "")
    assert order.user is not None
    client = SchemaClient().bearer(make_access_token(order.user))

    response = cancel(client, order.number)

    assert response.status_code == 409


def test_staff_cancel_a_paid_order_and_give_the_money_back(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    cancellation.cancel_order(clerk, order.pk, "sold out", refund=True)

    assert (get_statuses(order.number), get_stock()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(4000, "succeeded", "staff")], [4000])
    assert Refund.objects.get().created_by_id == clerk.user_id
    assert get_amounts(order) == (4000, 4000, "refunded")
    assert StockMovement.objects.get(reason="return").delta == 2


def test_staff_cancel_a_paid_order_and_keep_the_money(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)

    cancellation.cancel_order(make_staff_actor(), order.pk, "", refund=False)

    assert (get_statuses(order.number), get_stock()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert (Refund.objects.count(), get_amounts(order)) == (0, (4000, 0, "paid"))


def test_staff_must_choose_whether_to_refund(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    before = database_rows()

    with pytest.raises(RefundChoiceNeeded):
        cancellation.cancel_order(clerk, order.pk, "")

    assert database_rows() == before


def test_only_what_is_left_goes_back_at_a_cancellation(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    refunds.request_refund(clerk, order.pk, Decimal("15.00"), "")

    cancellation.cancel_order(clerk, order.pk, "", refund=True)

    assert (get_refunds(order), get_refunded_amounts(card_payments)) == (
        [(1500, "succeeded", "staff"), (2500, "succeeded", "staff")],
        [4000],
    )


def test_a_provider_that_is_down_does_not_stop_the_cancellation_of_a_paid_order(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})

    cancellation.cancel_order(make_staff_actor(), order.pk, "", refund=True)

    assert (get_statuses(order.number)[0], get_refunds(order)) == ("cancelled", [(4000, "submitted", "staff")])
    card_payments.emulator.set_faults()
    assert run_pending_jobs()[1] == 0
    assert get_refunded_amounts(card_payments) == [4000]


@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled", "expired"])
def test_what_is_sent_or_over_is_not_cancelled_by_staff(card_payments: CardPayments, status: str) -> None:
    order = create_paid_order(card_payments)
    Order.objects.update(status=status)
    before = database_rows()

    with pytest.raises(InvalidTransition):
        cancellation.cancel_order(make_staff_actor(), order.pk, "", refund=True)

    assert {name: rows for name, rows in database_rows().items() if rows != before[name]} == {}
    assert not Refund.objects.exists()


def test_an_order_whose_session_was_never_opened_is_cancelled_without_the_provider(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    card_payments.emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "times": -1, "do": RATE_LIMITED})
    refused = card_payments.post_order(client)
    number = refused.json()["details"]["order"]

    response = cancel(client, number)

    assert (refused.status_code, response.status_code) == (503, 200)
    assert (get_statuses(number), get_stock()) == (("cancelled", "released", "cancelled"), (10, 0))
    assert Job.objects.filter(kind="order_mail").count() == 0


def test_a_cancellation_that_ends_in_a_fault_is_not_made_up_for_later(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)

    with simulate_lock_timeout('UPDATE "orders_payment"'), pytest.raises(OperationalError):
        cancellation.cancel_order(make_staff_actor(), Order.objects.get().pk, "by mistake")

    assert (get_statuses(order["number"])[0], Order.objects.get().cancel_reason) == ("pending", "")
    assert set(card_payments.deliver_events()) == {200}
    assert get_statuses(order["number"]) == ("expired", "released", "expired")
