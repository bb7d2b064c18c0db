"""Staff refund card payments"""

from decimal import Decimal

import pytest

from core.actors import Actor
from core.models import Job
from orders.exceptions import AmountNotChargeable, InvalidTransition, OrderNotFound, RefundTooLarge
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, OrderItem, Refund
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import (
    create_paid_order,
    create_pending_order,
    get_amounts,
    get_refund_requests,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from products.models import StockMovement

pytestmark = pytest.mark.django_db


def get_item_units(order: Order) -> tuple[int, int]:
    """Return the refunded and the restocked units of the order's only line."""
    return OrderItem.objects.values_list("refunded_quantity", "restocked_quantity").get(order=order)


def test_the_rest_is_refunded_if_no_amount_is_given(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    refund = refunds.request_refund(clerk, order.pk, None, "broken")

    assert (refund.state, refund.amount, refund.amount_minor, refund.source) == ("succeeded", Decimal("40.00"), 4000, "staff")
    assert (refund.reason, refund.created_by_id, refund.payment) == ("broken", clerk.user_id, order.payments.get())
    assert refund.provider_id is not None
    assert refund.provider_id.startswith("re_")
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 4000, "refunded"), [4000])
    assert (get_statuses(order.number)[0], get_stock()) == ("processing", (8, 0))


def test_the_providers_own_events_about_it_change_nothing(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(make_staff_actor(), order.pk, Decimal("10.00"), "late")
    events = OrderEvent.objects.count()

    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(1000, "succeeded", "staff")]
    assert get_amounts(order) == (4000, 1000, "partially_refunded")
    assert (OrderEvent.objects.count(), Order.objects.get().attention) == (events, "")


def test_several_parts_add_up_and_not_more_than_all_goes_back(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    for amount in ("10.00", "0.01", "29.99"):
        assert refunds.request_refund(clerk, order.pk, Decimal(amount), "").state == "succeeded"

    assert get_amounts(order) == (4000, 4000, "refunded")
    assert get_refunded_amounts(card_payments) == [4000]
    with pytest.raises(RefundTooLarge) as excinfo:
        refunds.request_refund(clerk, order.pk, Decimal("0.01"), "")
    assert excinfo.value.details == {"rest": "0.00"}
    with pytest.raises(RefundTooLarge):
        refunds.request_refund(clerk, order.pk, None, "")
    assert (Refund.objects.count(), len(get_refund_requests(card_payments))) == (3, 3)


@pytest.mark.parametrize("amount", ["40.01", "0", "-0.01"])
def test_more_than_is_left_nothing_and_less_than_nothing_are_refused(card_payments: CardPayments, amount: str) -> None:
    order = create_paid_order(card_payments)
    clerk, events = make_staff_actor(), OrderEvent.objects.count()

    with pytest.raises(RefundTooLarge) as excinfo:
        refunds.request_refund(clerk, order.pk, Decimal(amount), "")

    assert excinfo.value.details == {"rest": "40.00"}
    assert (Refund.objects.exists(), get_refund_requests(card_payments), OrderEvent.objects.count()) == (False, [], events)
    assert get_amounts(order) == (4000, 0, "paid")


def test_an_amount_with_a_fraction_of_a_cent_is_refused(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)

    with pytest.raises(AmountNotChargeable):
        refunds.request_refund(make_staff_actor(), order.pk, Decimal("1.005"), "")

    assert not Refund.objects.exists()


def test_what_is_not_paid_cannot_be_given_back(card_payments: CardPayments) -> None:
    create_pending_order(card_payments)
    order = Order.objects.get()

    with pytest.raises(RefundTooLarge) as excinfo:
        refunds.request_refund(make_staff_actor(), order.pk, None, "")

    assert excinfo.value.details == {"rest": "0.00"}
    assert not Refund.objects.exists()


def test_an_order_that_is_not_there_is_not_found(card_payments: CardPayments) -> None:
    with pytest.raises(OrderNotFound):
        refunds.request_refund(Actor(kind="staff"), 4711, None, "")


def test_a_refund_is_recorded_with_its_actor(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()

    refund = refunds.request_refund(clerk, order.pk, Decimal("7.50"), "scratched")

    asked, done = OrderEvent.objects.order_by("-pk")[:2][::-1]
    assert (asked.kind, asked.actor_kind, asked.user_id) == ("refund_requested", "staff", clerk.user_id)
    assert asked.data == {"amount": "7.50", "reason": "scratched"}
    assert (done.kind, done.actor_kind) == ("refund_succeeded", "stripe")
    assert done.data == {"refund": str(refund.pk), "amount": "7.50", "source": "staff"}
    assert {event.from_status for event in (asked, done)} == {event.to_status for event in (asked, done)} == {"processing"}


def test_the_queued_job_finds_nothing_left_to_do(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(make_staff_actor(), order.pk, None, "")

    assert run_pending_jobs()[1] == 0

    assert Job.objects.filter(kind="refund").count() == 1
    assert (len(get_refund_requests(card_payments)), get_refunds(order)) == (1, [(4000, "succeeded", "staff")])


def test_the_provider_gets_the_refunds_key_and_id(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)

    refund = refunds.request_refund(make_staff_actor(), order.pk, Decimal("12.34"), "")

    (call,) = get_refund_requests(card_payments)
    assert call["key"] == str(refund.pk)
    assert call["params"]["amount"] == "1234"
    assert call["params"]["metadata"] == {"refund": str(refund.pk)}


def test_units_are_restocked_only_on_request(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments, 3), make_staff_actor()
    item = order.items.get().pk

    refunds.request_refund(clerk, order.pk, Decimal("20.00"), "", [RefundLine(item, 1)])
    assert (get_item_units(order), get_stock()) == ((1, 0), (7, 0))
    refunds.request_refund(clerk, order.pk, Decimal("20.00"), "", [RefundLine(item, 1, restock=True)])

    assert (get_item_units(order), get_stock()) == ((2, 1), (8, 0))
    movement = StockMovement.objects.get(reason="return")
    assert (movement.delta, movement.reference, movement.user_id) == (1, order.number, clerk.user_id)


@pytest.mark.parametrize("quantity", [3])
def test_more_units_than_were_bought_are_not_returned(card_payments: CardPayments, quantity: int) -> None:
    order = create_paid_order(card_payments)

    with pytest.raises(RefundTooLarge):
        refunds.request_refund(
            make_staff_actor(), order.pk, Decimal("1.00"), "", [RefundLine(order.items.get().pk, quantity, restock=True)]
        )

    assert (get_item_units(order), get_stock(), Refund.objects.exists(), get_refund_requests(card_payments)) == (
        (0, 0),
        (8, 0),
        False,
        [],
    )


@pytest.mark.parametrize(
    "quantity",
    [
        0,
        -1,
    ],
)
def test_no_unit_and_less_than_none_are_not_returned(card_payments: CardPayments, quantity: int) -> None:
    order = create_paid_order(card_payments)

    with pytest.raises(RefundTooLarge):
        refunds.request_refund(
            make_staff_actor(), order.pk, Decimal("1.00"), "", [RefundLine(order.items.get().pk, quantity, restock=True)]
        )

    assert not Refund.objects.exists()


def test_a_unit_is_returned_once(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    line = RefundLine(order.items.get().pk, 2, restock=True)
    refunds.request_refund(clerk, order.pk, Decimal("1.00"), "", [line])

    with pytest.raises(RefundTooLarge):
        refunds.request_refund(clerk, order.pk, Decimal("1.00"), "", [line])

    assert (get_item_units(order), get_stock(), Refund.objects.count()) == ((2, 2), (10, 0), 1)


def test_a_line_that_is_named_twice_counts_twice(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    line = RefundLine(order.items.get().pk, 1, restock=True)

    refunds.request_refund(make_staff_actor(), order.pk, Decimal("1.00"), "", [line, line])

    assert (get_item_units(order), get_stock()) == ((2, 2), (10, 0))


def test_a_line_of_another_order_is_not_returned(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    other = Order.objects.create(
        number="260101-AAAAAA", status="processing", payment_method="cod", market="in", currency="INR", **NO_CHARGES
    )
    foreign_item = OrderItem.objects.create(order=other, name="Mug", sku="MUG", unit_price=1, quantity=1, line_total=1)

    with pytest.raises(RefundTooLarge):
        refunds.request_refund(make_staff_actor(), order.pk, Decimal("1.00"), "", [RefundLine(foreign_item.pk, 1)])

    foreign_item.refresh_from_db()
    assert (foreign_item.refunded_quantity, Refund.objects.exists()) == (0, False)


NO_CHARGES = {"subtotal": 0, "total": 0}


@pytest.mark.parametrize("refund", [True, False])
def test_what_a_cancelled_order_has_put_back_is_not_put_back_again(card_payments: CardPayments, refund: bool) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    refunds.request_refund(clerk, order.pk, Decimal("1.00"), "", [RefundLine(order.items.get().pk, 1, restock=True)])

    cancellation.cancel_order(clerk, order.pk, "", refund=refund)

    assert get_stock() == (10, 0)
    assert get_amounts(order)[1] == (4000 if refund else 100)


def test_after_a_cancellation_there_are_no_units_to_give_back_but_the_money_is(card_payments: CardPayments) -> None:
    order, clerk = create_paid_order(card_payments), make_staff_actor()
    cancellation.cancel_order(clerk, order.pk, "", refund=False)
    assert get_stock() == (10, 0)

    with pytest.raises(InvalidTransition):
        refunds.request_refund(clerk, order.pk, None, "", [RefundLine(order.items.get().pk, 2, restock=True)])
    refunds.request_refund(clerk, order.pk, None, "")

    assert get_stock() == (10, 0)
    assert get_amounts(order)[1] == 4000
