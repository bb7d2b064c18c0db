"""Confirming the phone of an order while its time ends, with real concurrency"""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import PhoneCode
from accounts.tests.concurrency import run_concurrently
from accounts.tests.phones import SentTexts, use_sms_file
from core import outbox
from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment import cancellation, phone_confirmation, shipping
from orders.integrity import find_problems
from orders.models import Order, OrderEvent
from orders.tests.phone_confirmation import confirm_phone, make_waiting_order, send_phone_code
from products.models import Variant
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """In India, phones are confirmed above 100; text messages go to a file."""
    settings.COD_RULES = {"in": (Decimal(100), None)}
    return use_sms_file(tmp_path, settings)


def count_events() -> Counter[str]:
    """Return how often each kind of event is in the history of all orders."""
    return Counter(OrderEvent.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("_", range(5))
def test_one_of_confirming_and_cancelling_wins(api: SchemaClient, texts: SentTexts, _: int) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    code = texts.code()

    def act(number: int) -> int:
        if number % 2:
            cancellation.cancel_unconfirmed_order(order["id"])
            return 0
        status: int = confirm_phone(SchemaClient(), order, code).status_code
        return status

    statuses = Counter(run_concurrently(6, act))

    row, events = Order.objects.get(), count_events()
    assert row.phone_confirm_until is None
    assert events["phone_confirmed"] + events["cancelled"] == 1
    if row.status == "processing":
        assert (statuses[200] >= 1, events["phone_confirmed"], Variant.objects.get().stock) == (True, 1, 4)
    else:
        assert (statuses[200], row.status, Variant.objects.get().stock) == (0, "cancelled", 5)
    assert list(find_problems()) == []


def test_one_worker_of_many_cancels_once(api: SchemaClient) -> None:
    order = make_waiting_order(api)

    run_concurrently(8, lambda _: cancellation.cancel_unconfirmed_order(order["id"]))

    assert (count_events()["cancelled"], Variant.objects.get().stock) == (1, 5)
    outbox.run_due()
    assert list(find_problems()) == []


def test_shipping_and_the_deadline_never_both_happen(api: SchemaClient) -> None:
    order = make_waiting_order(api)
    staff = Actor(kind="staff")

    def act(number: int) -> Any:
        try:
            if number == 0:
                cancellation.cancel_unconfirmed_order(order["id"])
            elif number == 1:
                phone_confirmation.confirm_by_staff(staff, order["id"])
            else:
                shipping.ship_order(staff, order["id"])
        except InvalidTransition as error:
            return error.message

    run_concurrently(6, act)

    row, events = Order.objects.get(), count_events()
    assert (row.status == "cancelled") == (events["phone_confirmed"] == 0)
    assert events["shipped"] <= events["phone_confirmed"]
    assert Variant.objects.get().stock == (5 if row.status == "cancelled" else 4)


def test_codes_sent_at_once_leave_one_that_counts(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)

    statuses = run_concurrently(4, lambda _: send_phone_code(SchemaClient(), order).status_code)

    assert statuses == [202] * 4
    confirmed = [confirm_phone(api, order, message["text"][:6]).status_code for message in texts.all()]
    assert 200 in confirmed
    assert PhoneCode.objects.filter(used_at__isnull=False).count() == 1
