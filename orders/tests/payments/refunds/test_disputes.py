"""A buyer disputes his payment (failure table: 28)"""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add
from core.models import Job
from orders.models import Order, Payment, Refund, StripeEvent
from orders.payments import refunds
from orders.tests.factories import customer
from orders.tests.payments.invariants import altered, came, check_books, give, kinds, stock_of
from orders.tests.payments.paid_orders import DOWN, REFUNDING, bought, charge_of, do_owed_jobs, money_of, refunds_of, staff
from orders.tests.payments.till import Till
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings: Settings) -> SchemaClient:
    """A buyer whose cart holds two of five lamps."""
    settings.SHOP_EMAIL = "owner@shop.example"
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.fixture
def order(till: Till, client: SchemaClient) -> dict[str, Any]:
    """His order, which the provider knows to be paid; the shop does not know yet."""
    order = till.placed(client)
    till.emulator.pay(order["session_id"])
    return order


def charge(till: Till) -> str:
    """Return the id of the only charge."""
    intent = till.emulator.api("GET", f"/v1/checkout/sessions/{till.emulator.ledger()[0]['session']}").json["payment_intent"]
    found: str = till.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"]
    return found


def check_sold() -> None:
    """Fail where the order is not as it was before the dispute."""
    row = Order.objects.get()
    assert (row.status, row.stock_state, stock_of("LAMP")) == ("processing", "committed", (3, 0))


def alarms() -> int:
    """Return how many mails about a dispute the merchant is owed."""
    return Job.objects.filter(kind="merchant_mail", payload__about="dispute").count()


def test_the_merchant_is_told_and_nothing_is_cancelled(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.deliver()
    till.emulator.dispute(charge(till))

    assert till.deliver() == [200, 200]  # and that the funds are withdrawn

    row = Order.objects.get()
    assert (row.attention, kinds(order["number"])[-2:], alarms()) == ("dispute", ["dispute_needs_response", "dispute"], 1)
    assert not Refund.objects.exists()
    assert client.get(f"/api/orders/{order['number']}/").json()["data"]["payment_status"] == "paid"
    check_sold()
    check_books(till)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_what_is_lost_is_recorded_as_given_back_once(till: Till, order: dict[str, Any], is_reversed: bool) -> None:
    till.deliver()
    for status in ("needs_response", "lost"):
        till.emulator.dispute(charge(till), status)
    events = list(came(till).values())
    assert len(events) == 3

    assert give(till, *(reversed(events) if is_reversed else events), *events) == [200] * 6

    refund, payment = Refund.objects.get(), Payment.objects.get()
    assert (refund.state, refund.source, refund.amount_minor, payment.refunded_minor) == ("succeeded", "external", 4000, 4000)
    assert (Order.objects.get().attention, kinds(order["number"]).count("dispute_lost"), alarms()) == ("dispute", 1, 1)
    assert not [row for row in till.emulator.requests() if row["path"].endswith("refunds") and row["method"] == "POST"]
    check_sold()


def test_what_is_won_is_not_given_back(till: Till, order: dict[str, Any]) -> None:
    till.deliver()
    for status in ("needs_response", "under_review", "won"):
        till.emulator.dispute(charge(till), status)

    assert till.deliver() == [200] * 5

    assert (Refund.objects.count(), Payment.objects.get().refunded_minor) == (0, 0)
    found = [kind for kind in kinds(order["number"]) if kind.startswith("dispute_")]
    assert found == ["dispute_needs_response", "dispute_under_review", "dispute_won"]
    check_sold()
    check_books(till)


@pytest.mark.parametrize("kind", ["charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"])
def test_the_movement_of_the_funds_is_no_news(till: Till, order: dict[str, Any], kind: str) -> None:
    till.deliver()
    till.emulator.dispute(charge(till))
    created = came(till)["charge.dispute.created"]

    assert give(till, created, altered(created[0], kind)) == [200, 200]

    assert (kinds(order["number"]).count("dispute_needs_response"), alarms()) == (1, 1)
    check_books(till)


def test_no_more_than_what_is_left_can_be_lost(till: Till, order: dict[str, Any]) -> None:
    till.deliver()
    till.emulator.refund_charge(charge(till), 1000)
    till.deliver()
    till.emulator.dispute(charge(till), "lost")

    assert till.deliver() == [200] * 3

    assert sorted(Refund.objects.values_list("amount_minor", flat=True)) == [1000, 3000]
    assert Payment.objects.get().refunded_minor == 4000


def test_an_inquiry_before_the_dispute_is_written_down(till: Till, order: dict[str, Any]) -> None:
    till.deliver()
    till.emulator.dispute(charge(till))
    created = came(till)["charge.dispute.created"]

    for status in ("warning_needs_response", "warning_closed"):
        assert give(till, altered(created[0], status=status)) == [200]

    assert Order.objects.get().attention == "dispute"
    assert not Refund.objects.exists()
    check_sold()


def test_the_dispute_of_another_shop_is_ignored(till: Till, order: dict[str, Any]) -> None:
    till.deliver()
    till.emulator.dispute(charge(till))
    created = came(till)["charge.dispute.created"]

    assert give(till, altered(created[0], payment_intent="pi_of_another", charge="ch_of_another")) == [200]

    assert (StripeEvent.objects.get(type="charge.dispute.created").status, Order.objects.get().attention) == ("ignored", "")


@pytest.mark.parametrize("kind", ["charge.dispute.created", "charge.refunded"])
def test_what_is_told_before_the_payment_itself_is_not_lost(till: Till, order: dict[str, Any], kind: str) -> None:
    paid = came(till)["checkout.session.completed"]
    if kind == "charge.refunded":
        till.emulator.refund_charge(charge(till), 1000)
    else:
        till.emulator.dispute(charge(till))
    event = came(till)[kind]

    status = till.post(*event).status_code
    give(till, paid)
    if status == 500:  # Stripe tries again
        assert till.post(*event).status_code == 200

    assert Order.objects.get().attention in ("dispute", "external_refund")
    assert not StripeEvent.objects.filter(type=kind).exclude(status="done").exists()


def test_what_is_lost_while_a_refund_is_on_its_way_counts_when_that_is_refused(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})
    refunds.ask(staff(), order.pk, None, "late")
    for status in ("needs_response", "lost"):
        till.emulator.dispute(charge_of(till, order), status)
    assert set(till.deliver()) == {200}
    assert money_of(order)[:2] == (4000, 0)
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})

    assert do_owed_jobs()[1] == 0

    assert refunds_of(order) == [(4000, "failed", "staff"), (4000, "succeeded", "external")]
    assert money_of(order) == (4000, 4000, "refunded")


def test_what_is_lost_while_a_part_is_on_its_way_counts_whole_when_that_is_refused(till: Till) -> None:
    order = bought(till)
    till.emulator.faults({"match": REFUNDING, "times": -1, "do": DOWN})
    refunds.ask(staff(), order.pk, Decimal("30.00"), "late")
    for status in ("needs_response", "lost"):
        till.emulator.dispute(charge_of(till, order), status)
    assert set(till.deliver()) == {200}
    till.emulator.faults({"match": REFUNDING, "do": {"status": 400}})

    assert do_owed_jobs()[1] == 0

    assert money_of(order) == (4000, 4000, "refunded")


def test_what_is_lost_before_its_payment_is_known_counts_once_that_is_known(till: Till, client: SchemaClient) -> None:
    placed = till.placed(client)
    till.emulator.pay_later(placed["session_id"])
    assert set(till.deliver()) == {200}
    order = Order.objects.get()
    till.emulator.async_succeed(placed["session_id"])
    paid = came(till)
    till.emulator.dispute(charge_of(till, order), "lost")
    assert set(till.deliver()) == {200}

    assert set(give(till, *paid.values())) == {200}

    assert (kinds(placed["number"]).count("dispute_lost"), money_of(order)) == (1, (4000, 4000, "refunded"))
