"""Stripe's own package, pointed at an emulator; each answer is held against the schema."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe  # noqa: TID251 - the emulator is tested with the package that the shop uses

from tests.emulator.processes import KEY, SECRET
from tests.emulator.stripe_schema import check_object
from tests.emulator.webhook_receivers import Received

Json = dict[str, Any]


class CheckingClient(stripe.RequestsClient):
    """Speaks HTTP, and checks what comes back."""

    def __init__(self, timeout: float = 10) -> None:
        super().__init__(timeout=timeout)
        self.headers: Mapping[str, str] = {}  # of the last answer

    def request(  # type: ignore[override]  # as RequestsClient does
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send, and check."""
        content, status, self.headers = super().request(method, url, headers, post_data)
        if status == 200:
            check_object(json.loads(content))
        return content, status, self.headers


class Shop:
    """A shop that knows what it sells, and nothing else."""

    def __init__(self, url: str, key: str = KEY, timeout: float = 10) -> None:
        self.http = CheckingClient(timeout)
        client = stripe.StripeClient(key, base_addresses={"api": url}, http_client=self.http, max_network_retries=0)
        self.v1 = client.v1
        self.sessions = client.v1.checkout.sessions

    def open(self, key: str = "", **changed: Any) -> stripe.checkout.Session:
        """Open a session for one lamp of 20 USD, unless something else is said."""
        params: Any = {**lamp(), **changed}  # some tests send what the types forbid
        return self.sessions.create(params, {"idempotency_key": key} if key else {})

    def refund(self, key: str = "", **given: Any) -> stripe.Refund:
        """Give money back."""
        params: Any = given
        return self.v1.refunds.create(params, {"idempotency_key": key} if key else {})


def lamp() -> Json:
    """Return the parameters of a session as the shop sends them."""
    return {
        "mode": "payment",
        "line_items": [line()],
        "success_url": "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
        "client_reference_id": "261121-ABCDEF",
        "customer_email": "ann@example.com",
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "metadata": {"shop": "ours", "payment": "p-1"},
        "payment_intent_data": {"metadata": {"shop": "ours", "payment": "p-1"}},
    }


def line(name: str = "Lamp", unit_amount: int = 2000, quantity: int = 1, currency: str = "usd") -> Json:
    """Return a line of a session."""
    price = {"currency": currency, "unit_amount": unit_amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


@contextmanager
def shopping(url: str, key: str = KEY, timeout: float = 10) -> Iterator[Shop]:
    """Yield a client of the API; its connections are closed afterwards."""
    shop = Shop(url, key, timeout)
    try:
        yield shop
    finally:
        shop.http.close()  # type: ignore[no-untyped-call]


def verifies(received: Received, tolerance: int = 300) -> bool:
    """Say whether Stripe's package believes who sent it, and when."""
    try:
        stripe.Webhook.construct_event(received.body, received.signature, SECRET, tolerance)
    except stripe.SignatureVerificationError:
        return False
    return True
