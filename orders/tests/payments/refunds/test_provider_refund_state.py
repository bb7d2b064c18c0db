"""What the provider says of refunds holds, whatever the shop has thought: told early, told late, or against its own guess"""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from orders import integrity
from orders.fulfilment import cancellation
from orders.models import Order, OrderItem, Payment, Refund, StripeEvent
from orders.payments import refunds
from orders.payments.refund_lines import Returned
from orders.tests.factories import books
from orders.tests.payments.invariants import came, check_books, give, kinds, mails
from orders.tests.payments.paid_orders import (
    DOWN,
    REFUNDING,
    asked_for,
    bought,
    charge_of,
    do_owed_jobs,
    given_back,
    money_of,
    pending,
    refunds_of,
    staff,
    take_flag_away,
)
from orders.tests.payments.reconciliation.test_sync_payments import sync
from orders.tests.payments.till import Till, status_of
from products.models import Variant
from tests.admin.test_orders import act

COMPLETED = "checkout.session.completed"
LISTING = {"method": "GET", "path": "refunds"}
# The effect, no answer, and the second try of Stripe's own package refused: the shop takes the refund for refused.
MADE_AND_REFUSED = ({"match": REFUNDING, "do": {"close": "after"}}, {"match": REFUNDING, "do": {"status": 400}})
MADE_AND_UNHEARD = ({"match": REFUNDING, "do": {"close": "after"}}, {"match": REFUNDING, "do": DOWN})


@pytest.fixture
def desk(db: None) -> Client:
    """The browser of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a staff of oak"))
    return client


def problems() -> list[str]:
    """Return what does not add up."""
    return [str(problem) for problem in integrity.problems()]


def told_of(till: Till, **changed: Any) -> None:
    """Let the provider list its refunds with these fields changed."""
    told = [{**one, **changed} for one in till.emulator.api("GET", "/v1/refunds").json["data"]]
    till.emulator.faults({"match": LISTING, "times": -1, "do": {"tamper": {"data": told}}})


def taken_for_refused(till: Till) -> Order:
    """Return an order of two lamps of which one's money was given back, which the shop takes for refused."""
    order = bought(till)
    till.emulator.faults(*MADE_AND_REFUSED)
    refund = refunds.ask(staff(), order.pk, Decimal("20.00"), "broken", [Returned(order.items.get().pk, 1)])
    assert (refund.state, given_back(till), OrderItem.objects.get().refunded_quantity) == ("failed", [2000], 0)
    assert Order.objects.get().attention == "refund_failed"
    return order


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["the events", "a run over the order", "a run over all"])
def test_a_refund_that_was_taken_for_refused_counts_once_the_provider_tells_of_it(till: Till, who: str) -> None:
    order = taken_for_refused(till)

    if who == "the events":
        assert set(till.deliver()) == {200}
    else:
        came(till)
        assert sync(**({"order": order.number} if who == "a run over the order" else {})).code == 1

    assert refunds_of(order) == [(2000, "succeeded", "staff")]
    assert (OrderItem.objects.get().refunded_quantity, Order.objects.get().attention) == (1, "")
    assert (money_of(order), given_back(till)) == ((4000, 2000, "partially_refunded"), [2000])
    assert (mails("refunded"), problems()) == (1, [])
    check_books(till)


@pytest.mark.django_db
def test_a_refund_that_was_made_after_all_settles_its_own_failure_and_no_other(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}}, *MADE_AND_REFUSED)
    for amount in ("5.00", "20.00"):
        assert refunds.ask(staff(), order.pk, Decimal(amount), "late").state == "failed"

    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(500, "failed", "staff"), (2000, "succeeded", "staff")]
    assert Order.objects.get().attention == "refund_failed"


@pytest.mark.django_db
def test_a_failure_that_was_looked_at_long_ago_keeps_no_other_flag(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})
    assert refunds.ask(staff(), order.pk, Decimal("5.00"), "late").state == "failed"
    take_flag_away(order, "refund_failed")
    till.emulator.faults(*MADE_AND_REFUSED)
    assert refunds.ask(staff(), order.pk, Decimal("20.00"), "broken").state == "failed"
    assert Order.objects.get().attention == "refund_failed"

    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(500, "failed", "staff"), (2000, "succeeded", "staff")]
    assert Order.objects.get().attention == ""


@pytest.mark.django_db
def test_units_that_two_refunds_count_are_taken_back_by_that_which_counted_them(till: Till) -> None:
    order = taken_for_refused(till)
    line = order.items.get().pk
    till.emulator.faults({"match": LISTING, "do": {"tamper": {"data": []}}})  # whose lists may lag behind
    assert refunds.ask(staff(), order.pk, Decimal("10.00"), "the same", [Returned(line, 2)]).state == "succeeded"
    told = came(till)

    assert set(give(till, *told.values())) == {200}
    assert OrderItem.objects.get().refunded_quantity == 2
    made = next(one for one in till.emulator.api("GET", "/v1/refunds").json["data"] if one["amount"] == 2000)
    till.emulator.fail_refund(made["id"])
    assert set(till.deliver()) == {200}

    assert [state for _, state, _ in refunds_of(order)] == ["failed", "succeeded"]
    assert OrderItem.objects.get().refunded_quantity == 2
    check_books(till)


@pytest.mark.django_db
def test_a_refund_that_was_taken_for_refused_and_was_refused_later_counts_nothing_back_twice(till: Till) -> None:
    order = taken_for_refused(till)
    came(till)
    till.emulator.fail_refund(till.emulator.api("GET", "/v1/refunds").json["data"][0]["id"])

    assert set(till.deliver()) == {200}

    assert refunds_of(order) == [(2000, "failed", "staff")]
    assert (OrderItem.objects.get().refunded_quantity, money_of(order)) == (0, (4000, 0, "paid"))
    check_books(till)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refund_whose_answer_was_lost_is_looked_for_before_it_is_asked_for_again(till: Till, status: int) -> None:
    order = bought(till)
    till.emulator.faults(*MADE_AND_UNHEARD)
    assert refunds.ask(staff(), order.pk, Decimal("15.00"), "late").state == "submitted"
    came(till)
    calls = len(asked_for(till))
    till.emulator.clock(25 * 3600)  # by now the provider has forgotten the key
    till.emulator.faults({"match": REFUNDING, "do": {"status": status}})

    assert do_owed_jobs()[1] == 0

    assert (refunds_of(order), given_back(till)) == ([(1500, "succeeded", "staff")], [1500])
    assert (len(asked_for(till)), Order.objects.get().attention) == (calls, "")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403])
def test_an_automatic_refund_outlives_a_key_that_the_provider_does_not_take(till: Till, status: int) -> None:
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    paid = came(till)[COMPLETED]
    Order.objects.update(status="cancelled", stock_state="released", reserved_until=None, cancel_reason="changed my mind")
    Payment.objects.update(state="cancelled")
    Variant.objects.update(reserved=0)
    assert give(till, paid) == [200]
    till.emulator.faults({"match": REFUNDING, "do": {"status": status}})

    assert do_owed_jobs()[1] == 1

    assert Refund.objects.get().state == "submitted"
    assert Order.objects.get().attention == "late_payment"
    assert do_owed_jobs()[1] == 0
    assert (given_back(till), Refund.objects.get().state, Order.objects.get().attention) == ([4000], "succeeded", "")


@pytest.mark.django_db
def test_a_refund_that_is_told_before_its_payment_counts_once_that_is_known(till: Till) -> None:
    _, placed = pending(till)
    till.emulator.pay_later(placed["session_id"])
    assert set(till.deliver()) == {200}
    order = Order.objects.get()
    till.emulator.async_succeed(placed["session_id"])
    paid = came(till)
    till.emulator.refund_charge(charge_of(till, order), 1500)

    assert set(till.deliver()) == {200}
    before = money_of(order)[:2]
    assert set(give(till, *paid.values())) == {200}

    assert before == (0, 0)
    assert (status_of(order.number)[0], refunds_of(order)) == ("processing", [(1500, "succeeded", "external")])
    assert (money_of(order), problems()) == ((4000, 1500, "partially_refunded"), [])
    check_books(till)


@pytest.mark.django_db
def test_a_refund_whose_payment_becomes_known_in_this_moment_is_kept_and_taken_when_it_is_sent_again(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    paid = came(till)[COMPLETED]
    intent = json.loads(paid[0])["data"]["object"]["payment_intent"]
    till.emulator.refund_charge(till.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"])
    back = came(till)["charge.refunded"]
    told: list[list[int]] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Another worker takes the payment's own event when this one has found no payment of that intent yet.
        found = execute(sql, params, many, context)
        if not told and sql.startswith("SELECT") and '"orders_payment"."payment_intent" = ' in sql:
            told.append([])
            told[0] += give(till, paid)
        return found

    with connection.execute_wrapper(meanwhile):
        first = give(till, back)

    event = StripeEvent.objects.get(type="charge.refunded")
    assert (told, first, event.status, event.tries) == ([[200]], [500], "failed", 1)
    assert Payment.objects.get().refunded_minor == 0
    assert give(till, back) == [200]
    assert (Payment.objects.get().refunded_minor, refunds_of(Order.objects.get())) == (4000, [(4000, "succeeded", "external")])
    check_books(till)


@pytest.mark.django_db
def test_a_refund_in_another_currency_is_written_down_once_and_no_money_of_the_order(till: Till) -> None:
    order = bought(till)
    till.emulator.refund_charge(charge_of(till, order), 1500)
    told_of(till, currency="usd")

    assert set(till.deliver()) == {200}
    first, second = sync(), sync(order=order.number)

    assert (kinds(order.number).count("foreign_refund"), refunds_of(order), money_of(order)[:2]) == (1, [], (4000, 0))
    assert (first.code, second.code) == (0, 0)
    assert sync(dry_run=True).code == 0


@pytest.mark.django_db
def test_a_refund_that_is_told_as_it_was_before_is_nothing_repaired(till: Till) -> None:
    order = bought(till)
    refunds.ask(staff(), order.pk, Decimal("15.00"), "late")
    assert set(till.deliver()) == {200}
    told_of(till, status="pending")
    before = books()

    assert (sync().code, sync(order=order.number).code) == (0, 0)

    assert (refunds_of(order), books()) == ([(1500, "succeeded", "staff")], before)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["the command", "the desk"])
def test_one_order_is_asked_about_its_refunds_too(till: Till, desk: Client, who: str) -> None:
    order = bought(till)
    till.emulator.refund_charge(charge_of(till, order), 1500)
    came(till)
    words = f"rder {order.number} has refunds that were not known"

    said = act(desk, order, "sync") if who == "the desk" else "".join(sync(order=order.number).said)

    assert words in said
    assert (refunds_of(order), money_of(order)[:2]) == ([(1500, "succeeded", "external")], (4000, 1500))
    assert sync(order=order.number).code == 0
    assert "The provider says nothing else than the shop." in act(desk, order, "sync")


@pytest.mark.django_db
def test_staff_may_name_any_reason_and_the_buyer_is_told_all_the_same(till: Till) -> None:
    order = bought(till)

    refunds.ask(staff(), order.pk, None, refunds.LOST)

    assert mails("refunded") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_down", [False, True])
def test_cancelling_gives_back_what_is_left_after_a_refund_that_was_made_after_all(till: Till, is_down: bool) -> None:
    order = taken_for_refused(till)
    if is_down:
        till.emulator.faults({"match": {"path": "refunds"}, "times": -1, "do": DOWN})

    cancellation.cancel(staff(), order.pk, "no lamps left", refund=True)

    assert Order.objects.get().status == "cancelled"
    if is_down:  # it has been asked for all, and will be refused: staff are told then
        assert refunds_of(order) == [(2000, "failed", "staff"), (4000, "submitted", "staff")]
    else:
        assert refunds_of(order) == [(2000, "succeeded", "staff"), (2000, "succeeded", "staff")]
        assert given_back(till) == [4000]
