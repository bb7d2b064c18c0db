"""POST /api/orders/<number>/pay/"""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from orders.models import Order, Payment
from orders.tests.factories import create, customer
from orders.tests.payments.paid_orders import DOWN, lamps, pending, stock_of
from orders.tests.payments.till import Till, status_of
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
OPENING = {"method": "POST", "path": "sessions$"}


def pay(client: SchemaClient, number: str, token: str = "") -> Any:
    """Ask for the payment page."""
    return client.post(f"/api/orders/{number}/pay/", headers={"X-Order-Token": token} if token else {})


def openings(till: Till) -> list[dict[str, Any]]:
    """Return the calls that opened a session, or tried to."""
    return [row for row in till.emulator.requests() if row["method"] == "POST" and row["path"].endswith("sessions")]


def later(**ago: int) -> None:
    """Let time go by for the orders and their payments."""
    earlier = timedelta(**ago)
    Order.objects.update(reserved_until=F("reserved_until") - earlier)
    Payment.objects.update(expires_at=F("expires_at") - earlier)


def test_an_open_page_is_given_again(till: Till) -> None:
    client, order = pending(till)

    response = pay(client, order["number"])

    assert response.status_code == 200
    shown = response.json()["data"]
    assert (shown["checkout_url"], shown["session_id"]) == (order["checkout_url"], order["session_id"])
    assert (shown["status"], shown["payment_status"], len(openings(till))) == ("pending", "unpaid", 1)


def test_a_guest_gets_his_with_the_token_and_nobody_else_does(till: Till) -> None:
    guest = SchemaClient()
    lamps(guest)
    order = till.placed(guest)

    response = pay(SchemaClient(), order["number"], order["order_token"])

    assert (response.status_code, response.json()["data"]["checkout_url"]) == (200, order["checkout_url"])
    assert pay(SchemaClient(), order["number"]).status_code == 404
    assert pay(SchemaClient(), order["number"], order["order_token"][:-1]).status_code == 404
    assert pay(customer(), order["number"]).status_code == 404


@pytest.mark.parametrize("do", [{"status": 503}, {"close": "after"}, DOWN])
def test_after_no_answer_the_page_is_opened_with_the_same_key(till: Till, do: dict[str, Any]) -> None:
    client = customer()
    lamps(client)
    till.emulator.faults({"match": OPENING, "times": 1 if do == DOWN else 2, "do": do})
    refused = till.order(client)
    number = refused.json()["details"]["order"]
    till.emulator.faults()

    response = pay(client, number)

    assert (refused.status_code, refused.json()["code"]) == (503, "payment_provider_unavailable")
    assert response.status_code == 200
    assert response.json()["data"]["checkout_url"].endswith(f"/pay/{response.json()['data']['session_id']}")
    assert {row["key"] for row in openings(till)} == {str(Payment.objects.get().pk)}
    assert len({str(row["params"]) for row in openings(till)}) == 1
    assert ([row["status"] for row in till.emulator.ledger()], stock_of()) == (["open"], (10, 2))
    assert set(till.pay(response.json()["data"])) == {200}
    assert status_of(number) == ("processing", "committed", "succeeded")


def test_a_guest_whose_answer_was_lost_is_told_the_order_and_its_token(till: Till) -> None:
    guest = SchemaClient()
    lamps(guest)
    till.emulator.faults({"match": OPENING, "times": 2, "do": {"close": "after"}})
    details = till.order(guest).json()["details"]
    till.emulator.faults()

    response = pay(SchemaClient(), details["order"], details["order_token"])

    assert response.status_code == 200
    assert response.json()["data"]["checkout_url"]


def test_while_the_provider_stays_down_the_order_waits(till: Till) -> None:
    client = customer()
    lamps(client)
    till.emulator.faults({"match": OPENING, "times": -1, "do": DOWN})
    number = till.order(client).json()["details"]["order"]

    response = pay(client, number)

    assert (response.status_code, response.json()["details"]["order"]) == (503, number)
    assert int(response["Retry-After"]) > 0
    assert (status_of(number), stock_of()) == (("pending", "reserved", "created"), (10, 2))


def test_a_page_that_was_never_opened_is_not_opened_when_the_reservation_is_over(till: Till) -> None:
    client = customer()
    lamps(client)
    till.emulator.faults({"match": OPENING, "do": DOWN})
    number = till.order(client).json()["details"]["order"]
    later(minutes=11)

    response = pay(client, number)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (status_of(number), stock_of()) == (("expired", "released", "expired"), (10, 0))
    assert till.placed(client)["number"] != number


def test_shortly_before_that_it_still_is(till: Till) -> None:
    client = customer()
    lamps(client)
    till.emulator.faults({"match": OPENING, "do": DOWN})
    number = till.order(client).json()["details"]["order"]
    later(minutes=9)

    assert pay(client, number).status_code == 200

    assert status_of(number) == ("pending", "reserved", "open")


def test_an_expired_page_ends_the_order_though_no_event_came(till: Till) -> None:
    client, order = pending(till)
    till.emulator.clock(3600)
    later(minutes=60)

    response = pay(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (status_of(order["number"]), stock_of()) == (("expired", "released", "expired"), (10, 0))


def test_a_page_that_was_paid_though_no_event_came_is_not_given_again(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay(order["session_id"])
    later(minutes=60)

    response = pay(client, order["number"])

    assert response.status_code == 409
    assert status_of(order["number"]) == ("processing", "committed", "succeeded")


@pytest.mark.parametrize("status", ["processing", "shipped", "delivered", "cancelled", "expired"])
def test_what_does_not_wait_for_money_cannot_be_paid(till: Till, status: str) -> None:
    client, order = pending(till)
    till.pay(order)
    Order.objects.update(status=status)

    response = pay(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert response.json()["details"] == {"from": status}
    assert len(openings(till)) == 1


def test_a_cancelled_order_cannot_be_paid(till: Till) -> None:
    client, order = pending(till)
    client.post(f"/api/orders/{order['number']}/cancel/")

    assert pay(client, order["number"]).status_code == 409

    assert "checkout_url" not in client.get(f"/api/orders/{order['number']}/").json()["data"]


def test_what_is_paid_on_delivery_cannot_be_paid_by_card(till: Till) -> None:
    client = customer()
    lamps(client)
    number = create(client).json()["data"]["number"]

    assert pay(client, number).status_code == 409

    assert openings(till) == []


def test_money_on_its_way_shows_no_page_any_more(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    till.deliver()

    response = pay(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert response.json()["message"] == "The payment of this order is on its way"
