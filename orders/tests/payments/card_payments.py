"""Card payments in tests: the shop talks to the emulator, and a test decides when its events reach the webhook."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from pytest_django import Settings

from orders.models import Order
from orders.tests.factories import order_body
from tests.emulator.processes import KEY, SECRET, Emulator
from tests.emulator.webhook_receivers import WebhookReceiver
from tests.schema_client import SchemaClient

WEBHOOK = "/api/orders/webhook/"


@dataclass
class CardPayments:
    """Connects the shop to the emulator, and the emulator's events to the webhook."""

    emulator: Emulator
    webhooks: WebhookReceiver

    def post_order(self, client: SchemaClient, key: str = "", /, **fields: Any) -> Any:
        """Order the client's cart by card and return the response."""
        headers = {"Idempotency-Key": key} if key else {}
        return client.post("/api/orders/create/", order_body(payment_method="stripe", **fields), headers=headers)

    def place_order(self, client: SchemaClient, /, **fields: Any) -> dict[str, Any]:
        """Order the client's cart by card and return the order."""
        response = self.post_order(client, **fields)
        assert response.status_code == 201, response.json()
        order: dict[str, Any] = response.json()["data"]
        return order

    def deliver_events(self) -> list[int]:
        """Post every new event to the webhook, in order, and return the response statuses."""
        assert self.emulator.wait_for_deliveries()
        return [self.post_event(call.body, call.signature).status_code for call in self.webhooks.pop_requests()]

    def post_event(self, body: bytes, signature: str) -> Any:
        """Post to the webhook as Stripe does and return the response."""
        return Client().post(WEBHOOK, body, content_type="application/json", headers={"Stripe-Signature": signature})

    def pay(self, order: dict[str, Any]) -> list[int]:
        """Pay the session of an order and deliver the events that follow."""
        self.emulator.pay(order["session_id"])
        return self.deliver_events()


def use_emulator(settings: Settings, emulator: Emulator, webhooks: WebhookReceiver) -> CardPayments:
    """Point the shop's settings at the emulator."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_WEBHOOK_SECRET = KEY, emulator.url, SECRET
    return CardPayments(emulator, webhooks)


def get_statuses(number: str) -> tuple[str, str, str]:
    """Return the status of an order, the state of its stock and the state of its latest payment."""
    order = Order.objects.get(number=number)
    payment = order.payments.order_by("-created_at").first()
    return order.status, order.stock_state, payment.state if payment else ""
