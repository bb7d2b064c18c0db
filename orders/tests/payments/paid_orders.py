"""Orders that are paid by card, for tests of what comes after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add
from core import outbox
from core.actors import Actor
from core.models import Job
from orders.models import Order, Payment, Refund
from orders.selectors import payment_status
from orders.state import transitions
from orders.tests.factories import customer
from orders.tests.payments.till import Till
from products.models import Variant
from products.tests.factories import make_product, make_products
from tests.schema_client import SchemaClient

REFUNDING = {"method": "POST", "path": "refunds$"}
DOWN = {"status": 429}  # which Stripe's package does not try again by itself, after a pause


def staff() -> Actor:
    """Return a member of staff."""
    known = User.objects.filter(email="staff@example.com").first()
    return Actor(user_id=(known or make_user("staff@example.com", is_staff=True)).pk, kind="staff")


def take_flag_away(order: Order, code: str) -> None:
    """Take a flag away, with all of its reasons seen."""
    last = transitions.reasons(order, code).last()
    transitions.settle_attention(staff(), order.pk, code, last.pk if last else 0)


def lamps(client: SchemaClient, units: int = 2, price: str = "20.00", stock: int = 10) -> None:
    """Put units of the lamp LAMP into the client's cart."""
    add(client, make_product("Lamp", sku="LAMP", price=price, stock=stock), units)


def fill(client: SchemaClient, lines: int, price: str, units: int = 1) -> None:
    """Put units of so many products at this price into the client's cart."""
    first, *rest = make_products(*(f"Product {number}" for number in range(lines)), price=price)
    add(client, first, units)
    cart = Cart.objects.get()
    variants = Variant.objects.filter(product__in=rest)
    CartItem.objects.bulk_create(CartItem(cart=cart, variant=v, quantity=units, price_at_addition=v.price) for v in variants)
    assert cart.items.count() == lines


def pending(till: Till, units: int = 2, **given: Any) -> tuple[SchemaClient, dict[str, Any]]:
    """Return a customer and his order of lamps, which waits for its payment."""
    client = customer()
    lamps(client, units, **given)
    return client, till.placed(client)


def bought(till: Till, units: int = 2, **given: Any) -> Order:
    """Return an order of lamps that is paid by card, its mails sent."""
    _, order = pending(till, units, **given)
    assert set(till.pay(order)) == {200}
    outbox.run_due()
    return Order.objects.get(number=order["number"])


def charge_of(till: Till, order: Order) -> str:
    """Return the provider's charge of an order."""
    intent = order.payments.get().payment_intent
    charge: str = till.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"]
    return charge


def do_owed_jobs() -> tuple[int, int]:
    """Do what is owed, also what waits for its next try; return how many were done and how many failed."""
    Job.objects.filter(done_at=None).update(run_at=timezone.now() - timedelta(seconds=1), leased_until=None)
    return outbox.run_due()


def stock_of(sku: str = "LAMP") -> tuple[int, int]:
    """Return the units on hand and those promised."""
    return Variant.objects.values_list("stock", "reserved").get(sku=sku)


def money_of(order: Order) -> tuple[int, int, str]:
    """Return what was captured and given back by the shop's books, and the payment status that is shown."""
    payment = Payment.objects.get(order=order)
    return payment.captured_minor, payment.refunded_minor, payment_status([payment])


def refunds_of(order: Order) -> list[tuple[int, str, str]]:
    """Return amount, state and source of an order's refunds, oldest first."""
    rows = Refund.objects.filter(payment__order=order).order_by("created_at")
    return list(rows.values_list("amount_minor", "state", "source"))


def given_back(till: Till) -> list[int]:
    """Return what the provider has given back, for each session."""
    return [row["refunded"] for row in till.emulator.ledger()]


def asked_for(till: Till) -> list[dict[str, Any]]:
    """Return the calls for a refund that the provider got."""
    return [row for row in till.emulator.requests() if row["method"] == "POST" and row["path"].endswith("/refunds")]


def shown(client: SchemaClient, number: str) -> dict[str, Any]:
    """Return an order as its buyer sees it."""
    data: dict[str, Any] = client.get(f"/api/orders/{number}/").json()["data"]
    return data


@contextmanager
def lock_timeout(begin: str) -> Iterator[list[str]]:
    """Let the first statement that begins like this wait too long for a lock; yields what has failed."""
    failures: list[str] = []

    def locked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not failures and sql.startswith(begin):
            failures.append("canceling statement due to lock timeout")
            raise OperationalError(failures[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(locked):
        yield failures
