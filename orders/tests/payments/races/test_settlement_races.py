"""One payment reported by several sources at once, over HTTP with real threads (failure table: 7, 9, 16, 18, 19)"""

from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, make_guest_cart, signed_in_client
from core import outbox
from core.actors import SYSTEM
from orders.exceptions import AlreadyPaid
from orders.fulfilment import cancellation
from orders.models import Order, Payment, StripeEvent
from orders.tests.factories import database_rows, order_body
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import (
    alter_event,
    check_invariants,
    count_mails,
    get_event_kinds,
    get_stock,
    get_verify_url,
    make_webhook_call,
    take_events,
)
from products.models import StockMovement
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, at_once, count_statuses

CREATE = "/api/orders/create/"
COMPLETED = "checkout.session.completed"
CARD = order_body(payment_method="stripe")

pytestmark = pytest.mark.usefixtures("unthrottled")


@pytest.fixture
def buyer(live_server: LiveServer) -> Caller:
    """A buyer whose cart holds two of five lamps."""
    user = make_user("ada@example.com")
    add_to_cart(signed_in_client(user), make_product(sku="LAMP", stock=5), 2)
    return Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})


def create_card_order(card_payments: CardPayments, buyer: Caller) -> dict[str, Any]:
    """Order by card and return the order."""
    response = buyer.post(CREATE, CARD)
    assert response.status == 201, response
    order: dict[str, Any] = response.body["data"]
    return order


def check_settled(card_payments: CardPayments, number: str) -> None:
    """Fail if the order is not paid, or was settled more than once."""
    assert get_statuses(number) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), list(StockMovement.objects.filter(reason="sale").values_list("delta", flat=True))) == ((3, 0), [-2])
    assert (get_event_kinds(number).count("paid"), count_mails("paid"), CartItem.objects.count()) == (1, 1, 0)
    assert set(StripeEvent.objects.values_list("status", flat=True)) <= {"done", "ignored"}
    check_invariants(card_payments)


def test_the_same_event_again_and_again_is_one_settlement(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])
    events = take_events(card_payments)

    assert [make_webhook_call(buyer.url, events[COMPLETED])().status for _ in range(5)] == [200] * 5
    card_payments.emulator.resend(StripeEvent.objects.get().event_id)  # signed again, as after a lost response
    assert card_payments.deliver_events() == [200]

    assert (StripeEvent.objects.count(), StripeEvent.objects.get().tries) == (1, 1)
    check_settled(card_payments, order["number"])


def test_the_same_event_sixteen_times_at_once_is_one_settlement(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]

    responses = at_once([make_webhook_call(buyer.url, event)] * 16)

    assert count_statuses(responses) == {200: 16}
    assert (StripeEvent.objects.count(), StripeEvent.objects.get().tries) == (1, 1)
    check_settled(card_payments, order["number"])


def test_all_events_four_times_at_once_are_one_settlement(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])

    responses = at_once([make_webhook_call(buyer.url, event) for event in take_events(card_payments).values()] * 4)

    assert count_statuses(responses) == {200: 16}
    assert StripeEvent.objects.count() == 4
    check_settled(card_payments, order["number"])


@pytest.mark.parametrize("round_", range(3))
def test_the_webhook_and_the_pages_of_the_buyer_settle_once(card_payments: CardPayments, buyer: Caller, round_: int) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]

    responses = at_once([make_webhook_call(buyer.url, event), buyer.make_call("GET", get_verify_url(order), {})] * 4)

    assert count_statuses(responses) == {200: 8}
    assert all(response.body["data"]["payment_verified"] for response in responses[1::2])
    check_settled(card_payments, order["number"])


def test_the_promise_of_money_and_the_money_at_once_are_one_settlement(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay_later(order["session_id"])
    events = take_events(card_payments)
    card_payments.emulator.async_succeed(order["session_id"])
    events |= take_events(card_payments)

    calls = [make_webhook_call(buyer.url, event) for name, event in events.items() if name.startswith("checkout.")]
    responses = at_once([*calls, buyer.make_call("GET", get_verify_url(order), {})] * 3)

    assert count_statuses(responses) == {200: 9}
    check_settled(card_payments, order["number"])


def test_paid_and_expired_at_once_is_paid(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)[COMPLETED]
    expired = alter_event(
        paid[0], "checkout.session.expired", status="expired", payment_status="unpaid", payment_intent=None, customer_details=None
    )

    responses = at_once([make_webhook_call(buyer.url, paid), make_webhook_call(buyer.url, expired)] * 4)

    assert count_statuses(responses) == {200: 8}
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), count_mails("paid"), CartItem.objects.count()) == ((3, 0), 1, 0)
    check_invariants(card_payments)


@pytest.mark.parametrize("round_", range(3))
def test_a_cancellation_while_the_money_arrives_leaves_a_paid_order(
    card_payments: CardPayments, buyer: Caller, round_: int
) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]
    cancel = buyer.make_post(f"/api/orders/{order['number']}/cancel/", {})

    responses = at_once([make_webhook_call(buyer.url, event), cancel] * 3)

    assert count_statuses(responses[::2]) == {200: 3}
    assert count_statuses(responses[1::2]) == {409: 3}
    assert {response.body["code"] for response in responses[1::2]} <= {"already_paid", "invalid_transition"}
    check_settled(card_payments, order["number"])


def test_a_cancel_request_just_after_the_payment_leaves_no_trace(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.pay(order)
    before = database_rows()

    with pytest.raises(AlreadyPaid):  # as `cancel` calls it after reading the order before the webhook's commit
        cancellation.cancel_pending_order(SYSTEM, order["id"], "cancelled by the buyer")

    assert Order.objects.get().cancel_reason == ""
    assert database_rows() == before


def test_an_expiry_reported_several_times_releases_the_stock_once(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.advance_clock(3600)
    event = take_events(card_payments)["checkout.session.expired"]
    verify = buyer.make_call("GET", get_verify_url(order), {})
    cancel = buyer.make_post(f"/api/orders/{order['number']}/cancel/", {})

    responses = at_once([make_webhook_call(buyer.url, event), verify, make_webhook_call(buyer.url, event), cancel] * 2)

    assert count_statuses(responses[::2]) == {200: 4}
    assert {response.status for response in responses[3::4]} <= {200, 409}
    assert get_statuses(order["number"])[:2] in (("expired", "released"), ("cancelled", "released"))
    assert (get_stock("LAMP"), StockMovement.objects.filter(reason="sale").count()) == ((5, 0), 0)
    check_invariants(card_payments)


@pytest.mark.parametrize("keys", [("", ""), ("k-1", "k-1"), ("k-1", "k-2")])
def test_two_tabs_at_once_get_one_order_and_one_page(card_payments: CardPayments, buyer: Caller, keys: tuple[str, str]) -> None:
    calls = [buyer.make_post(CREATE, CARD, **({"Idempotency-Key": key} if key else {})) for key in keys]

    responses = at_once(calls * 2)

    assert count_statuses(responses) == {200: 3, 201: 1}
    assert len({response.body["data"]["checkout_url"] for response in responses}) == 1
    assert (Order.objects.count(), Payment.objects.count(), len(card_payments.emulator.ledger())) == (1, 1, 1)
    assert get_stock("LAMP") == (5, 2)
    assert card_payments.pay(responses[0].body["data"]) == [200] * 4
    check_settled(card_payments, responses[0].body["data"]["number"])


def test_tabs_that_want_different_things_never_leave_two_open_pages(card_payments: CardPayments, buyer: Caller) -> None:
    responses = at_once(
        [buyer.make_post(CREATE, order_body(payment_method="stripe", email=f"{name}@example.com")) for name in "abc"]
    )

    assert {response.status for response in responses} <= {200, 201, 409}
    assert 201 in {response.status for response in responses}
    outbox.run_due()
    pending = Order.objects.filter(status="pending").count()
    assert pending <= 1  # a tab may close the page of another and then fail
    assert [row["status"] for row in card_payments.emulator.ledger()].count("open") == pending
    assert get_stock("LAMP") == (5, 2 * pending)
    assert set(card_payments.deliver_events()) <= {200}
    check_invariants(card_payments)


def test_of_many_buyers_of_the_last_unit_one_gets_a_page(card_payments: CardPayments, live_server: LiveServer) -> None:
    lamp = make_product(sku="LAMP", stock=1)
    buyers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(8)]

    responses = at_once([caller.make_post(CREATE, CARD) for caller in buyers])

    assert count_statuses(responses) == {201: 1, 409: 7}
    assert (get_stock("LAMP"), len(card_payments.emulator.ledger())) == ((1, 1), 1)
    check_invariants(card_payments)


def test_a_payment_while_its_order_is_being_replaced_is_found_out(card_payments: CardPayments, buyer: Caller) -> None:
    order = create_card_order(card_payments, buyer)
    card_payments.emulator.pay(order["session_id"])
    event = take_events(card_payments)[COMPLETED]
    other = order_body(payment_method="stripe", email="grace@example.com")

    responses = at_once([make_webhook_call(buyer.url, event), buyer.make_post(CREATE, other), buyer.make_post(CREATE, other)])

    assert responses[0].status == 200
    assert {(response.status, response.body["code"]) for response in responses[1:]} <= {(409, "already_paid"), (400, "empty_cart")}
    assert Order.objects.count() == 1
    check_settled(card_payments, order["number"])
