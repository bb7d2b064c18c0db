"""Orders whose phone has to be confirmed, on the pages of staff"""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.tests.mails import send_pending_emails
from core.actors import Actor
from core.models import Job
from orders.fulfilment import phone_confirmation
from orders.models import Order
from orders.tests.phone_confirmation import make_waiting_order
from tests.admin.order_pages import ORDERS, list_numbers, read, run_action, run_bulk
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
HOME = "/admin/"


@pytest.fixture(autouse=True)
def _rules(settings: Settings) -> None:
    """In India, phones are confirmed above 100."""
    settings.COD_RULES = {"in": (Decimal(100), None)}
    settings.SMS_BACKEND = "locmem"


@pytest.fixture
def order() -> Order:
    """A guest's order that waits for its phone."""
    return Order.objects.get(number=make_waiting_order(SchemaClient())["number"])


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def test_staff_confirm_the_phone_of_a_buyer_whom_they_have_reached(staff_client: Client, order: Order) -> None:
    send_pending_emails()
    page = read(staff_client.get(f"{ORDERS}{order.pk}/change/"))
    assert "Phone confirmed" in page
    assert "phone to confirm" in page
    assert f"{ORDERS}{order.pk}/action/ship/" not in page

    page = read(run_action(staff_client, order, "phone"))

    order.refresh_from_db()
    assert "The phone is confirmed: the order can be packed, and the customer is notified." in page
    assert (order.status, order.phone_confirm_until) == ("processing", None)
    event = order.events.latest("pk")
    assert (event.kind, event.actor_kind, event.data) == ("phone_confirmed", "staff", {"source": "staff"})
    assert event.user is not None
    assert f"{ORDERS}{order.pk}/action/ship/" in page
    (message,) = send_pending_emails()
    assert message.subject == f"Your order {order.number}"


def test_confirming_twice_is_the_same(order: Order) -> None:
    phone_confirmation.confirm_by_staff(Actor(kind="staff"), order.pk)
    events = order.events.count()

    phone_confirmation.confirm_by_staff(Actor(kind="staff"), order.pk)

    assert order.events.count() == events


def test_a_waiting_order_is_shipped_by_no_action(staff_client: Client, order: Order) -> None:
    page = read(run_action(staff_client, order, "ship"))
    bulk_page = read(run_bulk(staff_client, "ship_selected", order))

    sentence = "The phone number is not confirmed yet. Confirm it if you have reached the buyer"
    assert sentence in page
    assert f"{order.number}: {sentence}." in bulk_page
    order.refresh_from_db()
    assert (order.status, order.events.count()) == ("processing", 1)


def test_its_slip_is_empty_and_says_why(staff_client: Client, order: Order) -> None:
    page = read(staff_client.get(f"{ORDERS}{order.pk}/slip/"))

    assert "the phone number is not confirmed yet" in page
    assert "Lamp" not in page


def test_it_has_a_list_and_a_tile_and_is_not_to_be_packed(staff_client: Client, order: Order) -> None:
    home = read(staff_client.get(HOME))

    assert list_numbers(staff_client, "?todo=phone_to_confirm") == [order.number]
    assert list_numbers(staff_client, "?todo=to_pack") == []
    assert "phone to confirm" in read(staff_client.get(ORDERS))
    assert f"{ORDERS}?todo=phone_to_confirm" in home


def test_once_confirmed_it_is_to_be_packed(staff_client: Client, order: Order) -> None:
    run_action(staff_client, order, "phone")

    assert list_numbers(staff_client, "?todo=phone_to_confirm") == []
    assert list_numbers(staff_client, "?todo=to_pack") == [order.number]


@pytest.mark.parametrize("rules", [{}, {"in": (None, 2)}])
def test_a_shop_without_the_rule_sees_nothing_of_it(staff_client: Client, settings: Settings, rules: object) -> None:
    settings.COD_RULES = rules

    pages = [read(staff_client.get(page)) for page in (HOME, ORDERS)]

    assert not any("phone_to_confirm" in page for page in pages)


def test_another_order_is_not_asked_for_its_phone(staff_client: Client, order: Order) -> None:
    run_action(staff_client, order, "phone")

    response = staff_client.get(f"{ORDERS}{order.pk}/action/phone/", follow=True)

    assert "Phone confirmed: the order does not allow this now." in read(response)


def test_only_staff_who_ship_confirm_phones(order: Order) -> None:
    client = make_staff_client("view_order", "correct_order")

    response = client.post(f"{ORDERS}{order.pk}/action/phone/")

    order.refresh_from_db()
    assert (response.status_code, order.awaits_phone) == (403, True)


def test_the_timeline_tells_it_in_words(staff_client: Client, order: Order) -> None:
    page = read(run_action(staff_client, order, "phone"))

    assert "Phone confirmed" in page
    assert "source: staff" in page


def test_the_mail_that_asks_for_it_is_not_sent_again_once_it_is_confirmed(staff_client: Client, order: Order) -> None:
    send_pending_emails()
    run_action(staff_client, order, "phone")
    send_pending_emails()
    job = Job.objects.get(dedupe_key=f"{order.number}:confirm_phone").pk

    page = read(run_action(staff_client, order, "resend", job=job))

    assert "This e-mail can no longer be sent" in page
    assert send_pending_emails() == []
