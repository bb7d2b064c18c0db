"""Staff give money back that was paid by card"""

from decimal import Decimal

import pytest

from core.actors import Actor
from core.models import Job
from orders.exceptions import AmountNotChargeable, InvalidTransition, OrderNotFound, RefundTooLarge
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, OrderItem, Refund
from orders.payments import refunds
from orders.payments.refund_lines import Returned
from orders.tests.payments.paid_orders import (
    asked_for,
    bought,
    do_owed_jobs,
    given_back,
    money_of,
    pending,
    refunds_of,
    staff,
    stock_of,
)
from orders.tests.payments.till import Till, status_of
from products.models import StockMovement

pytestmark = pytest.mark.django_db


def item_of(order: Order) -> tuple[int, int]:
    """Return the refunded and the restocked units of the order's only line."""
    return OrderItem.objects.values_list("refunded_quantity", "restocked_quantity").get(order=order)


def test_all_that_is_left_goes_back_where_no_amount_is_said(till: Till) -> None:
    order, clerk = bought(till), staff()

    refund = refunds.ask(clerk, order.pk, None, "broken")

    assert (refund.state, refund.amount, refund.amount_minor, refund.source) == ("succeeded", Decimal("40.00"), 4000, "staff")
    assert (refund.reason, refund.created_by_id, refund.payment) == ("broken", clerk.user_id, order.payments.get())
    assert refund.provider_id is not None
    assert refund.provider_id.startswith("re_")
    assert (money_of(order), given_back(till)) == ((4000, 4000, "refunded"), [4000])
    assert (status_of(order.number)[0], stock_of()) == ("processing", (8, 0))


def test_the_providers_own_events_about_it_change_nothing(till: Till) -> None:
    order = bought(till)
    refunds.ask(staff(), order.pk, Decimal("10.00"), "late")
    events = OrderEvent.objects.count()

    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(1000, "succeeded", "staff")]
    assert money_of(order) == (4000, 1000, "partially_refunded")
    assert (OrderEvent.objects.count(), Order.objects.get().attention) == (events, "")


def test_several_parts_add_up_and_not_more_than_all_goes_back(till: Till) -> None:
    order, clerk = bought(till), staff()

    for amount in ("10.00", "0.01", "29.99"):
        assert refunds.ask(clerk, order.pk, Decimal(amount), "").state == "succeeded"

    assert money_of(order) == (4000, 4000, "refunded")
    assert given_back(till) == [4000]
    with pytest.raises(RefundTooLarge) as caught:
        refunds.ask(clerk, order.pk, Decimal("0.01"), "")
    assert caught.value.details == {"rest": "0.00"}
    with pytest.raises(RefundTooLarge):
        refunds.ask(clerk, order.pk, None, "")
    assert (Refund.objects.count(), len(asked_for(till))) == (3, 3)


@pytest.mark.parametrize("amount", ["40.01", "0", "-0.01"])
def test_more_than_is_left_nothing_and_less_than_nothing_are_refused(till: Till, amount: str) -> None:
    order = bought(till)
    clerk, events = staff(), OrderEvent.objects.count()

    with pytest.raises(RefundTooLarge) as caught:
        refunds.ask(clerk, order.pk, Decimal(amount), "")

    assert caught.value.details == {"rest": "40.00"}
    assert (Refund.objects.exists(), asked_for(till), OrderEvent.objects.count()) == (False, [], events)
    assert money_of(order) == (4000, 0, "paid")


def test_an_amount_with_a_fraction_of_a_cent_is_refused(till: Till) -> None:
    order = bought(till)

    with pytest.raises(AmountNotChargeable):
        refunds.ask(staff(), order.pk, Decimal("1.005"), "")

    assert not Refund.objects.exists()


def test_what_is_not_paid_cannot_be_given_back(till: Till) -> None:
    pending(till)
    order = Order.objects.get()

    with pytest.raises(RefundTooLarge) as caught:
        refunds.ask(staff(), order.pk, None, "")

    assert caught.value.details == {"rest": "0.00"}
    assert not Refund.objects.exists()


def test_an_order_that_is_not_there_is_not_found(till: Till) -> None:
    with pytest.raises(OrderNotFound):
        refunds.ask(Actor(kind="staff"), 4711, None, "")


def test_what_happened_is_on_record_with_who_asked_for_it(till: Till) -> None:
    order, clerk = bought(till), staff()

    refund = refunds.ask(clerk, order.pk, Decimal("7.50"), "scratched")

    asked, done = OrderEvent.objects.order_by("-pk")[:2][::-1]
    assert (asked.kind, asked.actor_kind, asked.user_id) == ("refund_requested", "staff", clerk.user_id)
    assert asked.data == {"amount": "7.50", "reason": "scratched"}
    assert (done.kind, done.actor_kind) == ("refund_succeeded", "stripe")
    assert done.data == {"refund": str(refund.pk), "amount": "7.50", "source": "staff"}
    assert {event.from_status for event in (asked, done)} == {event.to_status for event in (asked, done)} == {"processing"}


def test_the_owed_job_finds_nothing_left_to_do(till: Till) -> None:
    order = bought(till)
    refunds.ask(staff(), order.pk, None, "")

    assert do_owed_jobs()[1] == 0

    assert Job.objects.filter(kind="refund").count() == 1
    assert (len(asked_for(till)), refunds_of(order)) == (1, [(4000, "succeeded", "staff")])


def test_the_provider_is_asked_under_the_refunds_own_key_and_told_its_id(till: Till) -> None:
    order = bought(till)

    refund = refunds.ask(staff(), order.pk, Decimal("12.34"), "")

    (call,) = asked_for(till)
    assert call["key"] == str(refund.pk)
    assert call["params"]["amount"] == "1234"
    assert call["params"]["metadata"] == {"refund": str(refund.pk)}


def test_units_come_back_on_the_shelf_only_where_that_is_asked_for(till: Till) -> None:
    order, clerk = bought(till, 3), staff()
    item = order.items.get().pk

    refunds.ask(clerk, order.pk, Decimal("20.00"), "", [Returned(item, 1)])
    assert (item_of(order), stock_of()) == ((1, 0), (7, 0))
    refunds.ask(clerk, order.pk, Decimal("20.00"), "", [Returned(item, 1, restock=True)])

    assert (item_of(order), stock_of()) == ((2, 1), (8, 0))
    movement = StockMovement.objects.get(reason="return")
    assert (movement.delta, movement.reference, movement.user_id) == (1, order.number, clerk.user_id)


@pytest.mark.parametrize("quantity", [3])
def test_more_units_than_were_bought_are_not_returned(till: Till, quantity: int) -> None:
    order = bought(till)

    with pytest.raises(RefundTooLarge):
        refunds.ask(staff(), order.pk, Decimal("1.00"), "", [Returned(order.items.get().pk, quantity, restock=True)])

    assert (item_of(order), stock_of(), Refund.objects.exists(), asked_for(till)) == ((0, 0), (8, 0), False, [])


@pytest.mark.parametrize(
    "quantity",
    [
        0,
        -1,
    ],
)
def test_no_unit_and_less_than_none_are_not_returned(till: Till, quantity: int) -> None:
    order = bought(till)

    with pytest.raises(RefundTooLarge):
        refunds.ask(staff(), order.pk, Decimal("1.00"), "", [Returned(order.items.get().pk, quantity, restock=True)])

    assert not Refund.objects.exists()


def test_a_unit_is_returned_once(till: Till) -> None:
    order, clerk = bought(till), staff()
    line = Returned(order.items.get().pk, 2, restock=True)
    refunds.ask(clerk, order.pk, Decimal("1.00"), "", [line])

    with pytest.raises(RefundTooLarge):
        refunds.ask(clerk, order.pk, Decimal("1.00"), "", [line])

    assert (item_of(order), stock_of(), Refund.objects.count()) == ((2, 2), (10, 0), 1)


def test_a_line_that_is_named_twice_counts_twice(till: Till) -> None:
    order = bought(till)
    line = Returned(order.items.get().pk, 1, restock=True)

    refunds.ask(staff(), order.pk, Decimal("1.00"), "", [line, line])

    assert (item_of(order), stock_of()) == ((2, 2), (10, 0))


def test_a_line_of_another_order_is_not_returned(till: Till) -> None:
    order = bought(till)
    other = Order.objects.create(
        number="260101-AAAAAA", status="processing", payment_method="cod", market="in", currency="INR", **ZERO
    )
    theirs = OrderItem.objects.create(order=other, name="Mug", sku="MUG", unit_price=1, quantity=1, line_total=1)

    with pytest.raises(RefundTooLarge):
        refunds.ask(staff(), order.pk, Decimal("1.00"), "", [Returned(theirs.pk, 1)])

    theirs.refresh_from_db()
    assert (theirs.refunded_quantity, Refund.objects.exists()) == (0, False)


ZERO = {"subtotal": 0, "total": 0}


@pytest.mark.parametrize("refund", [True, False])
def test_what_a_cancelled_order_has_put_back_is_not_put_back_again(till: Till, refund: bool) -> None:
    order, clerk = bought(till), staff()
    refunds.ask(clerk, order.pk, Decimal("1.00"), "", [Returned(order.items.get().pk, 1, restock=True)])

    cancellation.cancel(clerk, order.pk, "", refund=refund)

    assert stock_of() == (10, 0)
    assert money_of(order)[1] == (4000 if refund else 100)


def test_after_a_cancellation_there_are_no_units_to_give_back_but_the_money_is(till: Till) -> None:
    order, clerk = bought(till), staff()
    cancellation.cancel(clerk, order.pk, "", refund=False)
    assert stock_of() == (10, 0)

    with pytest.raises(InvalidTransition):
        refunds.ask(clerk, order.pk, None, "", [Returned(order.items.get().pk, 2, restock=True)])
    refunds.ask(clerk, order.pk, None, "")

    assert stock_of() == (10, 0)
    assert money_of(order)[1] == 4000
