"""POST /api/orders/<number>/cancel/ for orders by card"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from accounts.tests.factories import access_token
from carts.models import CartItem
from carts.tests.factories import cart_of, held
from core.models import Job
from orders.exceptions import InvalidTransition, RefundChoiceNeeded
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, Refund
from orders.payments import refunds
from orders.tests.factories import books, customer
from orders.tests.payments.paid_orders import (
    DOWN,
    REFUNDING,
    bought,
    do_owed_jobs,
    given_back,
    lamps,
    lock_timeout,
    money_of,
    pending,
    refunds_of,
    staff,
    stock_of,
)
from orders.tests.payments.till import Till, status_of
from products.models import StockMovement
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CLOSING = {"method": "POST", "path": "expire$"}
ASKING = {"method": "GET", "path": "sessions/"}


def cancel(client: SchemaClient, number: str, token: str = "", **given: Any) -> Any:
    """Cancel an order."""
    return client.post(f"/api/orders/{number}/cancel/", given, headers={"X-Order-Token": token} if token else {})


def test_a_guest_cancels_with_the_token(till: Till) -> None:
    guest = SchemaClient()
    lamps(guest)
    order = till.placed(guest)

    response = cancel(SchemaClient(), order["number"], order["order_token"], reason="too dear")

    assert (response.status_code, response.json()["data"]["status"]) == (200, "cancelled")
    assert status_of(order["number"]) == ("cancelled", "released", "cancelled")
    assert (stock_of(), held(cart_of(guest)), CartItem.objects.get().held) == ((10, 0), {"LAMP": 2}, 0)
    assert Order.objects.get().cancel_reason == "too dear"
    assert [row["status"] for row in till.emulator.ledger()] == ["expired"]


@pytest.mark.parametrize("token", ["", "é"])
def test_a_stranger_finds_no_order_to_cancel(till: Till, token: str) -> None:
    guest = SchemaClient()
    lamps(guest)
    order = till.placed(guest)
    before = books()

    for stranger in (SchemaClient(), customer()):
        response = cancel(stranger, order["number"], token)
        assert (response.status_code, response.json()["code"]) == (404, "order_not_found")

    after = books()
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert [row["status"] for row in till.emulator.ledger()] == ["open"]


def test_another_user_finds_no_order_to_cancel(till: Till) -> None:
    _, order = pending(till)

    assert cancel(customer("grace@example.com"), order["number"]).status_code == 404

    assert status_of(order["number"]) == ("pending", "reserved", "open")


def test_it_is_on_record_who_cancelled_and_why(till: Till) -> None:
    client, order = pending(till)

    cancel(client, order["number"], reason="too dear")

    last = OrderEvent.objects.order_by("pk").last()
    assert last is not None
    assert (last.kind, last.actor_kind, last.from_status, last.to_status) == ("cancelled", "customer", "pending", "cancelled")
    assert (last.user, last.data) == (Order.objects.get().user, {"reason": "too dear"})


def test_a_second_time_there_is_nothing_to_cancel(till: Till) -> None:
    client, order = pending(till)
    cancel(client, order["number"])
    before = books()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert books() == before


def test_the_cart_can_be_ordered_anew(till: Till) -> None:
    client, order = pending(till, stock=2)
    cancel(client, order["number"])

    again = till.placed(client)

    assert again["number"] != order["number"]
    assert (status_of(again["number"]), stock_of()) == (("pending", "reserved", "open"), (2, 2))


@pytest.mark.parametrize("do", [DOWN, {"status": 503}])
def test_while_the_provider_is_down_it_stays_as_it_is(till: Till, do: dict[str, Any]) -> None:
    client, order = pending(till)
    till.emulator.faults({"match": CLOSING, "times": -1, "do": do})

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")
    assert int(response["Retry-After"]) > 0
    assert status_of(order["number"]) == ("pending", "reserved", "open")
    assert (stock_of(), held(cart_of(client)), CartItem.objects.get().held) == ((10, 2), {"LAMP": 2}, 2)
    till.emulator.faults()
    assert cancel(client, order["number"]).status_code == 200


def test_it_can_be_paid_after_a_cancellation_that_failed(till: Till) -> None:
    client, order = pending(till)
    till.emulator.faults({"match": CLOSING, "times": -1, "do": DOWN})
    cancel(client, order["number"])

    assert set(till.pay(order)) == {200}

    assert (status_of(order["number"]), stock_of()) == (("processing", "committed", "succeeded"), (8, 0))
    assert Order.objects.get().cancel_reason == ""


def test_a_cancellation_that_failed_is_not_made_up_for_later(till: Till) -> None:
    client, order = pending(till)
    till.emulator.faults({"match": CLOSING, "times": -1, "do": DOWN})
    assert cancel(client, order["number"]).status_code == 503
    till.emulator.faults()

    till.emulator.clock(3600)
    till.deliver()

    assert Order.objects.get().status == "expired"


def test_a_lost_answer_to_the_closing_is_mended_by_the_next_try(till: Till) -> None:
    client, order = pending(till)
    till.emulator.faults({"match": CLOSING, "times": 1, "do": {"close": "after"}})

    response = cancel(client, order["number"])

    assert response.status_code == 200
    assert (status_of(order["number"]), stock_of()) == (("cancelled", "released", "cancelled"), (10, 0))


def test_money_that_is_on_its_way_stops_the_cancellation(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    till.deliver()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert status_of(order["number"]) == ("pending", "reserved", "processing")
    assert Order.objects.get().cancel_reason == ""
    till.emulator.async_fail(order["session_id"])
    assert set(till.deliver()) == {200}
    assert (status_of(order["number"]), stock_of()) == (("expired", "released", "failed"), (10, 0))


def test_money_that_is_on_its_way_though_nobody_told_stops_it_too(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay_later(order["session_id"])

    assert cancel(client, order["number"]).status_code == 409

    assert status_of(order["number"]) == ("pending", "reserved", "processing")
    till.deliver()
    till.emulator.async_succeed(order["session_id"])
    till.deliver()
    assert status_of(order["number"]) == ("processing", "committed", "succeeded")


def test_what_was_paid_in_this_moment_is_not_cancelled(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay(order["session_id"])

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert (status_of(order["number"]), stock_of()) == (("processing", "committed", "succeeded"), (8, 0))
    assert set(till.deliver()) == {200}
    assert (Order.objects.get().cancel_reason, Refund.objects.count()) == ("", 0)


def test_a_buyer_does_not_cancel_what_he_has_paid(till: Till) -> None:
    client, order = pending(till)
    till.pay(order)
    before = books()

    response = cancel(client, order["number"], refund=True)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert books() == before


def test_a_buyer_does_not_cancel_what_was_paid_by_card_and_given_back(till: Till) -> None:
    order = bought(till)
    refunds.ask(staff(), order.pk, None, "")
    assert order.user is not None
    client = SchemaClient().bearer(access_token(order.user))

    response = cancel(client, order.number)

    assert response.status_code == 409


def test_staff_cancel_a_paid_order_and_give_the_money_back(till: Till) -> None:
    order, clerk = bought(till), staff()

    cancellation.cancel(clerk, order.pk, "sold out", refund=True)

    assert (status_of(order.number), stock_of()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert (refunds_of(order), given_back(till)) == ([(4000, "succeeded", "staff")], [4000])
    assert Refund.objects.get().created_by_id == clerk.user_id
    assert money_of(order) == (4000, 4000, "refunded")
    assert StockMovement.objects.get(reason="return").delta == 2


def test_staff_cancel_a_paid_order_and_keep_the_money(till: Till) -> None:
    order = bought(till)

    cancellation.cancel(staff(), order.pk, "", refund=False)

    assert (status_of(order.number), stock_of()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert (Refund.objects.count(), money_of(order)) == (0, (4000, 0, "paid"))


def test_staff_who_do_not_say_whether_the_money_goes_back_are_asked(till: Till) -> None:
    order, clerk = bought(till), staff()
    before = books()

    with pytest.raises(RefundChoiceNeeded):
        cancellation.cancel(clerk, order.pk, "")

    assert books() == before


def test_only_what_is_left_goes_back_at_a_cancellation(till: Till) -> None:
    order, clerk = bought(till), staff()
    refunds.ask(clerk, order.pk, Decimal("15.00"), "")

    cancellation.cancel(clerk, order.pk, "", refund=True)

    assert (refunds_of(order), given_back(till)) == ([(1500, "succeeded", "staff"), (2500, "succeeded", "staff")], [4000])


def test_a_provider_that_is_down_does_not_stop_the_cancellation_of_a_paid_order(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})

    cancellation.cancel(staff(), order.pk, "", refund=True)

    assert (status_of(order.number)[0], refunds_of(order)) == ("cancelled", [(4000, "submitted", "staff")])
    till.emulator.faults()
    assert do_owed_jobs()[1] == 0
    assert given_back(till) == [4000]


@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled", "expired"])
def test_what_is_sent_or_over_is_not_cancelled_by_staff(till: Till, status: str) -> None:
    order = bought(till)
    Order.objects.update(status=status)
    before = books()

    with pytest.raises(InvalidTransition):
        cancellation.cancel(staff(), order.pk, "", refund=True)

    assert {name: rows for name, rows in books().items() if rows != before[name]} == {}
    assert not Refund.objects.exists()


def test_an_order_whose_session_was_never_opened_is_cancelled_without_the_provider(till: Till) -> None:
    client = customer()
    lamps(client)
    till.emulator.faults({"match": {"method": "POST", "path": "sessions$"}, "times": -1, "do": DOWN})
    refused = till.order(client)
    number = refused.json()["details"]["order"]

    response = cancel(client, number)

    assert (refused.status_code, response.status_code) == (503, 200)
    assert (status_of(number), stock_of()) == (("cancelled", "released", "cancelled"), (10, 0))
    assert Job.objects.filter(kind="order_mail").count() == 0


def test_a_cancellation_that_ends_in_a_fault_is_not_made_up_for_later(till: Till) -> None:
    _, order = pending(till)

    with lock_timeout('UPDATE "orders_payment"'), pytest.raises(OperationalError):
        cancellation.cancel(staff(), Order.objects.get().pk, "by mistake")

    assert (status_of(order["number"])[0], Order.objects.get().cancel_reason) == ("pending", "")
    assert set(till.deliver()) == {200}
    assert status_of(order["number"]) == ("expired", "released", "expired")
