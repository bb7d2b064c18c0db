"""Payments that cross with another order of the same cart, or with a cancel request"""

from typing import Any

import pytest

from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart, guest_client, make_guest_cart, sign_in, signed_in_client, units_by_sku
from core.actors import Actor
from orders.exceptions import AlreadyPaid, RefundTooLarge
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, OrderItem, Refund
from orders.payments import refunds, sessions, settlement
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import ADDRESS, customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import (
    REFUND_CALL,
    add_lamps,
    create_paid_order,
    create_pending_order,
    get_refunded_amounts,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

STAFF = Actor(kind="staff")


def create_expired_order(card_payments: CardPayments) -> tuple[SchemaClient, dict[str, Any]]:
    """Return a customer and their order, which has expired while its payment page is still open."""
    client, order = create_pending_order(card_payments)
    payment = Order.objects.get().payments.get()
    settlement.apply_session(payment.pk, sessions._expired_session(payment))
    assert get_statuses(order["number"])[0] == "expired"
    return client, order


@pytest.mark.django_db
def test_a_late_payment_leaves_the_next_order_of_the_cart_as_it_is(card_payments: CardPayments) -> None:
    client, first = create_expired_order(card_payments)
    second = card_payments.place_order(client, address={**ADDRESS, "city": "Paris"})

    assert set(card_payments.pay(first)) == {200}

    assert get_statuses(first["number"]) == ("processing", "committed", "succeeded")
    assert get_statuses(second["number"]) == ("pending", "reserved", "open")
    assert get_stock() == (8, 2)


@pytest.mark.django_db
def test_after_a_late_payment_the_cart_can_be_ordered_again(card_payments: CardPayments) -> None:
    client, first = create_expired_order(card_payments)
    second = card_payments.place_order(client, address={**ADDRESS, "city": "Paris"})
    card_payments.pay(first)
    add_to_cart(client, make_product("Mug", sku="MUG"))

    third = card_payments.place_order(client)

    assert get_statuses(second["number"])[0] == "cancelled"
    assert get_statuses(third["number"]) == ("pending", "reserved", "open")


@pytest.mark.django_db
def test_of_two_open_payments_in_one_cart_one_ends_and_the_other_is_still_replaced(card_payments: CardPayments) -> None:
    user = make_user()
    client = signed_in_client(user)
    add_to_cart(client, make_product("Mug", sku="MUG"))
    second = card_payments.place_order(client)
    key = make_guest_cart(make_product("Lamp", sku="LAMP"))
    other = card_payments.place_order(guest_client(key))
    sign_in(user, {"X-Cart-Token": key})
    client.delete("/api/cart/clear/")
    add_to_cart(client, make_product("Pen", sku="PEN"))
    token = {"X-Order-Token": other["order_token"]}
    assert SchemaClient().post(f"/api/orders/{other['number']}/cancel/", headers=token).status_code == 200

    assert card_payments.place_order(client)["items"][0]["sku"] == "PEN"

    assert get_statuses(second["number"])[0] == "cancelled"


@pytest.mark.django_db
def test_a_late_payment_does_not_release_the_holds_of_the_next_order(card_payments: CardPayments) -> None:
    client, first = create_expired_order(card_payments)
    add_to_cart(client, Product.objects.get(), 1)
    card_payments.place_order(client, address={**ADDRESS, "city": "Paris"})
    assert CartItem.objects.get().held == 3

    card_payments.pay(first)

    assert (get_stock(), CartItem.objects.get().held) == ((8, 3), 3)


@pytest.mark.django_db
def test_a_cancel_request_after_the_payment_leaves_no_trace(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    events = OrderEvent.objects.count()

    with pytest.raises(AlreadyPaid):
        cancellation.cancel_pending_order(STAFF, order.pk, "replaced by another order")

    order.refresh_from_db()
    assert (order.status, order.cancel_reason, OrderEvent.objects.count()) == ("processing", "", events)


@pytest.mark.django_db
def test_an_order_can_replace_one_that_is_just_expiring(card_payments: CardPayments) -> None:
    client, first = create_pending_order(card_payments)
    card_payments.emulator.advance_clock(3600)  # the shop has received no event yet

    response = client.post("/api/orders/create/", {"payment_method": "cod", "address": "1 Road"})

    assert response.status_code == 201
    assert get_statuses(first["number"])[0] in ("cancelled", "expired")
    assert (units_by_sku(get_cart(client)), get_stock()) == ({}, (8, 0))


@pytest.mark.django_db
def test_lines_whose_refund_was_refused_can_be_refunded_again(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    line = RefundLine(order.items.get().pk, 2)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})
    assert refunds.request_refund(clerk, order.pk, None, "", [line]).state == "failed"

    assert refunds.request_refund(clerk, order.pk, None, "once more", [line]).state == "succeeded"

    assert OrderItem.objects.get().refunded_quantity == 2


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_paying_at_once_end_in_one_of_both(card_payments: CardPayments, unthrottled: None) -> None:
    client = customer()
    add_lamps(client, 1)
    assert Order.objects.count() == 0
    for _ in range(4):
        order = card_payments.place_order(client)
        number = order["number"]
        user = Order.objects.get(number=number).user
        assert user is not None
        token = make_access_token(user)

        def act(caller_number: int, order: dict[str, Any] = order, token: str = token) -> int:
            if caller_number:
                try:
                    card_payments.emulator.pay(order["session_id"])
                except Exception:  # noqa: BLE001 - it was closed before
                    return 0
                return max(card_payments.deliver_events())
            status: int = SchemaClient().bearer(token).post(f"/api/orders/{order['number']}/cancel/").status_code
            return status

        cancelled, paid = run_concurrently(2, act)
        card_payments.deliver_events()

        row = next(row for row in card_payments.emulator.ledger() if row["order"] == number)
        order_row = Order.objects.get(number=number)
        if row["captured"]:
            assert (cancelled, paid, order_row.status, order_row.cancel_reason) == (409, 200, "processing", "")
            add_to_cart(client, OrderItem.objects.filter(order=order_row).get().product, 1)  # type: ignore[arg-type]  # it is there
        else:
            assert (cancelled, order_row.status) == (200, "cancelled")
    assert Refund.objects.count() == 0
    assert set(CartItem.objects.values_list("held", flat=True)) <= {0}


@pytest.mark.django_db(transaction=True)
def test_staff_who_cancel_and_refund_at_once_give_back_what_was_paid_and_not_more(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    def act(caller_number: int) -> str:
        try:
            if caller_number:
                return cancellation.cancel_order(clerk, order.pk, "", refund=True).status
            return refunds.request_refund(clerk, order.pk, None, "").state
        except RefundTooLarge:
            return "too large"

    asked, cancelled = run_concurrently(2, act)

    assert (cancelled, asked in ("succeeded", "too large")) == ("cancelled", True)
    run_pending_jobs()
    assert (get_refunded_amounts(card_payments), Refund.objects.count(), get_stock()) == ([4000], 1, (10, 0))
