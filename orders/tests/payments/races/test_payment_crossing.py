"""Payments that cross with another order of the same cart, or with a wish to cancel"""

from typing import Any

import pytest

from accounts.tests.crowd import at_once
from accounts.tests.factories import access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add, cart_of, guest, guest_with, held, sign_in, signed_in
from core.actors import Actor
from orders.exceptions import AlreadyPaid, RefundTooLarge
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, OrderItem, Refund
from orders.payments import refunds, sessions, settlement
from orders.payments.refund_lines import Returned
from orders.tests.factories import ADDRESS, customer
from orders.tests.payments.paid_orders import REFUNDING, bought, do_owed_jobs, given_back, lamps, pending, staff, stock_of
from orders.tests.payments.till import Till, status_of
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

STAFF = Actor(kind="staff")


def ended(till: Till) -> tuple[SchemaClient, dict[str, Any]]:
    """Return a customer and his order, which has ended though its payment page is open still."""
    client, order = pending(till)
    payment = Order.objects.get().payments.get()
    settlement.apply_session(payment.pk, sessions._expired(payment))
    assert status_of(order["number"])[0] == "expired"
    return client, order


@pytest.mark.django_db
def test_a_late_payment_leaves_the_next_order_of_the_cart_as_it_is(till: Till) -> None:
    client, first = ended(till)
    second = till.placed(client, address={**ADDRESS, "city": "Paris"})

    assert set(till.pay(first)) == {200}

    assert status_of(first["number"]) == ("processing", "committed", "succeeded")
    assert status_of(second["number"]) == ("pending", "reserved", "open")
    assert stock_of() == (8, 2)


@pytest.mark.django_db
def test_after_a_late_payment_the_cart_can_be_ordered_anew(till: Till) -> None:
    client, first = ended(till)
    second = till.placed(client, address={**ADDRESS, "city": "Paris"})
    till.pay(first)
    add(client, make_product("Mug", sku="MUG"))

    third = till.placed(client)

    assert status_of(second["number"])[0] == "cancelled"
    assert status_of(third["number"]) == ("pending", "reserved", "open")


@pytest.mark.django_db
def test_of_two_open_payments_in_one_cart_one_ends_and_the_other_is_still_replaced(till: Till) -> None:
    user = make_user()
    client = signed_in(user)
    add(client, make_product("Mug", sku="MUG"))
    own = till.placed(client)
    key = guest_with(make_product("Lamp", sku="LAMP"))
    other = till.placed(guest(key))
    sign_in(user, {"X-Cart-Token": key})
    client.delete("/api/cart/clear/")
    add(client, make_product("Pen", sku="PEN"))
    token = {"X-Order-Token": other["order_token"]}
    assert SchemaClient().post(f"/api/orders/{other['number']}/cancel/", headers=token).status_code == 200

    assert till.placed(client)["items"][0]["sku"] == "PEN"

    assert status_of(own["number"])[0] == "cancelled"


@pytest.mark.django_db
def test_a_late_payment_does_not_let_go_what_the_next_order_holds(till: Till) -> None:
    client, first = ended(till)
    add(client, Product.objects.get(), 1)
    till.placed(client, address={**ADDRESS, "city": "Paris"})
    assert CartItem.objects.get().held == 3

    till.pay(first)

    assert (stock_of(), CartItem.objects.get().held) == ((8, 3), 3)


@pytest.mark.django_db
def test_a_wish_to_cancel_that_comes_after_the_payment_leaves_no_trace(till: Till) -> None:
    order = bought(till)
    events = OrderEvent.objects.count()

    with pytest.raises(AlreadyPaid):
        cancellation.cancel_pending(STAFF, order.pk, "replaced by another order")

    order.refresh_from_db()
    assert (order.status, order.cancel_reason, OrderEvent.objects.count()) == ("processing", "", events)


@pytest.mark.django_db
def test_an_order_can_replace_one_that_ends_in_this_moment(till: Till) -> None:
    client, first = pending(till)
    till.emulator.clock(3600)  # nobody told the shop yet

    response = client.post("/api/orders/create/", {"payment_method": "cod", "address": "1 Road"})

    assert response.status_code == 201
    assert status_of(first["number"])[0] in ("cancelled", "expired")
    assert (held(cart_of(client)), stock_of()) == ({}, (8, 0))


@pytest.mark.django_db
def test_lines_whose_refund_was_refused_can_be_refunded_again(till: Till) -> None:
    order, clerk = bought(till), staff()
    line = Returned(order.items.get().pk, 2)
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})
    assert refunds.ask(clerk, order.pk, None, "", [line]).state == "failed"

    assert refunds.ask(clerk, order.pk, None, "once more", [line]).state == "succeeded"

    assert OrderItem.objects.get().refunded_quantity == 2


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_paying_at_once_end_in_one_of_both(till: Till, unthrottled: None) -> None:
    client = customer()
    lamps(client, 1)
    assert Order.objects.count() == 0
    for _ in range(4):
        order = till.placed(client)
        number = order["number"]
        user = Order.objects.get(number=number).user
        assert user is not None
        token = access_token(user)

        def act(who: int, order: dict[str, Any] = order, token: str = token) -> int:
            if who:
                try:
                    till.emulator.pay(order["session_id"])
                except Exception:  # noqa: BLE001 - it was closed before
                    return 0
                return max(till.deliver())
            status: int = SchemaClient().bearer(token).post(f"/api/orders/{order['number']}/cancel/").status_code
            return status

        cancelled, paid = at_once(2, act)
        till.deliver()

        row = next(row for row in till.emulator.ledger() if row["order"] == number)
        found = Order.objects.get(number=number)
        if row["captured"]:
            assert (cancelled, paid, found.status, found.cancel_reason) == (409, 200, "processing", "")
            add(client, OrderItem.objects.filter(order=found).get().product, 1)  # type: ignore[arg-type]  # it is there
        else:
            assert (cancelled, found.status) == (200, "cancelled")
    assert Refund.objects.count() == 0
    assert set(CartItem.objects.values_list("held", flat=True)) <= {0}


@pytest.mark.django_db(transaction=True)
def test_staff_who_cancel_and_refund_at_once_give_back_what_was_paid_and_not_more(till: Till) -> None:
    order, clerk = bought(till), staff()

    def act(who: int) -> str:
        try:
            if who:
                return cancellation.cancel(clerk, order.pk, "", refund=True).status
            return refunds.ask(clerk, order.pk, None, "").state
        except RefundTooLarge:
            return "too large"

    asked, cancelled = at_once(2, act)

    assert (cancelled, asked in ("succeeded", "too large")) == ("cancelled", True)
    do_owed_jobs()
    assert (given_back(till), Refund.objects.count(), stock_of()) == ([4000], 1, (10, 0))
