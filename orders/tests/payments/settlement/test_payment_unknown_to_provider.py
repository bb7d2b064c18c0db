"""A payment on which an order waits, and which the provider does not know any more; and one whose money came after its end"""

from collections.abc import Callable
from typing import Any

import pytest

from carts.tests.factories import add
from orders.models import Order, Payment
from orders.payments import settlement
from orders.payments.provider_state import SessionFacts
from orders.tests.payments.invariants import check_books, kinds, verify_url
from orders.tests.payments.paid_orders import pending, stock_of, take_flag_away
from orders.tests.payments.reconciliation.test_sync_payments import Ran, sync
from orders.tests.payments.settlement.test_staff_decide_mismatch import paid_otherwise
from orders.tests.payments.till import Till, status_of
from products.tests.factories import make_product
from tests.admin.browsers import superuser
from tests.admin.test_orders import act
from tests.emulator.processes import Emulator
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
WAITS = (("pending", "reserved", "processing"), (10, 2))


def forgotten(till: Till) -> tuple[SchemaClient, dict[str, Any]]:
    """Return a buyer and his order, whose money is on its way as far as the shop knows; its provider knows of nothing."""
    client, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    assert set(till.deliver()) == {200}
    till.emulator.reset()
    return client, order


def ended(till: Till, pay: Callable[[Emulator, str], object]) -> dict[str, Any]:
    """Return an order that its buyer has seen through in this way, and that the shop takes for one whose time is over."""
    _, order = pending(till)
    pay(till.emulator, order["session_id"])
    till.emulator.wait()
    settlement.apply_session(Payment.objects.get().pk, SessionFacts(order["session_id"], "expired", "unpaid", 4000, "INR", None))
    assert status_of(order["number"]) == ("expired", "released", "expired")
    return order


@pytest.mark.parametrize("is_named", [False, True])
def test_staff_are_told_once_and_it_is_not_ended_by_itself(till: Till, is_named: bool) -> None:
    number = forgotten(till)[1]["number"]
    chosen: dict[str, Any] = {"order": number} if is_named else {}

    dry, first, second = sync(dry_run=True, **chosen), sync(**chosen), sync(**chosen)

    words = [f"attention: order {number}: the provider does not know its payment any more"]
    assert (dry.code, dry.complaints) == (2, words)
    assert first == second == Ran(2, ["0 repaired, 1 need attention"], words)
    assert (kinds(number).count("payment_overdue"), Order.objects.get().attention) == (1, "payment_overdue")
    assert (status_of(number), stock_of()) == WAITS


def test_each_reason_is_told_once(till: Till) -> None:
    forgotten(till)
    sync()
    take_flag_away(Order.objects.get(), "payment_overdue")

    for _ in range(2):
        settlement.flag_overdue(Payment.objects.get().pk, "its money was to come later, and has not")
        sync()

    told = Order.objects.get().events.filter(kind="payment_overdue").order_by("pk").values_list("data__why", flat=True)
    assert list(told) == ["the provider does not know its payment any more", "its money was to come later, and has not"]
    assert Order.objects.get().attention == "payment_overdue"


def test_the_buyer_who_asks_ends_nothing(till: Till) -> None:
    client, order = forgotten(till)

    shown = client.get(verify_url(order)).json()["data"]["order"]

    assert (shown["status"], shown["payment_status"]) == ("pending", "processing")
    assert (status_of(order["number"]), stock_of()) == WAITS


def test_the_buyer_who_orders_something_else_ends_nothing(till: Till) -> None:
    client, order = forgotten(till)
    add(client, make_product(sku="MUG"))

    response = till.order(client)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (status_of(order["number"]), stock_of()) == WAITS


@pytest.mark.parametrize("who", ["buyer", "staff"])
def test_whoever_cancels_it_ends_it(till: Till, who: str) -> None:
    client, order = forgotten(till)
    sync()

    if who == "buyer":
        assert client.post(f"/api/orders/{order['number']}/cancel/").status_code == 200
    else:
        act(superuser(), Order.objects.get(), "cancel", reason="the account was changed")

    assert (status_of(order["number"]), stock_of()) == (("cancelled", "released", "cancelled"), (10, 0))
    assert Order.objects.get().attention == ""
    check_books()


@pytest.mark.parametrize("way", ["sync", "cancel"])
def test_what_was_paid_over_another_amount_waits_for_staff_all_the_same(till: Till, way: str) -> None:
    order, _ = paid_otherwise(till)
    before = status_of(order.number)
    till.emulator.reset()

    if way == "sync":
        assert sync(order=order.number).complaints == [
            f"attention: order {order.number}: the provider does not know its payment any more"
        ]
    else:
        act(superuser(), order, "cancel", reason="no lamps left")

    assert (status_of(order.number), Order.objects.get().attention) == (before, "amount_mismatch")


def test_who_asks_the_provider_about_an_order_that_is_over_hears_of_its_money(till: Till) -> None:
    order = ended(till, Emulator.pay)

    page = act(superuser(), Order.objects.get(), "sync")

    assert f"order {order['number']} is processing now" in page
    assert (status_of(order["number"]), stock_of()) == (("processing", "committed", "succeeded"), (8, 0))
    check_books(till)


def test_who_asks_hears_of_money_that_is_on_its_way_for_an_order_that_is_over(till: Till) -> None:
    order = ended(till, Emulator.pay_later)

    page = act(superuser(), Order.objects.get(), "sync")

    assert "its money is on its way, though its payment has ended" in page
    assert status_of(order["number"]) == ("expired", "released", "expired")


def test_of_an_order_that_is_over_and_unpaid_the_provider_says_nothing_else(till: Till) -> None:
    client, order = pending(till)
    client.post(f"/api/orders/{order['number']}/cancel/")

    assert sync(order=order["number"]) == Ran(0, ["0 repaired, 0 need attention"], [])
