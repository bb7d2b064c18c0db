"""Paying by card in tests: the shop against the emulator, whose events are handed to the webhook when a test says so."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from pytest_django import Settings

from orders.models import Order
from orders.tests.factories import form
from tests.emulator.processes import KEY, SECRET, Emulator
from tests.emulator.webhook_receivers import Receiver
from tests.schema_client import SchemaClient

WEBHOOK = "/api/orders/webhook/"


@dataclass
class Till:
    """The shop's way to the emulator, and the emulator's way back."""

    emulator: Emulator
    webhooks: Receiver

    def order(self, client: SchemaClient, key: str = "", /, **given: Any) -> Any:
        """Order what lies in the client's cart, to be paid by card; return the response."""
        headers = {"Idempotency-Key": key} if key else {}
        return client.post("/api/orders/create/", form(payment_method="stripe", **given), headers=headers)

    def placed(self, client: SchemaClient, /, **given: Any) -> dict[str, Any]:
        """Order what lies in the client's cart, to be paid by card, and return the order."""
        response = self.order(client, **given)
        assert response.status_code == 201, response.json()
        order: dict[str, Any] = response.json()["data"]
        return order

    def deliver(self) -> list[int]:
        """Hand every event that came since to the webhook, in order, and return its statuses."""
        assert self.emulator.wait()
        return [self.post(call.body, call.signature).status_code for call in self.webhooks.taken()]

    def post(self, body: bytes, signature: str) -> Any:
        """Post to the webhook as Stripe does."""
        return Client().post(WEBHOOK, body, content_type="application/json", headers={"Stripe-Signature": signature})

    def pay(self, order: dict[str, Any]) -> list[int]:
        """Pay the session of an order, and deliver what follows."""
        self.emulator.pay(order["session_id"])
        return self.deliver()


def till_of(settings: Settings, emulator: Emulator, webhooks: Receiver) -> Till:
    """Point the shop at the emulator."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_WEBHOOK_SECRET = KEY, emulator.url, SECRET
    return Till(emulator, webhooks)


def status_of(number: str) -> tuple[str, str, str]:
    """Return an order's status, that of its stock, and that of its latest payment."""
    order = Order.objects.get(number=number)
    payment = order.payments.order_by("-created_at").first()
    return order.status, order.stock_state, payment.state if payment else ""
