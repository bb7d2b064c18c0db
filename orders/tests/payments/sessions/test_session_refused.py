"""Session creations that the provider refuses with a known code, and addresses that are not sent to it at all"""

import json
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from carts.tests.factories import get_cart, units_by_sku
from orders.models import Order, Payment
from orders.payments import refunds
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants
from orders.tests.payments.paid_orders import add_lamps, get_stock
from tests.emulator.webhook_receivers import run_receiver

pytestmark = pytest.mark.django_db


def make_refusal(code: str, status: int = 400) -> bytes:
    """Return the fault that makes the emulator refuse like Stripe."""
    error = {"type": "invalid_request_error", "code": code, "message": "words of Stripe", "param": "customer_email"}
    body = json.dumps({"error": error}).encode()
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def test_a_payment_that_the_provider_does_not_know_has_no_refunds(card_payments: CardPayments, settings: Settings) -> None:
    with run_receiver() as refusing:
        refusing.answers = [make_refusal("resource_missing", 404)]
        settings.STRIPE_API_BASE = refusing.url.removesuffix("/webhook/")
        assert refunds.fetch_refunds(Payment(payment_intent="pi_of_nobody")) == []


@pytest.mark.parametrize(
    ("code", "status", "reply"),
    [
        ("email_invalid", 400, (400, "invalid_email", "Enter a valid e-mail address")),
        (
            "resource_missing",
            404,
            (502, "payment_setup_failed", "The payment could not be prepared. Nothing was ordered or charged"),
        ),
    ],
)
def test_an_order_refused_by_code_is_voided_and_can_be_placed_again(
    card_payments: CardPayments, settings: Settings, code: str, status: int, reply: tuple[int, str, str]
) -> None:
    client = customer()
    add_lamps(client)
    with run_receiver() as refusing:
        refusing.answers = [make_refusal(code, status)]
        settings.STRIPE_API_BASE = refusing.url.removesuffix("/webhook/")
        response = card_payments.post_order(client, "k-1")

    body = response.json()
    assert (response.status_code, body["code"], body["message"]) == reply
    assert "words of Stripe" not in response.content.decode()
    assert get_statuses(Order.objects.get().number) == ("cancelled", "released", "failed")
    assert (get_stock(), units_by_sku(get_cart(client))) == ((10, 0), {"LAMP": 2})
    check_invariants()
    settings.STRIPE_API_BASE = card_payments.emulator.url
    assert card_payments.post_order(client, "k-1").status_code == 201  # the key was released
    check_invariants()


@pytest.mark.parametrize(("email", "sent"), [("ada@localhost", None), ("ada@example.com", "ada@example.com")])
def test_an_address_that_the_provider_does_not_take_is_not_sent_to_it(
    card_payments: CardPayments, email: str, sent: str | None
) -> None:
    client = customer()
    User.objects.update(email=email)  # as in a row that predates the address check
    add_lamps(client)

    order = card_payments.place_order(client, email="")

    params: Any = next(row["params"] for row in card_payments.emulator.requests() if row["path"].endswith("/checkout/sessions"))
    assert params.get("customer_email") == sent
    assert order["email"] == email
    assert set(card_payments.pay(order)) == {200}
    check_invariants(card_payments)
