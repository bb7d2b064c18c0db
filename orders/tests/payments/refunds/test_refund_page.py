"""The refund page of the admin: one submission is one refund, and going back to a page keeps what was filled in"""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from accounts.tests.concurrency import run_concurrently
from orders.models import Order
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import get_event_kinds
from orders.tests.payments.paid_orders import (
    REFUND_CALL,
    create_paid_order,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from tests.admin.staff_clients import make_superuser_client
from tests.admin.test_orders import ORDERS, run_action


@pytest.fixture
def superuser_client(db: None) -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def get_hidden_fields(superuser_client: Client, order: Order) -> dict[str, str]:
    """Open the refund page of an order and return the hidden fields that identify the submission."""
    page = superuser_client.get(f"{ORDERS}{order.pk}/action/refund/").content.decode()
    fields = dict(re.findall(r'name="(page|seen)" value="([0-9a-f-]+)"', page))
    assert len(fields) == 2
    return fields


@pytest.mark.django_db
def test_two_clicks_on_one_page_are_one_refund_and_another_page_is_another(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_paid_order(card_payments)
    item = order.items.get()
    form_data = {"amount": "10.00", "reason": "late", f"units_{item.pk}": "1"}
    page = get_hidden_fields(superuser_client, order)

    pages = [run_action(superuser_client, order, "refund", **form_data, **page) for _ in range(2)]

    assert all("₹10.00: the refund is Succeeded." in page_text for page_text in pages)
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(1000, "succeeded", "staff")], [1000])
    item.refresh_from_db()
    assert (item.refunded_quantity, get_event_kinds(order.number).count("refund_requested")) == (1, 1)
    run_action(
        superuser_client, order, "refund", **{**form_data, f"units_{item.pk}": "0"}, **get_hidden_fields(superuser_client, order)
    )
    assert get_refunded_amounts(card_payments) == [2000]


@pytest.mark.django_db
@pytest.mark.parametrize(("units", "is_asked"), [("1", True), ("2", False), ("0", False), ("", False)])
def test_for_some_of_the_units_the_amount_is_asked_for(
    card_payments: CardPayments, superuser_client: Client, units: str, is_asked: bool
) -> None:
    order = create_paid_order(card_payments)
    form_data = {
        "amount": "",
        "reason": "late",
        f"units_{order.items.get().pk}": units,
        **get_hidden_fields(superuser_client, order),
    }

    page = run_action(superuser_client, order, "refund", **form_data)

    assert ("₹20.00 was paid for these units and is not yet refunded. Check the amount" in page) == is_asked
    assert get_refunded_amounts(card_payments) == [0 if is_asked else 4000]


@pytest.mark.django_db
def test_a_second_click_is_the_same_refund_where_nothing_is_left_of_its_line(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_paid_order(card_payments)
    item = order.items.get()
    form_data = {
        "amount": "10.00",
        "reason": "late",
        f"units_{item.pk}": "2",
        f"restock_{item.pk}": "on",
        **get_hidden_fields(superuser_client, order),
    }

    pages = [run_action(superuser_client, order, "refund", **form_data) for _ in range(2)]

    assert all("₹10.00: the refund is Succeeded." in page_text for page_text in pages)
    assert (get_refunds(order), get_refunded_amounts(card_payments), get_stock()) == (
        [(1000, "succeeded", "staff")],
        [1000],
        (10, 0),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"amount": "15.00"}, {"reason": "lost"}, {"amount": ""}])
def test_new_values_on_an_old_page_are_refused(
    card_payments: CardPayments, superuser_client: Client, changed: dict[str, str]
) -> None:
    order = create_paid_order(card_payments)
    page = {"amount": "10.00", "reason": "late", **get_hidden_fields(superuser_client, order)}
    run_action(superuser_client, order, "refund", **page)

    for _ in range(2):
        assert "The refunds of this order have changed in the meantime" in run_action(
            superuser_client, order, "refund", **page | changed
        )

    assert get_refunds(order) == [(1000, "succeeded", "staff")]
    assert "the refund is Succeeded." in run_action(
        superuser_client, order, "refund", **page | changed | get_hidden_fields(superuser_client, order)
    )


@pytest.mark.django_db
def test_a_refund_that_failed_is_tried_again_from_the_order_and_not_by_more_clicks(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_paid_order(card_payments)
    page = {"amount": "10.00", "reason": "late", **get_hidden_fields(superuser_client, order)}
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})

    pages = [run_action(superuser_client, order, "refund", **page) for _ in range(3)]

    assert all("the refund is Failed. To try again, go back to the order" in page_text for page_text in pages)
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(1000, "failed", "staff")], [0])
    form_data = {**page, **get_hidden_fields(superuser_client, order)}
    assert all("the refund is Succeeded." in run_action(superuser_client, order, "refund", **form_data) for _ in range(2))
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == (
        [(1000, "failed", "staff"), (1000, "succeeded", "staff")],
        [1000],
    )


@pytest.mark.django_db
def test_a_refund_that_was_made_though_it_seemed_refused_is_looked_for_before_another(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_paid_order(card_payments)
    page = {"amount": "10.00", "reason": "late", **get_hidden_fields(superuser_client, order)}
    card_payments.emulator.set_faults(
        {"match": REFUND_CALL, "do": {"close": "after"}}, {"match": REFUND_CALL, "do": {"status": 400}}
    )
    assert "the refund is Failed" in run_action(superuser_client, order, "refund", **page)
    assert "the refund is Failed" in run_action(superuser_client, order, "refund", **page)

    form_data = {**page, **get_hidden_fields(superuser_client, order)}
    pages = [run_action(superuser_client, order, "refund", **form_data) for _ in range(3)]

    assert "The payment provider reports new refunds of this order" in pages[0]
    assert all("The refunds of this order have changed in the meantime" in page_text for page_text in pages[1:])
    assert (get_refunds(order), get_refunded_amounts(card_payments)) == ([(1000, "succeeded", "staff")], [1000])
    assert Order.objects.get().attention == ""


@pytest.mark.django_db
def test_units_that_a_colleague_has_given_back_meanwhile_are_not_left_out_in_silence(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_paid_order(card_payments)
    item = order.items.get()
    form_data = {
        "amount": "20.00",
        "reason": "late",
        f"units_{item.pk}": "2",
        f"restock_{item.pk}": "on",
        **get_hidden_fields(superuser_client, order),
    }
    refunds.request_refund(make_staff_actor(), order.pk, Decimal("10.00"), "late", [RefundLine(item.pk, 2)])

    page_text = run_action(superuser_client, order, "refund", **form_data)

    assert "The refunds of this order have changed in the meantime" in page_text
    del form_data["seen"]
    assert "More units than were bought and not refunded yet" in run_action(superuser_client, order, "refund", **form_data)
    assert (get_refunds(order), get_stock()) == ([(1000, "succeeded", "staff")], (8, 0))


@pytest.mark.django_db
@pytest.mark.parametrize("units", ["3", "10000000000000000000", "-1"])
def test_more_units_than_were_ordered_are_refused(card_payments: CardPayments, superuser_client: Client, units: str) -> None:
    order = create_paid_order(card_payments)

    page_text = run_action(
        superuser_client, order, "refund", amount="5.00", reason="late", **{f"units_{order.items.get().pk}": units}
    )

    assert "Ensure this value is" in page_text
    assert get_refunds(order) == []


@pytest.mark.django_db
def test_a_malformed_page_id_is_refused(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments)

    assert "Enter a valid UUID." in run_action(superuser_client, order, "refund", amount="5.00", reason="late", page="nonsense")

    assert get_refunds(order) == []


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_one_moment_are_one_refund(card_payments: CardPayments) -> None:
    order, clerk, refund = create_paid_order(card_payments), make_staff_actor(), uuid4()
    line = RefundLine(order.items.get().pk, 1, restock=True)

    refund_ids = run_concurrently(
        3, lambda _: refunds.request_refund(clerk, order.pk, Decimal("10.00"), "", [line], refund_id=refund).pk
    )

    assert refund_ids == [refund] * 3
    run_pending_jobs()
    assert (get_refunds(order), get_refunded_amounts(card_payments), get_stock()) == (
        [(1000, "succeeded", "staff")],
        [1000],
        (9, 0),
    )
