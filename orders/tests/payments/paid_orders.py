"""Orders that are paid by card, for tests of refunds and later steps."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart
from core import outbox
from core.actors import Actor
from core.models import Job
from orders.models import Order, Payment, Refund
from orders.selectors import payment_status
from orders.state import alerts
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments
from products.models import Variant
from products.tests.factories import make_product, make_products
from tests.schema_client import SchemaClient

REFUND_CALL = {"method": "POST", "path": "refunds$"}
RATE_LIMITED = {"status": 429}  # Stripe's package does not retry this one


def make_staff_actor() -> Actor:
    """Return the actor of a member of staff."""
    existing = User.objects.filter(email="staff@example.com").first()
    return Actor(user_id=(existing or make_user("staff@example.com", is_staff=True)).pk, kind="staff")


def resolve_alert(order: Order, code: str) -> None:
    """Resolve an alert, with all of its events seen."""
    last = alerts.events_to_review(order, code).last()
    alerts.resolve_seen(make_staff_actor(), order.pk, code, last.pk if last else 0)


def add_lamps(client: SchemaClient, units: int = 2, price: str = "20.00", stock: int = 10) -> None:
    """Create the product LAMP and add units of it to the client's cart."""
    add_to_cart(client, make_product("Lamp", sku="LAMP", price=price, stock=stock), units)


def fill_cart(client: SchemaClient, lines: int, price: str, units: int = 1) -> None:
    """Fill the client's cart with this number of lines, each a product at this price."""
    first, *rest = make_products(*(f"Product {number}" for number in range(lines)), price=price)
    add_to_cart(client, first, units)
    cart = Cart.objects.get()
    variants = Variant.objects.filter(product__in=rest)
    CartItem.objects.bulk_create(CartItem(cart=cart, variant=v, quantity=units, price_at_addition=v.price) for v in variants)
    assert cart.items.count() == lines


def create_pending_order(card_payments: CardPayments, units: int = 2, **fields: Any) -> tuple[SchemaClient, dict[str, Any]]:
    """Return a customer and their order of lamps, which awaits payment."""
    client = customer()
    add_lamps(client, units, **fields)
    return client, card_payments.place_order(client)


def create_paid_order(card_payments: CardPayments, units: int = 2, **fields: Any) -> Order:
    """Return an order of lamps that is paid by card, with its emails sent."""
    _, order = create_pending_order(card_payments, units, **fields)
    assert set(card_payments.pay(order)) == {200}
    outbox.run_due()
    return Order.objects.get(number=order["number"])


def get_charge_id(card_payments: CardPayments, order: Order) -> str:
    """Return the id of the provider's charge for an order."""
    intent = order.payments.get().payment_intent
    charge: str = card_payments.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"]
    return charge


def run_pending_jobs() -> tuple[int, int]:
    """Run all pending jobs, including those that wait for a retry; return how many succeeded and how many failed."""
    Job.objects.filter(done_at=None).update(run_at=timezone.now() - timedelta(seconds=1), leased_until=None)
    return outbox.run_due()


def get_stock(sku: str = "LAMP") -> tuple[int, int]:
    """Return the units on hand and the units reserved."""
    return Variant.objects.values_list("stock", "reserved").get(sku=sku)


def get_amounts(order: Order) -> tuple[int, int, str]:
    """Return the captured and refunded amounts (minor units) and the payment status of an order."""
    payment = Payment.objects.get(order=order)
    return payment.captured_minor, payment.refunded_minor, payment_status(payment.order, [payment])


def get_refunds(order: Order) -> list[tuple[int, str, str]]:
    """Return amount (minor units), state and source of an order's refunds, oldest first."""
    rows = Refund.objects.filter(payment__order=order).order_by("created_at")
    return list(rows.values_list("amount_minor", "state", "source"))


def get_refunded_amounts(card_payments: CardPayments) -> list[int]:
    """Return what the provider has refunded, for each session."""
    return [row["refunded"] for row in card_payments.emulator.ledger()]


def get_refund_requests(card_payments: CardPayments) -> list[dict[str, Any]]:
    """Return the refund requests that the provider received."""
    return [row for row in card_payments.emulator.requests() if row["method"] == "POST" and row["path"].endswith("/refunds")]


@contextmanager
def simulate_lock_timeout(begin: str) -> Iterator[list[str]]:
    """Make the first statement that starts like this fail with a lock timeout; yields the errors raised."""
    failures: list[str] = []

    def locked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not failures and sql.startswith(begin):
            failures.append("canceling statement due to lock timeout")
            raise OperationalError(failures[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(locked):
        yield failures
