"""POST /api/orders/<number>/pay/"""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from orders.models import Order, Payment
from orders.tests.factories import create, customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import RATE_LIMITED, add_lamps, create_pending_order, get_stock
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CREATE_CALL = {"method": "POST", "path": "sessions$"}


def request_payment_page(client: SchemaClient, number: str, token: str = "") -> Any:
    """Request the payment page of an order and return the response."""
    return client.post(f"/api/orders/{number}/pay/", headers={"X-Order-Token": token} if token else {})


def get_create_calls(card_payments: CardPayments) -> list[dict[str, Any]]:
    """Return the calls that opened a session or tried to."""
    return [row for row in card_payments.emulator.requests() if row["method"] == "POST" and row["path"].endswith("sessions")]


def pass_time(**ago: int) -> None:
    """Make the orders and their payments this much older."""
    earlier = timedelta(**ago)
    Order.objects.update(reserved_until=F("reserved_until") - earlier)
    Payment.objects.update(expires_at=F("expires_at") - earlier)


def test_an_open_page_is_given_again(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)

    response = request_payment_page(client, order["number"])

    assert response.status_code == 200
    order_data = response.json()["data"]
    assert (order_data["checkout_url"], order_data["session_id"]) == (order["checkout_url"], order["session_id"])
    assert (order_data["status"], order_data["payment_status"], len(get_create_calls(card_payments))) == ("pending", "unpaid", 1)


def test_a_guest_gets_the_page_with_the_token_and_no_one_else_does(card_payments: CardPayments) -> None:
    guest = SchemaClient()
    add_lamps(guest)
    order = card_payments.place_order(guest)

    response = request_payment_page(SchemaClient(), order["number"], order["order_token"])

    assert (response.status_code, response.json()["data"]["checkout_url"]) == (200, order["checkout_url"])
    assert request_payment_page(SchemaClient(), order["number"]).status_code == 404
    assert request_payment_page(SchemaClient(), order["number"], order["order_token"][:-1]).status_code == 404
    assert request_payment_page(customer(), order["number"]).status_code == 404


@pytest.mark.parametrize("do", [{"status": 503}, {"close": "after"}, RATE_LIMITED])
def test_after_no_answer_the_page_is_opened_with_the_same_key(card_payments: CardPayments, do: dict[str, Any]) -> None:
    client = customer()
    add_lamps(client)
    card_payments.emulator.set_faults({"match": CREATE_CALL, "times": 1 if do == RATE_LIMITED else 2, "do": do})
    refused = card_payments.post_order(client)
    number = refused.json()["details"]["order"]
    card_payments.emulator.set_faults()

    response = request_payment_page(client, number)

    assert (refused.status_code, refused.json()["code"]) == (503, "payment_provider_unavailable")
    assert response.status_code == 200
    assert response.json()["data"]["checkout_url"].endswith(f"/pay/{response.json()['data']['session_id']}")
    assert {row["key"] for row in get_create_calls(card_payments)} == {str(Payment.objects.get().pk)}
    assert len({str(row["params"]) for row in get_create_calls(card_payments)}) == 1
    assert ([row["status"] for row in card_payments.emulator.ledger()], get_stock()) == (["open"], (10, 2))
    assert set(card_payments.pay(response.json()["data"])) == {200}
    assert get_statuses(number) == ("processing", "committed", "succeeded")


def test_a_guest_whose_response_was_lost_gets_the_order_and_its_token(card_payments: CardPayments) -> None:
    guest = SchemaClient()
    add_lamps(guest)
    card_payments.emulator.set_faults({"match": CREATE_CALL, "times": 2, "do": {"close": "after"}})
    details = card_payments.post_order(guest).json()["details"]
    card_payments.emulator.set_faults()

    response = request_payment_page(SchemaClient(), details["order"], details["order_token"])

    assert response.status_code == 200
    assert response.json()["data"]["checkout_url"]


def test_while_the_provider_stays_down_the_order_waits(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    card_payments.emulator.set_faults({"match": CREATE_CALL, "times": -1, "do": RATE_LIMITED})
    number = card_payments.post_order(client).json()["details"]["order"]

    response = request_payment_page(client, number)

    assert (response.status_code, response.json()["details"]["order"]) == (503, number)
    assert int(response["Retry-After"]) > 0
    assert (get_statuses(number), get_stock()) == (("pending", "reserved", "created"), (10, 2))


def test_a_page_that_was_never_opened_is_not_opened_when_the_reservation_is_over(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    card_payments.emulator.set_faults({"match": CREATE_CALL, "do": RATE_LIMITED})
    number = card_payments.post_order(client).json()["details"]["order"]
    pass_time(minutes=11)

    response = request_payment_page(client, number)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (get_statuses(number), get_stock()) == (("expired", "released", "expired"), (10, 0))
    assert card_payments.place_order(client)["number"] != number


def test_shortly_before_that_it_still_is(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    card_payments.emulator.set_faults({"match": CREATE_CALL, "do": RATE_LIMITED})
    number = card_payments.post_order(client).json()["details"]["order"]
    pass_time(minutes=9)

    assert request_payment_page(client, number).status_code == 200

    assert get_statuses(number) == ("pending", "reserved", "open")


def test_an_expired_page_ends_the_order_though_no_event_came(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.advance_clock(3600)
    pass_time(minutes=60)

    response = request_payment_page(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (get_statuses(order["number"]), get_stock()) == (("expired", "released", "expired"), (10, 0))


def test_a_page_that_was_paid_though_no_event_came_is_not_given_again(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    pass_time(minutes=60)

    response = request_payment_page(client, order["number"])

    assert response.status_code == 409
    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")


@pytest.mark.parametrize("status", ["processing", "shipped", "delivered", "cancelled", "expired"])
def test_what_does_not_wait_for_money_cannot_be_paid(card_payments: CardPayments, status: str) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.pay(order)
    Order.objects.update(status=status)

    response = request_payment_page(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert response.json()["details"] == {"from": status}
    assert len(get_create_calls(card_payments)) == 1


def test_a_cancelled_order_cannot_be_paid(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    client.post(f"/api/orders/{order['number']}/cancel/")

    assert request_payment_page(client, order["number"]).status_code == 409

    assert "checkout_url" not in client.get(f"/api/orders/{order['number']}/").json()["data"]


def test_what_is_paid_on_delivery_cannot_be_paid_by_card(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    number = create(client).json()["data"]["number"]

    assert request_payment_page(client, number).status_code == 409

    assert get_create_calls(card_payments) == []


def test_money_on_its_way_shows_no_page_any_more(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.deliver_events()

    response = request_payment_page(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert response.json()["message"] == "The payment of this order is on its way"
