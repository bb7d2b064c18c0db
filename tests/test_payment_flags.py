"""What calls the merchant's attention to an order: one flag is shown, the most urgent, and each is on record"""

import pytest

from orders import refunds, transitions
from orders.models import Order
from orders.tests.factories import customer, placed
from store.core.actors import SYSTEM
from tests.bought import REFUNDING, bought, charge_of, lamps, pending, staff
from tests.payment_books import kinds
from tests.payments import Till
from tests.test_payment_sync import pass_time, sync

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
    transitions.settle_attention_of(order.pk, staff())
    till.emulator.refund_charge(charge_of(till, order), 500)
    assert set(till.deliver()) == {200}
    assert Order.objects.get().attention == "external_refund"

    till.emulator.dispute(charge_of(till, order), "lost")
    assert set(till.deliver()) == {200}

    assert Order.objects.get().attention == "dispute"


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
