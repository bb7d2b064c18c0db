"""Money that arrives after the order was closed (failure table: 12, 24)"""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart, units_by_sku
from core import outbox
from orders.models import Dispute, Order, Payment, Refund
from orders.payments import refunds
from orders.payments.provider_state import ProviderRefund
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants, count_mails, get_event_kinds, get_stock, sign_payload, take_events
from orders.tests.payments.paid_orders import make_staff_actor, resolve_alert
from products.models import Product, StockMovement, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp with two units in stock."""
    return make_product(sku="LAMP", stock=2)


@pytest.fixture
def client(lamp: Product) -> SchemaClient:
    """A buyer whose cart holds both."""
    client = customer()
    add_to_cart(client, lamp, 2)
    return client


def order_without_answer(card_payments: CardPayments, client: SchemaClient) -> str:
    """Order while every response of the provider is lost; return the order number."""
    card_payments.emulator.set_faults({"match": {"path": "checkout/sessions$"}, "times": -1, "do": {"close": "after"}})
    number: str = card_payments.post_order(client).json()["details"]["order"]
    card_payments.emulator.set_faults()
    return number


def create_abandoned_order(card_payments: CardPayments, client: SchemaClient) -> str:
    """Order in the same way, and let the order expire."""
    number = order_without_answer(card_payments, client)
    Order.objects.update(reserved_until=timezone.now())
    assert client.post(f"/api/orders/{number}/pay/").status_code == 409
    assert get_statuses(number) == ("expired", "released", "expired")
    return number


def buy_all(lamp: Product) -> None:
    """Sell the remaining units to another buyer."""
    other = customer("grace@example.com")
    add_to_cart(other, lamp, 2)
    assert other.post("/api/orders/create/", {"payment_method": "cod", "address": "12 Hill Road"}).status_code == 201


def pay_first_session(card_payments: CardPayments) -> list[int]:
    """Pay the first session and deliver the events that follow."""
    card_payments.emulator.pay(card_payments.emulator.ledger()[0]["session"])
    return card_payments.deliver_events()


def check_refunded(card_payments: CardPayments, number: str, status: str) -> None:
    """Fail unless the late money is being refunded and the refund succeeds."""
    order = Order.objects.get(number=number)
    refund = Refund.objects.get()
    assert (order.status, order.attention) == (status, "late_payment")
    assert (refund.state, refund.source, refund.amount_minor) == ("requested", "auto", 4000)
    assert outbox.run_due()[1] == 0
    assert set(card_payments.deliver_events()) == {200}
    order.refresh_from_db()
    refund.refresh_from_db()
    assert (order.status, order.attention, refund.state, count_mails("refunded")) == (status, "", "succeeded", 1)
    assert (count_mails("paid"), Refund.objects.count()) == (0, 1)
    check_invariants(card_payments)


def test_paid_after_the_end_it_is_sent_where_the_stock_is_still_there(card_payments: CardPayments, client: SchemaClient) -> None:
    number = create_abandoned_order(card_payments, client)

    assert pay_first_session(card_payments) == [200] * 4

    assert get_statuses(number) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), units_by_sku(get_cart(client)), count_mails("paid")) == ((0, 0), {}, 1)
    assert get_event_kinds(number)[-1] == "late_payment_accepted"
    assert Order.objects.get().expired_at is None
    assert not Refund.objects.exists()
    check_invariants(card_payments)


def test_paid_after_the_end_it_is_given_back_where_the_stock_is_gone(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    number = create_abandoned_order(card_payments, client)
    buy_all(lamp)

    assert pay_first_session(card_payments) == [200] * 4

    assert (get_statuses(number), get_stock("LAMP")) == (("expired", "released", "succeeded"), (0, 0))
    assert units_by_sku(get_cart(client)) == {"LAMP": 2}
    check_refunded(card_payments, number, "expired")
    assert client.get(f"/api/orders/{number}/").json()["data"]["payment_status"] == "refunded"


def test_half_of_the_stock_is_not_enough(card_payments: CardPayments, client: SchemaClient) -> None:
    mug = make_product("Mug", sku="MUG", stock=1)
    add_to_cart(client, mug)
    number = create_abandoned_order(card_payments, client)
    other = customer("grace@example.com")
    add_to_cart(other, mug)
    other.post("/api/orders/create/", {"payment_method": "cod", "address": "12 Hill Road"})

    pay_first_session(card_payments)

    assert (get_statuses(number)[0], get_stock("LAMP"), get_stock("MUG")) == ("expired", (2, 0), (0, 0))
    outbox.run_due()
    assert set(card_payments.deliver_events()) == {200}
    check_invariants(card_payments)


def test_a_variant_that_is_gone_is_not_sent(card_payments: CardPayments, client: SchemaClient, lamp: Product) -> None:
    number = create_abandoned_order(card_payments, client)
    CartItem.objects.all().delete()
    StockMovement.objects.all().delete()
    Variant.objects.all().delete()

    pay_first_session(card_payments)

    check_refunded(card_payments, number, "expired")


def test_a_retired_product_is_still_sent_if_it_is_in_stock(
    card_payments: CardPayments, client: SchemaClient, lamp: Product
) -> None:
    number = create_abandoned_order(card_payments, client)
    Product.objects.update(is_active=False)

    pay_first_session(card_payments)

    assert get_statuses(number)[0] == "processing"
    check_invariants(card_payments)


def test_paid_after_it_was_cancelled_it_is_given_back(card_payments: CardPayments, client: SchemaClient) -> None:
    number = order_without_answer(card_payments, client)
    assert client.post(f"/api/orders/{number}/cancel/").status_code == 200

    assert pay_first_session(card_payments) == [200] * 4

    assert (get_statuses(number), get_stock("LAMP")) == (("cancelled", "released", "succeeded"), (2, 0))
    assert units_by_sku(get_cart(client)) == {"LAMP": 2}
    check_refunded(card_payments, number, "cancelled")


def test_paid_after_it_was_replaced_it_is_given_back_and_the_other_stays_open(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    number = order_without_answer(card_payments, client)
    second = card_payments.place_order(client, email="other@example.com")

    assert pay_first_session(card_payments) == [200] * 4

    assert get_statuses(second["number"]) == ("pending", "reserved", "open")
    check_refunded(card_payments, number, "cancelled")
    assert card_payments.pay(second) == [200] * 4
    assert get_statuses(second["number"])[0] == "processing"
    check_invariants(card_payments)


def test_late_money_that_cannot_be_given_back_now_is_given_back_later(card_payments: CardPayments, client: SchemaClient) -> None:
    number = order_without_answer(card_payments, client)
    client.post(f"/api/orders/{number}/cancel/")
    pay_first_session(card_payments)
    card_payments.emulator.set_faults({"match": {"path": "refunds"}, "times": -1, "do": {"close": "after"}})
    assert outbox.run_due() == (0, 1)
    assert (Refund.objects.get().state, Order.objects.get().attention) == ("submitted", "late_payment")
    card_payments.emulator.set_faults()

    assert set(card_payments.deliver_events()) == {200}

    assert (Refund.objects.get().state, Order.objects.get().attention) == ("succeeded", "")
    assert card_payments.emulator.ledger()[0]["refunded"] == 4000
    check_invariants(card_payments)


def test_money_that_arrives_after_a_failed_delayed_payment_is_a_late_payment(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    order = card_payments.place_order(client)
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.deliver_events()
    card_payments.emulator.async_fail(order["session_id"])
    card_payments.deliver_events()
    assert get_statuses(order["number"]) == ("expired", "released", "failed")
    session = card_payments.emulator.api("GET", f"/v1/checkout/sessions/{order['session_id']}").json
    event = _make_event("checkout.session.async_payment_succeeded", {**session, "payment_status": "paid"})

    assert card_payments.post_event(*event).status_code == 200

    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), count_mails("paid"), count_mails("payment_failed")) == ((0, 0), 1, 1)
    check_invariants()


def _make_event(kind: str, about: dict[str, Any], created: float | None = None) -> tuple[bytes, str]:
    payload = {
        **{"id": "evt_made_by_hand", "object": "event", "api_version": "2026-10-28.endive", "livemode": False, "type": kind},
        **{"created": int(time.time() if created is None else created), "data": {"object": about}, "pending_webhooks": 1},
    }
    body = json.dumps(payload).encode()
    return body, sign_payload(body)


@pytest.mark.parametrize("is_over", [False, True])
def test_an_event_that_comes_three_days_late_is_taken(card_payments: CardPayments, client: SchemaClient, is_over: bool) -> None:
    order = card_payments.place_order(client)
    card_payments.emulator.pay(order["session_id"])
    body = take_events(card_payments)["checkout.session.completed"][0]
    back = timedelta(days=3)
    Order.objects.update(placed_at=timezone.now() - back, reserved_until=timezone.now() - back)
    Payment.objects.update(expires_at=timezone.now() - back)
    payload = json.loads(body)
    event = _make_event(
        payload["type"], payload["data"]["object"], time.time() - back.total_seconds()
    )  # signed now, as every delivery is
    if is_over:
        assert client.post(f"/api/orders/{order['number']}/pay/").status_code == 409  # asks the provider, which reports the payment

    assert card_payments.post_event(*event).status_code == 200

    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), count_mails("paid")) == ((0, 0), 1)
    check_invariants(card_payments)


def test_a_late_payment_does_not_touch_what_another_order_of_the_cart_has_reserved(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    Variant.objects.update(stock=4)
    StockMovement.objects.update(delta=4)
    first = create_abandoned_order(card_payments, client)
    second = card_payments.place_order(client)

    assert pay_first_session(card_payments) == [200] * 4

    assert get_statuses(first)[0] == "processing"
    assert get_statuses(second["number"]) == ("pending", "reserved", "open")
    assert get_stock("LAMP") == (2, 2)
    add_to_cart(client, make_product("Mug", sku="MUG", stock=3))
    client.raise_request_exception = False
    assert card_payments.post_order(client).status_code == 201
    assert get_statuses(second["number"])[0] == "cancelled"
    check_invariants(card_payments)


def create_order_with_failing_refund(card_payments: CardPayments, client: SchemaClient) -> Order:
    """Return a cancelled order whose late payment the provider fails to refund."""
    number = order_without_answer(card_payments, client)
    client.post(f"/api/orders/{number}/cancel/")
    pay_first_session(card_payments)
    card_payments.emulator.set_faults({"match": {"path": "refunds$"}, "do": {"status": 400}})
    assert outbox.run_due()[1] == 0
    order = Order.objects.get(number=number)
    assert (order.attention, Refund.objects.get().state) == ("refund_failed", "failed")
    resolve_alert(order, "refund_failed")
    assert Order.objects.get().attention == "late_payment"
    return order


def test_late_money_that_staff_give_back_in_parts_is_late_money_until_all_of_it_is_back(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    order = create_order_with_failing_refund(card_payments, client)

    assert refunds.request_refund(make_staff_actor(), order.pk, Decimal("15.00"), "late").state == "succeeded"
    assert Order.objects.get().attention == "late_payment"
    assert refunds.request_refund(make_staff_actor(), order.pk, None, "late").state == "succeeded"

    assert Order.objects.get().attention == ""
    assert set(card_payments.deliver_events()) == {200}
    check_invariants(card_payments)


@pytest.mark.parametrize("how", ["a dispute", "the dashboard"])
def test_late_money_that_was_already_refunded_is_not_refunded_again(
    card_payments: CardPayments, client: SchemaClient, lamp: Product, how: str
) -> None:
    order = card_payments.place_order(client)
    card_payments.emulator.pay_later(order["session_id"])
    card_payments.deliver_events()
    card_payments.emulator.async_fail(order["session_id"])
    card_payments.deliver_events()
    buy_all(lamp)
    payment = Payment.objects.get(provider="stripe")
    if how == "a dispute":
        Dispute.objects.create(
            provider_id="dp_1", payment=payment, status="lost", amount_minor=4000, currency="INR", reported_at=timezone.now()
        )
    else:
        refunds.record_refunds(payment.pk, [ProviderRefund("re_1", "succeeded", 4000, "INR", payment.payment_intent)])
    session = card_payments.emulator.api("GET", f"/v1/checkout/sessions/{order['session_id']}").json

    assert (
        card_payments.post_event(
            *_make_event("checkout.session.async_payment_succeeded", {**session, "payment_status": "paid"})
        ).status_code
        == 200
    )

    row = Order.objects.get(number=order["number"])
    assert (row.status, row.attention) == ("expired", "" if how == "a dispute" else "external_refund")
    payment.refresh_from_db()
    assert (payment.captured_minor, payment.refunded_minor, Refund.objects.get().source) == (4000, 4000, "external")
