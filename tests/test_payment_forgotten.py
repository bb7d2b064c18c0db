"""A payment on which an order waits, and which the provider does not know any more; and one whose money came after its end"""

from typing import Any

import pytest

from orders import settling
from orders.facts import SessionFacts
from orders.models import Order, Payment
from tests.bought import pending, stock_of
from tests.desks import superuser
from tests.payment_books import check_books, kinds, verify_url
from tests.payments import Till, status_of
from tests.schema_client import SchemaClient
from tests.test_admin_orders import act
from tests.test_payment_sync import Ran, sync

pytestmark = pytest.mark.django_db


def forgotten(till: Till) -> tuple[SchemaClient, str]:
    """Return a buyer and his order, whose money is on its way as far as the shop knows; its provider knows of nothing."""
    client, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    assert set(till.deliver()) == {200}
    till.emulator.reset()
    return client, order["number"]


@pytest.mark.parametrize("is_named", [False, True])
def test_staff_are_told_once_and_it_is_not_ended_by_itself(till: Till, is_named: bool) -> None:
    _, number = forgotten(till)
    chosen: dict[str, Any] = {"order": number} if is_named else {}

    dry, first, second = sync(dry_run=True, **chosen), sync(**chosen), sync(**chosen)

    words = [f"attention: order {number}: the provider does not know its payment any more"]
    assert (dry.code, dry.complaints) == (2, words)
    assert first == second == Ran(2, ["0 repaired, 1 need attention"], words)
    assert (kinds(number).count("payment_overdue"), Order.objects.get().attention) == (1, "payment_overdue")
    assert (status_of(number), stock_of()) == (("pending", "reserved", "processing"), (10, 2))


def test_the_buyer_who_asks_ends_nothing(till: Till) -> None:
    client, order = pending(till)
    till.emulator.pay_later(order["session_id"])
    till.deliver()
    till.emulator.reset()

    shown = client.get(verify_url(order)).json()["data"]["order"]

    assert (shown["status"], shown["payment_status"]) == ("pending", "processing")
    assert (status_of(order["number"]), stock_of()) == (("pending", "reserved", "processing"), (10, 2))


@pytest.mark.parametrize("who", ["buyer", "staff"])
def test_whoever_cancels_it_ends_it(till: Till, who: str) -> None:
    client, number = forgotten(till)
    sync()

    if who == "buyer":
        assert client.post(f"/api/orders/{number}/cancel/").status_code == 200
    else:
        act(superuser(), Order.objects.get(), "cancel", reason="the account was changed")

    assert (status_of(number), stock_of()) == (("cancelled", "released", "cancelled"), (10, 0))
    assert Order.objects.get().attention == ""
    check_books()


def test_who_asks_the_provider_about_an_order_that_is_over_hears_of_its_money(till: Till) -> None:
    _, order = pending(till)
    till.emulator.pay(order["session_id"])
    till.emulator.wait()
    settling.apply_session(Payment.objects.get().pk, SessionFacts(order["session_id"], "expired", "unpaid", 4000, "INR", None))
    assert status_of(order["number"]) == ("expired", "released", "expired")

    page = act(superuser(), Order.objects.get(), "sync")

    assert f"order {order['number']} is processing now" in page
    assert (status_of(order["number"]), stock_of()) == (("processing", "committed", "succeeded"), (8, 0))
    check_books(till)


def test_of_an_order_that_is_over_and_unpaid_the_provider_says_nothing_else(till: Till) -> None:
    client, order = pending(till)
    client.post(f"/api/orders/{order['number']}/cancel/")

    assert sync(order=order["number"]) == Ran(0, ["0 repaired, 0 need attention"], [])
