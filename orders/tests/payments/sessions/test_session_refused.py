"""What the provider refuses by a code of its own when a payment page is made, and the addresses that it is not even asked about"""

import json
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from carts.tests.factories import cart_of, held
from orders.models import Order, Payment
from orders.payments import refunds
from orders.tests.factories import customer
from orders.tests.payments.invariants import check_books
from orders.tests.payments.paid_orders import lamps, stock_of
from orders.tests.payments.till import Till, status_of
from tests.emulator.webhook_receivers import receiving

pytestmark = pytest.mark.django_db
NOT_PREPARED = "The payment could not be prepared. Nothing was ordered or charged"


def refusal(code: str, status: int = 400) -> bytes:
    """Return how Stripe refuses."""
    error = {"type": "invalid_request_error", "code": code, "message": "words of Stripe", "param": "customer_email"}
    body = json.dumps({"error": error}).encode()
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def test_a_payment_that_the_provider_does_not_know_has_no_refunds(till: Till, settings: Settings) -> None:
    with receiving() as refusing:
        refusing.answers = [refusal("resource_missing", 404)]
        settings.STRIPE_API_BASE = refusing.url.removesuffix("/webhook/")
        assert refunds.told_of(Payment(payment_intent="pi_of_nobody")) == []


@pytest.mark.parametrize(
    ("code", "status", "answer"),
    [
        ("email_invalid", 400, (400, "invalid_email", "Enter a valid e-mail address")),
        (
            "resource_missing",
            404,
            (502, "payment_setup_failed", "The payment could not be prepared. Nothing was ordered or charged"),
        ),
    ],
)
def test_what_is_refused_by_its_code_is_taken_back_and_can_be_ordered_anew(
    till: Till, settings: Settings, code: str, status: int, answer: tuple[int, str, str]
) -> None:
    client = customer()
    lamps(client)
    with receiving() as refusing:
        refusing.answers = [refusal(code, status)]
        settings.STRIPE_API_BASE = refusing.url.removesuffix("/webhook/")
        response = till.order(client, "k-1")

    body = response.json()
    assert (response.status_code, body["code"], body["message"]) == answer
    assert "words of Stripe" not in response.content.decode()
    assert status_of(Order.objects.get().number) == ("cancelled", "released", "failed")
    assert (stock_of(), held(cart_of(client))) == ((10, 0), {"LAMP": 2})
    check_books()
    settings.STRIPE_API_BASE = till.emulator.url
    assert till.order(client, "k-1").status_code == 201  # the key was given back
    check_books()


@pytest.mark.parametrize(("email", "sent"), [("ada@localhost", None), ("ada@example.com", "ada@example.com")])
def test_an_address_that_the_provider_does_not_take_is_not_sent_to_it(till: Till, email: str, sent: str | None) -> None:
    client = customer()
    User.objects.update(email=email)  # as of a row that is older than the check of addresses
    lamps(client)

    order = till.placed(client, email="")

    made: Any = next(row["params"] for row in till.emulator.requests() if row["path"].endswith("/checkout/sessions"))
    assert made.get("customer_email") == sent
    assert order["email"] == email
    assert set(till.pay(order)) == {200}
    check_books(till)
