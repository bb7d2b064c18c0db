"""What calls the merchant's attention to an order: one flag is shown, the most urgent, and each is on record"""

import re

import pytest
from django.test import Client

from core.actors import SYSTEM
from orders.models import Order
from orders.payments import refunds
from orders.state import transitions
from orders.tests.factories import customer, placed
from orders.tests.payments.invariants import kinds
from orders.tests.payments.paid_orders import REFUNDING, bought, charge_of, lamps, pending, staff, take_flag_away
from orders.tests.payments.reconciliation.test_sync_payments import pass_time, sync
from orders.tests.payments.till import Till
from tests.admin.browsers import superuser
from tests.admin.test_orders import ORDERS, act

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_flags_the_more_urgent_is_shown_and_both_are_on_record(till: Till, is_reversed: bool) -> None:
    order = bought(till)
    for what in ("refund", "dispute") if is_reversed else ("dispute", "refund"):
        if what == "dispute":
            till.emulator.dispute(charge_of(till, order))
        else:
            till.emulator.refund_charge(charge_of(till, order), 500)
        assert set(till.deliver()) == {200}

    assert Order.objects.get().attention == "dispute"
    assert {"dispute", "external_refund"} <= set(kinds(order.number))


def test_a_refund_that_failed_is_not_hidden_by_one_of_the_dashboard(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})
    refunds.ask(staff(), order.pk, None, "late")
    till.emulator.refund_charge(charge_of(till, order), 100)

    assert set(till.deliver()) == {200}

    assert Order.objects.get().attention == "refund_failed"
    assert kinds(order.number).count("refund_failed") == 1


@pytest.mark.parametrize("rank", range(len(transitions.URGENCY) - 1))
def test_no_flag_makes_way_for_a_less_urgent_one(rank: int) -> None:
    client = customer()
    lamps(client)
    placed(client)
    order = Order.objects.get()
    more, less = transitions.URGENCY[rank : rank + 2]

    for first, then in ((more, less), (less, more)):
        order.attention = ""
        transitions.flag(order, first, SYSTEM, before=then)
        transitions.flag(order, then, SYSTEM, after=first)

        assert Order.objects.get().attention == more


def test_a_dispute_that_is_lost_after_its_flag_was_taken_away_is_flagged_again_over_a_less_urgent_one(till: Till) -> None:
    order = bought(till)
    till.emulator.dispute(charge_of(till, order))
    assert set(till.deliver()) == {200}
    take_flag_away(order, "dispute")
    till.emulator.refund_charge(charge_of(till, order), 500)
    assert set(till.deliver()) == {200}
    assert Order.objects.get().attention == "external_refund"

    till.emulator.dispute(charge_of(till, order), "lost")
    assert set(till.deliver()) == {200}

    assert Order.objects.get().attention == "dispute"


def test_a_hidden_flag_is_told_once_too() -> None:
    client = customer()
    lamps(client)
    placed(client)
    order = Order.objects.get()
    transitions.flag(order, "dispute", SYSTEM, dispute="d1")

    for _ in range(2):
        transitions.flag(order, "external_refund", SYSTEM, refund="r1")
    transitions.flag(order, "external_refund", SYSTEM, refund="r2")

    assert (kinds(order.number).count("external_refund"), order.attention) == (2, "dispute")
    assert transitions.waiting(order) == {"dispute", "external_refund"}


def test_a_flag_is_taken_away_by_who_has_seen_it_and_no_other_with_it(till: Till) -> None:
    order, desk = bought(till), superuser()
    till.emulator.refund_charge(charge_of(till, order), 500)
    assert set(till.deliver()) == {200}
    seen = seen_flag(desk, order, "The flag is: external refund.")
    till.emulator.dispute(charge_of(till, order))
    assert set(till.deliver()) == {200}

    said = act(desk, order, "settle", **seen)

    assert "The flag is taken away. The next is: dispute." in said
    assert (seen["code"], Order.objects.get().attention) == ("external_refund", "dispute")
    for _ in range(2):  # the page is sent once more
        act(desk, order, "settle", **seen)
    assert Order.objects.get().attention == "dispute"
    assert "The flag is taken away." in act(desk, order, "settle", **seen_flag(desk, order, "The flag is: dispute."))
    assert Order.objects.get().attention == ""


def test_a_flag_stays_where_there_is_another_reason_for_it_by_now(till: Till) -> None:
    order, desk = bought(till), superuser()
    till.emulator.refund_charge(charge_of(till, order), 500)
    assert set(till.deliver()) == {200}
    seen = seen_flag(desk, order, "The flag is: external refund.")
    till.emulator.refund_charge(charge_of(till, order), 700)
    assert set(till.deliver()) == {200}

    said = act(desk, order, "settle", **seen)

    assert "It was flagged once more in the meantime. Look at the order again" in said
    assert Order.objects.get().attention == "external_refund"
    act(desk, order, "settle", **seen_flag(desk, order, "The flag is: external refund."))
    assert Order.objects.get().attention == ""
    assert "There is no flag any more." in desk.get(f"{ORDERS}{order.pk}/desk/settle/").content.decode()
    assert "There is no flag to take away" in act(desk, order, "settle", code="", seen="0")  # as from that page


def test_a_reason_of_before_is_told_anew_after_its_flag_was_taken_away(till: Till) -> None:
    order = bought(till)
    for dispute in ("dp_1", "dp_2"):
        transitions.flag(order, "dispute", SYSTEM, dispute=dispute)
        if dispute == "dp_1":
            take_flag_away(order, "dispute")
            order.refresh_from_db()

    for _ in range(2):
        transitions.flag(order, "dispute", SYSTEM, dispute="dp_1")

    told = order.events.filter(kind="dispute").order_by("pk").values_list("data__dispute", flat=True)
    assert list(told) == ["dp_1", "dp_2", "dp_1"]


def seen_flag(desk: Client, order: Order, words: str) -> dict[str, str]:
    """Open the page that takes a flag away, which says this, and return what its form holds."""
    page = desk.get(f"{ORDERS}{order.pk}/desk/settle/").content.decode()
    assert words in page
    return dict(re.findall(r'name="(code|seen)" value="(\w+)"', page))


def test_money_that_was_overdue_and_has_come_is_flagged_no_more(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    assert set(till.deliver()) == {200}
    pass_time(8 * 24 * 60)
    assert sync().code == 2
    assert Order.objects.get().attention == "payment_overdue"

    till.emulator.async_succeed(order["session_id"])
    assert set(till.deliver()) == {200}

    row = Order.objects.get()
    assert (row.status, row.attention) == ("processing", "")
