"""Money that goes back without staff of the shop asking for it: in the provider's dashboard, and by the shop itself
(failure table: 27)
"""

from decimal import Decimal

import pytest

from carts.tests.factories import add
from core import outbox
from core.actors import Actor
from core.models import Job
from orders.exceptions import InvalidTransition, RefundTooLarge
from orders.models import Order, OrderEvent, Payment, Refund, StripeEvent
from orders.payments import refunds, sessions, settlement
from orders.payments.refund_lines import Returned
from orders.tests.factories import customer
from orders.tests.factories import placed as placed_by
from orders.tests.payments.paid_orders import (
    DOWN,
    REFUNDING,
    bought,
    charge_of,
    do_owed_jobs,
    given_back,
    money_of,
    pending,
    refunds_of,
    staff,
    stock_of,
)
from orders.tests.payments.till import Till, status_of
from products.models import Product
from tests.emulator.webhook_receivers import Received

pytestmark = pytest.mark.django_db


def events_of(till: Till) -> list[Received]:
    """Return what the provider has sent since, undelivered."""
    assert till.emulator.wait()
    return till.webhooks.taken()


def post(till: Till, calls: list[Received]) -> set[int]:
    """Hand these events to the webhook, and return its statuses."""
    return {till.post(call.body, call.signature).status_code for call in calls}


def test_a_part_that_goes_back_in_the_dashboard_is_on_record(till: Till) -> None:
    order = bought(till)

    refund = till.emulator.refund_charge(charge_of(till, order), 1500)
    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(1500, "succeeded", "external")]
    assert Refund.objects.get().provider_id == refund["id"]
    assert Refund.objects.get().amount == Decimal("15.00")
    assert money_of(order) == (4000, 1500, "partially_refunded")
    order.refresh_from_db()
    assert (order.status, order.attention, stock_of()) == ("processing", "external_refund", (8, 0))


def test_two_parts_in_the_dashboard_are_two_refunds(till: Till) -> None:
    order = bought(till)
    charge = charge_of(till, order)

    for amount in (1500, 1500):
        till.emulator.refund_charge(charge, amount)
        assert set(till.deliver()) == {200}
    till.emulator.refund_charge(charge)
    till.deliver()

    assert refunds_of(order) == [(1500, "succeeded", "external")] * 2 + [(1000, "succeeded", "external")]
    assert (money_of(order), given_back(till)) == ((4000, 4000, "refunded"), [4000])


def test_the_same_events_again_change_nothing(till: Till) -> None:
    order = bought(till)
    till.emulator.refund_charge(charge_of(till, order), 1500)
    calls = events_of(till)
    assert post(till, calls) == {200}
    history = OrderEvent.objects.count()

    assert post(till, calls + calls[::-1]) == {200}

    assert (refunds_of(order), OrderEvent.objects.count()) == ([(1500, "succeeded", "external")], history)


def test_events_in_the_wrong_order_come_to_the_same(till: Till) -> None:
    order = bought(till)
    charge = charge_of(till, order)
    first = till.emulator.refund_charge(charge, 1500)
    till.emulator.refund_charge(charge, 500)
    till.emulator.fail_refund(first["id"])

    assert post(till, events_of(till)[::-1]) == {200}

    assert sorted(refunds_of(order)) == [(500, "succeeded", "external"), (1500, "failed", "external")]
    assert (money_of(order), given_back(till)) == ((4000, 500, "partially_refunded"), [500])


def test_one_late_event_is_enough(till: Till) -> None:
    order = bought(till)
    charge = charge_of(till, order)
    till.emulator.refund_charge(charge, 1500)
    till.emulator.refund_charge(charge, 500)

    assert post(till, events_of(till)[-1:]) == {200}

    assert sorted(refunds_of(order)) == [(500, "succeeded", "external"), (1500, "succeeded", "external")]


def test_a_refund_that_fails_later_counts_no_more_and_calls_for_attention(till: Till) -> None:
    order = bought(till)
    refund = refunds.ask(staff(), order.pk, None, "")
    till.deliver()
    assert money_of(order) == (4000, 4000, "refunded")

    till.emulator.fail_refund(str(refund.provider_id))
    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(4000, "failed", "staff")]
    assert (money_of(order), given_back(till)) == ((4000, 0, "paid"), [0])
    refund.refresh_from_db()
    assert (Order.objects.get().attention, refund.failure_code != "") == ("refund_failed", True)
    assert refunds.ask(Actor(kind="staff"), order.pk, None, "by another way").state == "succeeded"


def test_the_dashboard_and_staff_share_what_there_is(till: Till) -> None:
    order = bought(till)
    till.emulator.refund_charge(charge_of(till, order), 1500)
    till.deliver()

    with pytest.raises(RefundTooLarge) as caught:
        refunds.ask(staff(), order.pk, Decimal("25.01"), "")
    assert caught.value.details == {"rest": "25.00"}
    assert refunds.ask(Actor(kind="staff"), order.pk, None, "").amount_minor == 2500

    assert (money_of(order), given_back(till)) == ((4000, 4000, "refunded"), [4000])


def test_a_provider_that_does_not_tell_the_refunds_is_asked_at_the_next_try(till: Till) -> None:
    order = bought(till)
    till.emulator.refund_charge(charge_of(till, order), 1500)
    calls = events_of(till)
    till.emulator.faults({"match": {"method": "GET", "path": "refunds"}, "times": -1, "do": DOWN})

    assert post(till, calls[:1]) == {500}
    assert (refunds_of(order), StripeEvent.objects.filter(status="failed").count()) == ([], 1)
    till.emulator.faults()
    assert post(till, calls[:1]) == {200}

    assert refunds_of(order) == [(1500, "succeeded", "external")]


def test_what_is_paid_after_the_order_was_cancelled_goes_back_by_itself(till: Till) -> None:
    client, placed = pending(till)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "cancelled")

    assert post(till, paid) == {200}
    assert (refunds_of(_order()), _order().attention) == ([(4000, "requested", "auto")], "late_payment")
    assert do_owed_jobs()[1] == 0
    till.deliver()

    assert refunds_of(_order()) == [(4000, "succeeded", "auto")]
    assert (status_of(placed["number"]), stock_of()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert (_order().attention, given_back(till), money_of(_order())) == ("", [4000], (4000, 4000, "refunded"))
    assert client.get(f"/api/orders/{placed['number']}/").json()["data"]["status"] == "cancelled"


def test_what_is_paid_late_is_sent_where_it_is_still_there(till: Till) -> None:
    _, placed = pending(till)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "expired")

    assert post(till, paid) == {200}

    assert (status_of(placed["number"]), stock_of()) == (("processing", "committed", "succeeded"), (8, 0))
    assert OrderEvent.objects.filter(kind="late_payment_accepted").count() == 1
    assert not Refund.objects.exists()


def test_what_is_paid_late_and_sold_out_goes_back_by_itself(till: Till) -> None:
    _, placed = pending(till, stock=2)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "expired")
    _sell_out()

    assert post(till, paid) == {200}
    assert _order().attention == "late_payment"
    do_owed_jobs()

    assert status_of(placed["number"]) == ("expired", "released", "succeeded")
    assert (refunds_of(_order()), given_back(till)) == ([(4000, "succeeded", "auto")], [4000])
    assert (stock_of(), _order().attention, _order().paid_at) == ((0, 0), "", None)


def test_an_automatic_refund_goes_on_until_the_provider_answers(till: Till) -> None:
    _, placed = pending(till)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "cancelled")
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})
    post(till, paid)

    assert outbox.run_due()[1] == 1
    assert (refunds_of(_order()), _order().attention) == ([(4000, "submitted", "auto")], "late_payment")
    till.emulator.faults()
    assert do_owed_jobs()[1] == 0

    assert (refunds_of(_order()), given_back(till), _order().attention) == ([(4000, "succeeded", "auto")], [4000], "")


def test_one_that_is_refused_leaves_its_mark(till: Till) -> None:
    _, placed = pending(till)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "cancelled")
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})
    post(till, paid)

    assert do_owed_jobs()[1] == 0

    assert (refunds_of(_order()), _order().attention) == ([(4000, "failed", "auto")], "refund_failed")


def test_the_same_late_payment_told_twice_is_one_refund(till: Till) -> None:
    _, placed = pending(till)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "cancelled")

    assert post(till, paid + paid) == {200}

    assert (refunds_of(_order()), Job.objects.filter(kind="refund").count()) == ([(4000, "requested", "auto")], 1)


def test_units_that_a_dead_order_has_let_go_are_not_put_back(till: Till) -> None:
    _, placed = pending(till, stock=2)
    till.emulator.pay(placed["session_id"])
    paid = events_of(till)
    _end(placed["number"], "expired")
    _sell_out()
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})
    post(till, paid)
    do_owed_jobs()
    item = _order().items.get().pk

    clerk = staff()
    with pytest.raises(InvalidTransition):
        refunds.ask(clerk, _order().pk, None, "by hand", [Returned(item, 2, restock=True)])
    refunds.ask(clerk, _order().pk, None, "by hand")

    assert stock_of() == (0, 0)


def _order() -> Order:
    return Order.objects.get()


def _end(number: str, status: str) -> None:
    """Let the order end as `expired` or `cancelled`, though its session was paid in this moment."""
    order = Order.objects.get(number=number)
    payment = order.payments.get()
    if status == "cancelled":
        Order.objects.filter(pk=order.pk).update(cancel_reason="changed my mind")
    settlement.apply_session(payment.pk, sessions._expired(payment))
    assert Order.objects.get(pk=order.pk).status == status
    assert Payment.objects.get(pk=payment.pk).state == status


def _sell_out() -> None:
    """Let somebody else buy the last lamps."""
    other = customer("grace@example.com")
    add(other, Product.objects.get(), 2)
    order = placed_by(other)
    Order.objects.filter(number=order["number"]).delete()
