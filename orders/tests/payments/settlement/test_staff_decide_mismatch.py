"""Money that has come and is not what was asked for: staff accept it or reject it, and what flags an order shows meanwhile"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.tests.crowd import at_once
from core.actors import Actor
from orders import integrity
from orders.exceptions import InvalidTransition
from orders.models import Order, OrderEvent, Payment, Refund
from orders.payments import sessions, settlement
from orders.tests.factories import books, customer, placed
from orders.tests.payments.invariants import Event, altered, came, check_books, give, kinds, mails
from orders.tests.payments.paid_orders import charge_of, given_back, money_of, pending, refunds_of, stock_of
from orders.tests.payments.till import Till, status_of
from products.models import StockMovement, Variant
from tests.admin.test_orders import ORDERS, act, offered

COMPLETED = "checkout.session.completed"
CREATING = {"method": "POST", "path": "sessions$"}
DECISIONS = {"accept", "reject"}
STAFF = Actor(kind="staff")
NOTHING = "There is no payment to decide about"


@pytest.fixture
def desk(db: None) -> Client:
    """The browser of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a staff of oak"))
    return client


def paid_otherwise(till: Till, **wrong: Any) -> tuple[Order, Event]:
    """Return an order of two of ten lamps, over 40.00 INR, of which another sum is told; and the event that tells the truth."""
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]
    assert give(till, altered(event[0], **(wrong or {"amount_total": 3999}))) == [200]
    return Order.objects.get(number=order["number"]), event


def ended_before(till: Till) -> Order:
    """Return an order that has expired before it became known that another amount was paid for it."""
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]
    payment = Payment.objects.get()
    settlement.apply_session(payment.pk, sessions._expired(payment))
    assert give(till, altered(event[0], amount_total=3999)) == [200]
    return Order.objects.get(status="expired", attention="amount_mismatch")


def problems() -> list[str]:
    """Return what does not add up."""
    return [str(problem) for problem in integrity.problems()]


@pytest.mark.django_db
@pytest.mark.parametrize("decision", sorted(DECISIONS))
def test_a_page_over_another_amount_that_nobody_has_paid_is_nothing_to_decide(till: Till, desk: Client, decision: str) -> None:
    till.emulator.faults({"match": CREATING, "do": {"tamper": {"amount_total": 3999}}})
    pending(till)
    order = Order.objects.get()
    before = books()

    page = act(desk, order, decision)

    assert NOTHING in page
    assert not DECISIONS & set(offered(desk, order))
    assert (order.attention, books()) == ("amount_mismatch", before)
    assert till.emulator.ledger()[0]["status"] == "open"


@pytest.mark.django_db
def test_what_the_page_asks_for_and_what_is_paid_are_both_on_record(till: Till, desk: Client) -> None:
    till.emulator.faults({"match": CREATING, "do": {"tamper": {"amount_total": 3999}}})
    _, order = pending(till)
    till.emulator.pay(order["session_id"])

    give(till, altered(came(till)[COMPLETED][0], amount_total=3999))

    told = list(OrderEvent.objects.filter(kind="amount_mismatch").order_by("pk").values_list("data", flat=True))
    assert told == [{"expected": 4000, "session": 3999}, {"expected": 4000, "charged": 3999, "currency": "INR"}]
    assert set(offered(desk, Order.objects.get())) >= DECISIONS


@pytest.mark.django_db
def test_the_right_amount_after_all_settles_the_flag(till: Till, desk: Client) -> None:
    till.emulator.faults({"match": CREATING, "do": {"tamper": {"amount_total": 3999}}})
    _, order = pending(till)

    assert set(till.pay(order)) == {200}

    row = Order.objects.get()
    assert (status_of(row.number), row.attention) == (("processing", "committed", "succeeded"), "")
    assert kinds(row.number)[-2:] == ["attention_settled", "paid"]
    assert NOTHING in act(desk, row, "reject")
    assert (Order.objects.get().status, given_back(till)) == ("processing", [0])
    check_books(till)


@pytest.mark.django_db
def test_money_in_another_currency_is_not_accepted(till: Till, desk: Client) -> None:
    order, _ = paid_otherwise(till, currency="usd")
    before = books()

    page = act(desk, order, "accept")

    assert "It was paid in USD. Reject it, and give it back at the payment provider" in page
    assert books() == before


@pytest.mark.django_db
def test_money_in_another_currency_is_rejected_and_given_back_at_the_provider(till: Till, desk: Client) -> None:
    order, _ = paid_otherwise(till, currency="usd")

    page = act(desk, order, "reject")

    assert "It was paid in another currency: give it back at the payment provider." in page
    assert (status_of(order.number)[:2], stock_of(), money_of(order)) == (("cancelled", "released"), (10, 0), (0, 0, "unpaid"))
    assert (Order.objects.get().attention, refunds_of(order), given_back(till)) == ("", [], [0])
    till.emulator.refund_charge(charge_of(till, order))
    told = [{**one, "currency": "usd"} for one in till.emulator.api("GET", "/v1/refunds").json["data"]]
    till.emulator.faults({"match": {"method": "GET", "path": "refunds"}, "times": -1, "do": {"tamper": {"data": told}}})
    assert set(till.deliver()) == {200}
    assert (kinds(order.number).count("foreign_refund"), refunds_of(order), problems()) == (1, [], [])


@pytest.mark.django_db
def test_an_expired_order_is_accepted_while_its_stock_is_there(till: Till, desk: Client) -> None:
    order = ended_before(till)

    page = act(desk, order, "accept")

    assert "The payment is accepted." in page
    assert status_of(order.number) == ("processing", "committed", "succeeded")
    assert (stock_of(), money_of(order), refunds_of(order)) == ((8, 0), (3999, 0, "paid"), [])
    assert (Order.objects.get().attention, mails("paid"), problems()) == ("", 1, [])


@pytest.mark.django_db
def test_an_expired_order_whose_stock_is_gone_is_not_accepted_and_can_be_rejected(till: Till, desk: Client) -> None:
    order = ended_before(till)
    other = customer("grace@example.com")
    variant = Variant.objects.get()
    other.post("/api/cart/add/", {"product_id": variant.product_id, "quantity": 9})
    placed(other)
    before = books()

    page = act(desk, order, "accept")

    assert "The order cannot be sent any more. Reject the payment" in page
    assert books() == before
    said = act(desk, order, "reject")
    assert "The payment is rejected, and the money goes back. The order is expired." in said
    assert (status_of(order.number)[0], refunds_of(order)) == ("expired", [(3999, "requested", "staff")])
    assert (stock_of(), Order.objects.get(pk=order.pk).attention) == ((1, 0), "")


@pytest.mark.django_db
def test_a_cancelled_order_is_not_accepted(till: Till, desk: Client) -> None:
    order = ended_before(till)
    Order.objects.update(status="cancelled", cancel_reason="changed my mind")
    before = books()

    page = act(desk, order, "accept")

    assert "The order cannot be sent any more. Reject the payment" in page
    assert books() == before


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), [("accept", "reject"), ("reject", "accept"), ("accept", "accept")])
def test_a_second_decision_is_refused_and_changes_nothing(till: Till, desk: Client, first: str, second: str) -> None:
    order, _ = paid_otherwise(till)
    act(desk, order, first)
    before = books()

    page = act(desk, order, second)

    assert NOTHING in page
    assert books() == before
    assert Order.objects.get().status == ("processing" if first == "accept" else "cancelled")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_has_decided(till: Till) -> None:
    order, _ = paid_otherwise(till)

    def decide(who: int) -> str:
        try:
            return settlement.decide_mismatch(STAFF, order.pk, accept=bool(who)).status
        except InvalidTransition as refused:
            return str(refused.message)

    told = at_once(2, decide)

    assert sorted(told) in ([NOTHING, "processing"], [NOTHING, "cancelled"])
    order.refresh_from_db()
    assert order.status in told
    assert Refund.objects.count() == (0 if order.status == "processing" else 1)
    assert stock_of() == ((8, 0) if order.status == "processing" else (10, 0))


@pytest.mark.django_db
def test_who_has_looked_before_another_has_decided_is_refused(till: Till) -> None:
    order, _ = paid_otherwise(till)
    done: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Between the look and the lock, where PostgreSQL alone lets two meet.
        found = execute(sql, params, many, context)
        if not done and sql.startswith("SELECT") and 'FROM "orders_payment"' in sql:
            done.append("")
            done[0] = settlement.decide_mismatch(STAFF, order.pk, accept=True).status
        return found

    with connection.execute_wrapper(meanwhile), pytest.raises(InvalidTransition, match=NOTHING):
        settlement.decide_mismatch(STAFF, order.pk, accept=False)

    assert done == ["processing"]
    assert (Refund.objects.count(), given_back(till)) == (0, [0])


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["a dispute", "a refund in the dashboard", "a flag that was taken away"])
def test_the_decision_is_still_there_after(till: Till, desk: Client, what: str) -> None:
    order, _ = paid_otherwise(till)

    if what == "a dispute":
        till.emulator.dispute(charge_of(till, order))
    elif what == "a refund in the dashboard":
        till.emulator.refund_charge(charge_of(till, order), 1000)
    else:
        act(desk, order, "settle", code="amount_mismatch", seen=str(10**9))  # as from a page that was open before
    assert set(till.deliver()) <= {200}

    assert set(offered(desk, order)) >= DECISIONS
    assert "The payment is accepted." in act(desk, order, "accept")
    assert Order.objects.get().status == "processing"


@pytest.mark.django_db
def test_what_was_given_back_at_the_provider_is_not_given_back_again_when_it_is_rejected(till: Till, desk: Client) -> None:
    order, _ = paid_otherwise(till)
    till.emulator.refund_charge(charge_of(till, order), 3999)
    assert set(till.deliver()) == {200}
    assert (money_of(order)[:2], problems()) == ((0, 0), [])

    act(desk, order, "reject")

    assert (Order.objects.get().status, money_of(order)[:2]) == ("cancelled", (3999, 3999))
    assert (refunds_of(order), given_back(till), problems()) == ([(3999, "succeeded", "external")], [3999], [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "older", [{"payment_status": "unpaid"}, {"status": "open", "payment_status": "unpaid"}, {"status": "expired"}], ids=str
)
def test_what_is_told_too_late_does_not_undo_that_money_has_come(till: Till, desk: Client, older: dict[str, str]) -> None:
    order, event = paid_otherwise(till)
    kind = "checkout.session.expired" if older == {"status": "expired"} else COMPLETED

    assert give(till, altered(event[0], kind, **{"payment_status": "unpaid", **older})) == [200]

    assert set(offered(desk, order)) >= DECISIONS
    assert "The payment is accepted." in act(desk, order, "accept")
    assert (status_of(order.number), money_of(order)[0]) == (("processing", "committed", "succeeded"), 3999)
    assert StockMovement.objects.filter(reason="sale").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["desk/accept/", "desk/reject/"])
def test_to_decide_is_asked_for_on_a_page(till: Till, desk: Client, part: str) -> None:
    order, _ = paid_otherwise(till)
    before = books()

    page = desk.get(f"{ORDERS}{order.pk}/{part}").content.decode()

    assert "Another amount was paid than ordered." in page
    assert books() == before
