"""The job that cancels orders whose phone is not confirmed in time"""

from decimal import Decimal

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.tests.factories import PASSWORD
from accounts.tests.mails import send_pending_emails
from core import outbox
from core.actors import Actor
from orders.fulfilment import phone_confirmation
from orders.integrity import find_problems
from orders.models import Order, OrderEvent, Payment, Redemption
from orders.tests.factories import customer, database_rows
from orders.tests.phone_confirmation import end_time_of, get_token, make_waiting_order
from pricing.models import Promotion
from pricing.tests.factories import make_promotion
from products.models import Variant
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def _rules(settings: Settings) -> None:
    """In India, phones are confirmed above 100."""
    settings.COD_RULES = {"in": (Decimal(100), None)}
    settings.SMS_BACKEND = "locmem"


def test_after_the_time_the_order_is_cancelled_and_everything_returns(api: SchemaClient) -> None:
    make_promotion(code="SAVE", usage_limit=1)
    order = make_waiting_order(api, codes=["SAVE"])
    send_pending_emails()
    end_time_of(order)

    call_command("run_jobs", once=True, verbosity=0)
    (message,) = send_pending_emails()

    row = Order.objects.get()
    assert (row.status, row.stock_state, row.phone_confirm_until) == ("cancelled", "released", None)
    assert row.cancel_reason == "the phone was not confirmed in time"
    assert (Variant.objects.get().stock, Payment.objects.get().state) == (5, "cancelled")
    assert (Redemption.objects.get().state, Promotion.objects.get().used) == ("released", 0)
    event = OrderEvent.objects.latest("pk")
    assert (event.kind, event.actor_kind, event.to_status) == ("cancelled", "system", "cancelled")
    assert message.subject == f"Your order {order['number']} was cancelled"
    assert "because your phone number was not confirmed in time. There is nothing to pay." in str(message.body)
    assert list(find_problems()) == []


def test_before_the_time_nothing_happens(api: SchemaClient) -> None:
    make_waiting_order(api)
    send_pending_emails()
    before = database_rows()

    assert outbox.run_due() == (0, 0)
    assert database_rows() == before


@pytest.mark.parametrize("how", ["confirmed", "cancelled"])
def test_an_order_that_no_longer_waits_is_left_alone(api: SchemaClient, how: str) -> None:
    order = make_waiting_order(api)
    if how == "confirmed":
        phone_confirmation.confirm_by_staff(Actor(kind="staff"), order["id"])
    else:
        api.post(f"/api/orders/{order['number']}/cancel/", {}, headers=get_token(order))
    send_pending_emails()
    end_time_of(order)
    before = list(Order.objects.values()), list(OrderEvent.objects.values())

    assert outbox.run_due() == (1, 0)
    assert (list(Order.objects.values()), list(OrderEvent.objects.values())) == before


def test_who_confirms_after_the_time_and_before_the_job_keeps_the_order(api: SchemaClient) -> None:
    order = make_waiting_order(api)
    end_time_of(order)

    phone_confirmation.confirm_by_staff(Actor(kind="staff"), order["id"])
    send_pending_emails()

    assert Order.objects.get().status == "processing"


def test_the_order_of_a_closed_account_is_cancelled_and_erased() -> None:
    client = customer()
    order = make_waiting_order(client)
    assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200
    end_time_of(order)

    assert outbox.run_due()[1] == 0
    call_command("clean_up", verbosity=0)

    row = Order.objects.get()
    assert (row.status, row.phone, row.phone_e164, row.cancel_reason) == ("cancelled", "", "", "")
