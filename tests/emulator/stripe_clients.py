"""Stripe's own package, pointed at an emulator; each response is checked against the schema."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe  # noqa: TID251 - the emulator is tested with the package that the shop uses

from tests.emulator.processes import KEY, SECRET
from tests.emulator.stripe_schema import check_object
from tests.emulator.webhook_receivers import ReceivedRequest

Json = dict[str, Any]


class CheckingClient(stripe.RequestsClient):
    """An HTTP client that checks each response against the schema."""

    def __init__(self, timeout: float = 10) -> None:
        super().__init__(timeout=timeout)
        self.headers: Mapping[str, str] = {}  # of the last response

    def request(  # type: ignore[override]  # as RequestsClient does
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send the request and check the response."""
        content, status, self.headers = super().request(method, url, headers, post_data)
        if status == 200:
            check_object(json.loads(content))
        return content, status, self.headers


class StripeShop:
    """A minimal shop that opens sessions and refunds them through Stripe's package."""

    def __init__(self, url: str, key: str = KEY, timeout: float = 10) -> None:
        self.http = CheckingClient(timeout)
        client = stripe.StripeClient(key, base_addresses={"api": url}, http_client=self.http, max_network_retries=0)
        self.v1 = client.v1
        self.sessions = client.v1.checkout.sessions

    def open_session(self, key: str = "", **changed: Any) -> stripe.checkout.Session:
        """Open a session; by default for one lamp of 20 USD."""
        params: Any = {**make_session_params(), **changed}  # some tests send values that the types forbid
        return self.sessions.create(params, {"idempotency_key": key} if key else {})

    def refund(self, key: str = "", **refund_params: Any) -> stripe.Refund:
        """Refund a payment."""
        params: Any = refund_params
        return self.v1.refunds.create(params, {"idempotency_key": key} if key else {})


def make_session_params() -> Json:
    """Return the parameters of a session as the shop sends them."""
    return {
        "mode": "payment",
        "line_items": [make_line_item()],
        "success_url": "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
        "client_reference_id": "261121-ABCDEF",
        "customer_email": "ann@example.com",
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "metadata": {"shop": "ours", "payment": "p-1"},
        "payment_intent_data": {"metadata": {"shop": "ours", "payment": "p-1"}},
    }


def make_line_item(name: str = "Lamp", unit_amount: int = 2000, quantity: int = 1, currency: str = "usd") -> Json:
    """Return a line item of a session."""
    price = {"currency": currency, "unit_amount": unit_amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


@contextmanager
def connect_shop(url: str, key: str = KEY, timeout: float = 10) -> Iterator[StripeShop]:
    """Yield a shop, and close its connections afterwards."""
    shop = StripeShop(url, key, timeout)
    try:
        yield shop
    finally:
        shop.http.close()  # type: ignore[no-untyped-call]


def has_valid_signature(received: ReceivedRequest, tolerance: int = 300) -> bool:
    """Return whether Stripe's package accepts the signature and its timestamp."""
    try:
        stripe.Webhook.construct_event(received.body, received.signature, SECRET, tolerance)
    except stripe.SignatureVerificationError:
        return False
    return True
