"""Money that comes after the order was given up (failure table: 12, 24)"""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from carts.models import CartItem
from carts.tests.factories import add, cart_of, held
from core import outbox
from core.actors import SYSTEM
from orders.models import Order, Payment, Refund
from orders.payments import refunds
from orders.payments.provider_state import RefundFacts
from orders.state import transitions
from orders.tests.factories import customer
from orders.tests.payments.invariants import came, check_books, kinds, mails, sign, stock_of
from orders.tests.payments.paid_orders import staff, take_flag_away
from orders.tests.payments.till import Till, status_of
from products.models import Product, StockMovement, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of which there are two."""
    return make_product(sku="LAMP", stock=2)


@pytest.fixture
def client(lamp: Product) -> SchemaClient:
    """A buyer whose cart holds both."""
    client = customer()
    add(client, lamp, 2)
    return client


def ordered_unheard(till: Till, client: SchemaClient) -> str:
    """Order while every answer of the provider is lost; return the order's number."""
    till.emulator.faults({"match": {"path": "checkout/sessions$"}, "times": -1, "do": {"close": "after"}})
    number: str = till.order(client).json()["details"]["order"]
    till.emulator.faults()
    return number


def given_up(till: Till, client: SchemaClient) -> str:
    """The same, and wait until the order is over."""
    number = ordered_unheard(till, client)
    Order.objects.update(reserved_until=timezone.now())
    assert client.post(f"/api/orders/{number}/pay/").status_code == 409
    assert status_of(number) == ("expired", "released", "expired")
    return number


def buy_all(lamp: Product) -> None:
    """Let somebody else buy what is left."""
    other = customer("grace@example.com")
    add(other, lamp, 2)
    assert other.post("/api/orders/create/", {"payment_method": "cod", "address": "12 Hill Road"}).status_code == 201


def pay_first(till: Till) -> list[int]:
    """Pay the first session that was made, and deliver what follows."""
    till.emulator.pay(till.emulator.ledger()[0]["session"])
    return till.deliver()


def check_given_back(till: Till, number: str, status: str) -> None:
    """Fail where the late money is not on its way back, or does not arrive."""
    order = Order.objects.get(number=number)
    refund = Refund.objects.get()
    assert (order.status, order.attention) == (status, "late_payment")
    assert (refund.state, refund.source, refund.amount_minor) == ("requested", "auto", 4000)
    assert outbox.run_due()[1] == 0
    assert set(till.deliver()) == {200}
    order.refresh_from_db()
    refund.refresh_from_db()
    assert (order.status, order.attention, refund.state, mails("refunded")) == (status, "", "succeeded", 1)
    assert (mails("paid"), Refund.objects.count()) == (0, 1)
    check_books(till)


def test_paid_after_the_end_it_is_sent_where_the_stock_is_still_there(till: Till, client: SchemaClient) -> None:
    number = given_up(till, client)

    assert pay_first(till) == [200] * 4

    assert status_of(number) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), held(cart_of(client)), mails("paid")) == ((0, 0), {}, 1)
    assert kinds(number)[-1] == "late_payment_accepted"
    assert Order.objects.get().expired_at is None
    assert not Refund.objects.exists()
    check_books(till)


def test_paid_after_the_end_it_is_given_back_where_the_stock_is_gone(till: Till, client: SchemaClient, lamp: Product) -> None:
    number = given_up(till, client)
    buy_all(lamp)

    assert pay_first(till) == [200] * 4

    assert (status_of(number), stock_of("LAMP")) == (("expired", "released", "succeeded"), (0, 0))
    assert held(cart_of(client)) == {"LAMP": 2}
    check_given_back(till, number, "expired")
    assert client.get(f"/api/orders/{number}/").json()["data"]["payment_status"] == "refunded"


def test_half_of_the_stock_is_not_enough(till: Till, client: SchemaClient) -> None:
    mug = make_product("Mug", sku="MUG", stock=1)
    add(client, mug)
    number = given_up(till, client)
    other = customer("grace@example.com")
    add(other, mug)
    other.post("/api/orders/create/", {"payment_method": "cod", "address": "12 Hill Road"})

    pay_first(till)

    assert (status_of(number)[0], stock_of("LAMP"), stock_of("MUG")) == ("expired", (2, 0), (0, 0))
    outbox.run_due()
    assert set(till.deliver()) == {200}
    check_books(till)


def test_a_variant_that_is_gone_is_not_sent(till: Till, client: SchemaClient, lamp: Product) -> None:
    number = given_up(till, client)
    CartItem.objects.all().delete()
    StockMovement.objects.all().delete()
    Variant.objects.all().delete()

    pay_first(till)

    check_given_back(till, number, "expired")


def test_a_product_taken_off_the_shelves_is_still_sent_where_it_is_there(till: Till, client: SchemaClient, lamp: Product) -> None:
    number = given_up(till, client)
    Product.objects.update(is_active=False)

    pay_first(till)

    assert status_of(number)[0] == "processing"
    check_books(till)


def test_paid_after_it_was_cancelled_it_is_given_back(till: Till, client: SchemaClient) -> None:
    number = ordered_unheard(till, client)
    assert client.post(f"/api/orders/{number}/cancel/").status_code == 200

    assert pay_first(till) == [200] * 4

    assert (status_of(number), stock_of("LAMP")) == (("cancelled", "released", "succeeded"), (2, 0))
    assert held(cart_of(client)) == {"LAMP": 2}
    check_given_back(till, number, "cancelled")


def test_paid_after_it_was_replaced_it_is_given_back_and_the_other_stays_open(till: Till, client: SchemaClient) -> None:
    number = ordered_unheard(till, client)
    second = till.placed(client, email="other@example.com")

    assert pay_first(till) == [200] * 4

    assert status_of(second["number"]) == ("pending", "reserved", "open")
    check_given_back(till, number, "cancelled")
    assert till.pay(second) == [200] * 4
    assert status_of(second["number"])[0] == "processing"
    check_books(till)


def test_late_money_that_cannot_be_given_back_now_is_given_back_later(till: Till, client: SchemaClient) -> None:
    number = ordered_unheard(till, client)
    client.post(f"/api/orders/{number}/cancel/")
    pay_first(till)
    till.emulator.faults({"match": {"path": "refunds"}, "times": -1, "do": {"close": "after"}})
    assert outbox.run_due() == (0, 1)
    assert (Refund.objects.get().state, Order.objects.get().attention) == ("submitted", "late_payment")
    till.emulator.faults()

    assert set(till.deliver()) == {200}

    assert (Refund.objects.get().state, Order.objects.get().attention) == ("succeeded", "")
    assert till.emulator.ledger()[0]["refunded"] == 4000
    check_books(till)


def test_the_money_of_a_failed_delayed_payment_that_comes_nevertheless_is_a_late_payment(till: Till, client: SchemaClient) -> None:
    order = till.placed(client)
    till.emulator.pay_later(order["session_id"])
    till.deliver()
    till.emulator.async_fail(order["session_id"])
    till.deliver()
    assert status_of(order["number"]) == ("expired", "released", "failed")
    session = till.emulator.api("GET", f"/v1/checkout/sessions/{order['session_id']}").json
    event = _event("checkout.session.async_payment_succeeded", {**session, "payment_status": "paid"})

    assert till.post(*event).status_code == 200

    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), mails("paid"), mails("payment_failed")) == ((0, 0), 1, 1)
    check_books()


def _event(kind: str, about: dict[str, Any], created: float | None = None) -> tuple[bytes, str]:
    told = {
        **{"id": "evt_made_by_hand", "object": "event", "api_version": "2026-10-28.endive", "livemode": False, "type": kind},
        **{"created": int(time.time() if created is None else created), "data": {"object": about}, "pending_webhooks": 1},
    }
    body = json.dumps(told).encode()
    return body, sign(body)


@pytest.mark.parametrize("is_over", [False, True])
def test_an_event_that_comes_three_days_late_is_taken(till: Till, client: SchemaClient, is_over: bool) -> None:
    order = till.placed(client)
    till.emulator.pay(order["session_id"])
    body = came(till)["checkout.session.completed"][0]
    back = timedelta(days=3)
    Order.objects.update(placed_at=timezone.now() - back, reserved_until=timezone.now() - back)
    Payment.objects.update(expires_at=timezone.now() - back)
    told = json.loads(body)
    event = _event(told["type"], told["data"]["object"], time.time() - back.total_seconds())  # signed now, as each try is
    if is_over:
        assert client.post(f"/api/orders/{order['number']}/pay/").status_code == 409  # asks the provider, and finds out

    assert till.post(*event).status_code == 200

    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), mails("paid")) == ((0, 0), 1)
    check_books(till)


def test_a_late_payment_does_not_touch_what_another_order_of_the_cart_has_reserved(till: Till, client: SchemaClient) -> None:
    Variant.objects.update(stock=4)
    StockMovement.objects.update(delta=4)
    first = given_up(till, client)
    second = till.placed(client)

    assert pay_first(till) == [200] * 4

    assert status_of(first)[0] == "processing"
    assert status_of(second["number"]) == ("pending", "reserved", "open")
    assert stock_of("LAMP") == (2, 2)
    add(client, make_product("Mug", sku="MUG", stock=3))
    client.raise_request_exception = False
    assert till.order(client).status_code == 201
    assert status_of(second["number"])[0] == "cancelled"
    check_books(till)


def failing_refunds(till: Till, client: SchemaClient) -> Order:
    """Return a cancelled order whose late money the provider does not give back."""
    number = ordered_unheard(till, client)
    client.post(f"/api/orders/{number}/cancel/")
    pay_first(till)
    till.emulator.faults({"match": {"path": "refunds$"}, "do": {"status": 400}})
    assert outbox.run_due()[1] == 0
    order = Order.objects.get(number=number)
    assert (order.attention, Refund.objects.get().state) == ("refund_failed", "failed")
    take_flag_away(order, "refund_failed")
    assert Order.objects.get().attention == "late_payment"
    return order


def test_late_money_that_staff_give_back_in_parts_is_late_money_until_all_of_it_is_back(till: Till, client: SchemaClient) -> None:
    order = failing_refunds(till, client)

    assert refunds.ask(staff(), order.pk, Decimal("15.00"), "late").state == "succeeded"
    assert Order.objects.get().attention == "late_payment"
    assert refunds.ask(staff(), order.pk, None, "late").state == "succeeded"

    assert Order.objects.get().attention == ""
    assert set(till.deliver()) == {200}
    check_books(till)


@pytest.mark.parametrize("how", ["a dispute", "the dashboard"])
def test_money_that_is_back_already_when_it_is_told_is_not_given_back_again(
    till: Till, client: SchemaClient, lamp: Product, how: str
) -> None:
    order = till.placed(client)
    till.emulator.pay_later(order["session_id"])
    till.deliver()
    till.emulator.async_fail(order["session_id"])
    till.deliver()
    buy_all(lamp)
    payment = Payment.objects.get(provider="stripe")
    told = {"dispute": "dp_1", "payment": str(payment.pk), "amount": 4000}
    if how == "a dispute":
        transitions.note(payment.order, "dispute_lost", SYSTEM, **told)
    else:
        refunds.record(payment.pk, [RefundFacts("re_1", "succeeded", 4000, "INR", payment.payment_intent)])
    session = till.emulator.api("GET", f"/v1/checkout/sessions/{order['session_id']}").json

    assert till.post(*_event("checkout.session.async_payment_succeeded", {**session, "payment_status": "paid"})).status_code == 200

    row = Order.objects.get(number=order["number"])
    assert (row.status, row.attention) == ("expired", "" if how == "a dispute" else "external_refund")
    payment.refresh_from_db()
    assert (payment.captured_minor, payment.refunded_minor, Refund.objects.get().source) == (4000, 4000, "external")
