"""The refund page of the admin: one click is one refund, and a page that was gone back to is what is filled in on it"""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from accounts.tests.crowd import at_once
from orders.models import Order
from orders.payments import refunds
from orders.payments.refund_lines import Returned
from orders.tests.payments.invariants import kinds
from orders.tests.payments.paid_orders import REFUNDING, bought, do_owed_jobs, given_back, refunds_of, staff, stock_of
from orders.tests.payments.till import Till
from tests.admin.browsers import superuser
from tests.admin.test_orders import ORDERS, act


@pytest.fixture
def desk(db: None) -> Client:
    """The browser of a superuser."""
    return superuser()


def hidden(desk: Client, order: Order) -> dict[str, str]:
    """Open the refund page of an order, and return the hidden fields that make it one refund."""
    page = desk.get(f"{ORDERS}{order.pk}/desk/refund/").content.decode()
    found = dict(re.findall(r'name="(page|seen)" value="([0-9a-f-]+)"', page))
    assert len(found) == 2
    return found


@pytest.mark.django_db
def test_two_clicks_on_one_page_are_one_refund_and_another_page_is_another(till: Till, desk: Client) -> None:
    order = bought(till)
    item = order.items.get()
    given = {"amount": "10.00", "reason": "late", f"units_{item.pk}": "1"}
    page = hidden(desk, order)

    said = [act(desk, order, "refund", **given, **page) for _ in range(2)]

    assert all("10.00 INR: the refund is Succeeded." in one for one in said)
    assert (refunds_of(order), given_back(till)) == ([(1000, "succeeded", "staff")], [1000])
    item.refresh_from_db()
    assert (item.refunded_quantity, kinds(order.number).count("refund_requested")) == (1, 1)
    act(desk, order, "refund", **{**given, f"units_{item.pk}": "0"}, **hidden(desk, order))
    assert given_back(till) == [2000]


@pytest.mark.django_db
@pytest.mark.parametrize(("units", "is_asked"), [("1", True), ("2", False), ("0", False), ("", False)])
def test_for_some_of_the_units_the_amount_is_asked_for(till: Till, desk: Client, units: str, is_asked: bool) -> None:
    order = bought(till)
    given = {"amount": "", "reason": "late", f"units_{order.items.get().pk}": units, **hidden(desk, order)}

    page = act(desk, order, "refund", **given)

    assert ("How much? Empty would give back the money of the other units too" in page) == is_asked
    assert given_back(till) == [0 if is_asked else 4000]


@pytest.mark.django_db
def test_a_second_click_is_the_same_refund_where_nothing_is_left_of_its_line(till: Till, desk: Client) -> None:
    order = bought(till)
    item = order.items.get()
    given = {"amount": "10.00", "reason": "late", f"units_{item.pk}": "2", f"restock_{item.pk}": "on", **hidden(desk, order)}

    said = [act(desk, order, "refund", **given) for _ in range(2)]

    assert all("10.00 INR: the refund is Succeeded." in one for one in said)
    assert (refunds_of(order), given_back(till), stock_of()) == ([(1000, "succeeded", "staff")], [1000], (10, 0))


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"amount": "15.00"}, {"reason": "lost"}, {"amount": ""}])
def test_what_is_filled_in_anew_on_a_page_of_before_is_refused(till: Till, desk: Client, changed: dict[str, str]) -> None:
    order = bought(till)
    page = {"amount": "10.00", "reason": "late", **hidden(desk, order)}
    act(desk, order, "refund", **page)

    for _ in range(2):
        assert "The refunds of this order have changed in the meantime" in act(desk, order, "refund", **page | changed)

    assert refunds_of(order) == [(1000, "succeeded", "staff")]
    assert "the refund is Succeeded." in act(desk, order, "refund", **page | changed | hidden(desk, order))


@pytest.mark.django_db
def test_a_refund_that_failed_is_tried_again_from_the_order_and_not_by_more_clicks(till: Till, desk: Client) -> None:
    order = bought(till)
    page = {"amount": "10.00", "reason": "late", **hidden(desk, order)}
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})

    said = [act(desk, order, "refund", **page) for _ in range(3)]

    assert all("the refund is Failed. To try once more, go back to the order" in one for one in said)
    assert (refunds_of(order), given_back(till)) == ([(1000, "failed", "staff")], [0])
    again = {**page, **hidden(desk, order)}
    assert all("the refund is Succeeded." in act(desk, order, "refund", **again) for _ in range(2))
    assert (refunds_of(order), given_back(till)) == ([(1000, "failed", "staff"), (1000, "succeeded", "staff")], [1000])


@pytest.mark.django_db
def test_a_refund_that_was_made_though_it_seemed_refused_is_looked_for_before_another(till: Till, desk: Client) -> None:
    order = bought(till)
    page = {"amount": "10.00", "reason": "late", **hidden(desk, order)}
    till.emulator.faults({"match": REFUNDING, "do": {"close": "after"}}, {"match": REFUNDING, "do": {"status": 400}})
    assert "the refund is Failed" in act(desk, order, "refund", **page)
    assert "the refund is Failed" in act(desk, order, "refund", **page)

    again = {**page, **hidden(desk, order)}
    said = [act(desk, order, "refund", **again) for _ in range(3)]

    assert "The payment provider tells something new about the refunds of this order" in said[0]
    assert all("The refunds of this order have changed in the meantime" in one for one in said[1:])
    assert (refunds_of(order), given_back(till)) == ([(1000, "succeeded", "staff")], [1000])
    assert Order.objects.get().attention == ""


@pytest.mark.django_db
def test_units_that_a_colleague_has_given_back_meanwhile_are_not_left_out_in_silence(till: Till, desk: Client) -> None:
    order = bought(till)
    item = order.items.get()
    mine = {"amount": "20.00", "reason": "late", f"units_{item.pk}": "2", f"restock_{item.pk}": "on", **hidden(desk, order)}
    refunds.ask(staff(), order.pk, Decimal("10.00"), "late", [Returned(item.pk, 2)])

    said = act(desk, order, "refund", **mine)

    assert "The refunds of this order have changed in the meantime" in said
    del mine["seen"]
    assert "More units than were bought and not refunded yet" in act(desk, order, "refund", **mine)
    assert (refunds_of(order), stock_of()) == ([(1000, "succeeded", "staff")], (8, 0))


@pytest.mark.django_db
@pytest.mark.parametrize("units", ["3", "10000000000000000000", "-1"])
def test_more_units_than_were_ordered_are_refused(till: Till, desk: Client, units: str) -> None:
    order = bought(till)

    said = act(desk, order, "refund", amount="5.00", reason="late", **{f"units_{order.items.get().pk}": units})

    assert "Ensure this value is" in said
    assert refunds_of(order) == []


@pytest.mark.django_db
def test_a_page_that_names_itself_wrongly_is_told(till: Till, desk: Client) -> None:
    order = bought(till)

    assert "Enter a valid UUID." in act(desk, order, "refund", amount="5.00", reason="late", page="nonsense")

    assert refunds_of(order) == []


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_one_moment_are_one_refund(till: Till) -> None:
    order, clerk, refund = bought(till), staff(), uuid4()
    line = Returned(order.items.get().pk, 1, restock=True)

    found = at_once(3, lambda _: refunds.ask(clerk, order.pk, Decimal("10.00"), "", [line], refund_id=refund).pk)

    assert found == [refund] * 3
    do_owed_jobs()
    assert (refunds_of(order), given_back(till), stock_of()) == ([(1000, "succeeded", "staff")], [1000], (9, 0))
