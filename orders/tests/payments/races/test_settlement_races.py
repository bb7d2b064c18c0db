"""A payment about which several tell at one moment: over HTTP, with real threads (failure table: 7, 9, 16, 18, 19)"""

from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add, guest_with, signed_in
from core import outbox
from core.actors import SYSTEM
from orders.exceptions import AlreadyPaid
from orders.fulfilment import cancellation
from orders.models import Order, Payment, StripeEvent
from orders.tests.factories import books, form
from orders.tests.payments.invariants import altered, came, check_books, kinds, mails, posting, stock_of, verify_url
from orders.tests.payments.till import Till, status_of
from products.models import StockMovement
from products.tests.factories import make_product
from tests.crowd import Caller, at_once, statuses

CREATE = "/api/orders/create/"
COMPLETED = "checkout.session.completed"
CARD = form(payment_method="stripe")

pytestmark = pytest.mark.usefixtures("unthrottled")


@pytest.fixture
def buyer(live_server: LiveServer) -> Caller:
    """A buyer whose cart holds two of five lamps."""
    user = make_user("ada@example.com")
    add(signed_in(user), make_product(sku="LAMP", stock=5), 2)
    return Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})


def ordered(till: Till, buyer: Caller) -> dict[str, Any]:
    """Order by card, and return the order."""
    answer = buyer.post(CREATE, CARD)
    assert answer.status == 201, answer
    order: dict[str, Any] = answer.body["data"]
    return order


def check_settled(till: Till, number: str) -> None:
    """Fail where the order is not paid, or was settled more than once."""
    assert status_of(number) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), list(StockMovement.objects.filter(reason="sale").values_list("delta", flat=True))) == ((3, 0), [-2])
    assert (kinds(number).count("paid"), mails("paid"), CartItem.objects.count()) == (1, 1, 0)
    assert set(StripeEvent.objects.values_list("status", flat=True)) <= {"done", "ignored"}
    check_books(till)


def test_the_same_event_again_and_again_is_one_settlement(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])
    events = came(till)

    assert [posting(buyer.url, events[COMPLETED])().status for _ in range(5)] == [200] * 5
    till.emulator.resend(StripeEvent.objects.get().event_id)  # signed anew, as after an answer that was lost
    assert till.deliver() == [200]

    assert (StripeEvent.objects.count(), StripeEvent.objects.get().tries) == (1, 1)
    check_settled(till, order["number"])


def test_the_same_event_sixteen_times_at_once_is_one_settlement(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]

    answers = at_once([posting(buyer.url, event)] * 16)

    assert statuses(answers) == {200: 16}
    assert (StripeEvent.objects.count(), StripeEvent.objects.get().tries) == (1, 1)
    check_settled(till, order["number"])


def test_all_events_four_times_at_once_are_one_settlement(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])

    answers = at_once([posting(buyer.url, event) for event in came(till).values()] * 4)

    assert statuses(answers) == {200: 16}
    assert StripeEvent.objects.count() == 4
    check_settled(till, order["number"])


@pytest.mark.parametrize("round_", range(3))
def test_the_webhook_and_the_pages_of_the_buyer_settle_once(till: Till, buyer: Caller, round_: int) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]

    answers = at_once([posting(buyer.url, event), buyer.sending("GET", verify_url(order), {})] * 4)

    assert statuses(answers) == {200: 8}
    assert all(answer.body["data"]["payment_verified"] for answer in answers[1::2])
    check_settled(till, order["number"])


def test_the_promise_of_money_and_the_money_at_once_are_one_settlement(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.pay_later(order["session_id"])
    events = came(till)
    till.emulator.async_succeed(order["session_id"])
    events |= came(till)

    told = [posting(buyer.url, event) for name, event in events.items() if name.startswith("checkout.")]
    answers = at_once([*told, buyer.sending("GET", verify_url(order), {})] * 3)

    assert statuses(answers) == {200: 9}
    check_settled(till, order["number"])


def test_paid_and_expired_at_once_is_paid(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])
    paid = came(till)[COMPLETED]
    expired = altered(
        paid[0], "checkout.session.expired", status="expired", payment_status="unpaid", payment_intent=None, customer_details=None
    )

    answers = at_once([posting(buyer.url, paid), posting(buyer.url, expired)] * 4)

    assert statuses(answers) == {200: 8}
    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), mails("paid"), CartItem.objects.count()) == ((3, 0), 1, 0)
    check_books(till)


@pytest.mark.parametrize("round_", range(3))
def test_a_buyer_who_cancels_while_his_money_arrives_has_bought(till: Till, buyer: Caller, round_: int) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]
    cancel = buyer.posting(f"/api/orders/{order['number']}/cancel/", {})

    answers = at_once([posting(buyer.url, event), cancel] * 3)

    assert statuses(answers[::2]) == {200: 3}
    assert statuses(answers[1::2]) == {409: 3}
    assert {answer.body["code"] for answer in answers[1::2]} <= {"already_paid", "invalid_transition"}
    check_settled(till, order["number"])


def test_the_wish_to_cancel_what_was_paid_a_moment_ago_leaves_no_trace(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.pay(order)
    before = books()

    with pytest.raises(AlreadyPaid):  # as `cancel` calls it when it has read the order before the webhook wrote it
        cancellation.cancel_pending(SYSTEM, order["id"], "cancelled by the buyer")

    assert Order.objects.get().cancel_reason == ""
    assert books() == before


def test_an_end_that_is_told_by_several_frees_the_stock_once(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.clock(3600)
    event = came(till)["checkout.session.expired"]
    verify = buyer.sending("GET", verify_url(order), {})
    cancel = buyer.posting(f"/api/orders/{order['number']}/cancel/", {})

    answers = at_once([posting(buyer.url, event), verify, posting(buyer.url, event), cancel] * 2)

    assert statuses(answers[::2]) == {200: 4}
    assert {answer.status for answer in answers[3::4]} <= {200, 409}
    assert status_of(order["number"])[:2] in (("expired", "released"), ("cancelled", "released"))
    assert (stock_of("LAMP"), StockMovement.objects.filter(reason="sale").count()) == ((5, 0), 0)
    check_books(till)


@pytest.mark.parametrize("keys", [("", ""), ("k-1", "k-1"), ("k-1", "k-2")])
def test_two_tabs_at_once_get_one_order_and_one_page(till: Till, buyer: Caller, keys: tuple[str, str]) -> None:
    calls = [buyer.posting(CREATE, CARD, **({"Idempotency-Key": key} if key else {})) for key in keys]

    answers = at_once(calls * 2)

    assert statuses(answers) == {200: 3, 201: 1}
    assert len({answer.body["data"]["checkout_url"] for answer in answers}) == 1
    assert (Order.objects.count(), Payment.objects.count(), len(till.emulator.ledger())) == (1, 1, 1)
    assert stock_of("LAMP") == (5, 2)
    assert till.pay(answers[0].body["data"]) == [200] * 4
    check_settled(till, answers[0].body["data"]["number"])


def test_tabs_that_want_different_things_never_leave_two_open_pages(till: Till, buyer: Caller) -> None:
    answers = at_once([buyer.posting(CREATE, form(payment_method="stripe", email=f"{name}@example.com")) for name in "abc"])

    assert {answer.status for answer in answers} <= {200, 201, 409}
    assert 201 in {answer.status for answer in answers}
    outbox.run_due()
    pending = Order.objects.filter(status="pending").count()
    assert pending <= 1  # see test_payment_changes.py: a tab may close the page of another and then give up
    assert [row["status"] for row in till.emulator.ledger()].count("open") == pending
    assert stock_of("LAMP") == (5, 2 * pending)
    assert set(till.deliver()) <= {200}
    check_books(till)


def test_of_many_buyers_of_the_last_unit_one_gets_a_page(till: Till, live_server: LiveServer) -> None:
    lamp = make_product(sku="LAMP", stock=1)
    buyers = [Caller(live_server.url, {"X-Cart-Token": guest_with(lamp)}) for _ in range(8)]

    answers = at_once([caller.posting(CREATE, CARD) for caller in buyers])

    assert statuses(answers) == {201: 1, 409: 7}
    assert (stock_of("LAMP"), len(till.emulator.ledger())) == ((1, 1), 1)
    check_books(till)


def test_a_payment_while_its_order_is_being_replaced_is_found_out(till: Till, buyer: Caller) -> None:
    order = ordered(till, buyer)
    till.emulator.pay(order["session_id"])
    event = came(till)[COMPLETED]
    other = form(payment_method="stripe", email="grace@example.com")

    answers = at_once([posting(buyer.url, event), buyer.posting(CREATE, other), buyer.posting(CREATE, other)])

    assert answers[0].status == 200
    assert {(answer.status, answer.body["code"]) for answer in answers[1:]} <= {(409, "already_paid"), (400, "empty_cart")}
    assert Order.objects.count() == 1
    check_settled(till, order["number"])
