"""How and when an order is sent: on its page, in the list, on the slip, in the files, in e-mails and on the payment page"""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from accounts.tests.mails import send_pending_emails
from orders.models import Order
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_pending_order
from orders.tests.payments.sessions.test_session_amounts import get_lines, get_session_params
from pricing.delivery.texts import describe_dates
from pricing.tests.zones import change_method, make_zone
from tests.admin.order_pages import ORDERS, copy_orders, list_numbers, make_cash_order, read, run_bulk
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db
EXPRESS = {"name": "Express post", "price": "99", "days_min": 2, "days_max": 4}


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def make_express_order() -> tuple[Order, str]:
    """Place a Cash on Delivery order that is sent by express; return it with the days on which it can arrive."""
    make_zone(methods={"express": EXPRESS})
    order = make_cash_order()
    today = timezone.localdate()
    return order, f"{date_format(today + timedelta(days=2))} to {date_format(today + timedelta(days=4))}"


def test_the_page_of_an_order_shows_its_method_and_days(staff: Client) -> None:
    order, days = make_express_order()

    page = read(staff.get(f"{ORDERS}{order.pk}/change/"))

    assert f"Express post, {days}" in page


def test_an_order_from_before_there_were_methods_shows_none(staff: Client) -> None:
    order = make_cash_order()
    Order.objects.update(shipping_method="", shipping_name="")

    response = staff.get(f"{ORDERS}{order.pk}/change/")

    assert response.status_code == 200
    assert "Standard delivery" not in read(response)


def test_the_list_is_filtered_by_method(staff: Client) -> None:
    order, _ = make_express_order()
    (standard,) = copy_orders(order, 1, shipping_method="standard")

    page = read(staff.get(ORDERS))

    assert "?shipping_method=express" in page
    assert list_numbers(staff, "?shipping_method=express") == [order.number]
    assert list_numbers(staff, "?shipping_method=standard") == [standard.number]
    assert list_numbers(staff, "?shipping_method=gone") == []


def test_a_shop_without_zones_has_no_filter_by_method(staff: Client) -> None:
    assert "shipping_method=" not in read(staff.get(ORDERS))


def test_methods_of_one_name_are_told_apart(staff: Client) -> None:
    make_zone(methods={"a": {"name": "Post"}, "b": {"name": "Post"}, "c": {"name": "Express"}})

    page = read(staff.get(ORDERS))

    assert "Post (a)" in page
    assert "Post (b)" in page
    assert "Express (c)" not in page


def test_the_slip_shows_the_method_and_days(staff: Client) -> None:
    order, days = make_express_order()

    assert f"<p>Shipping: Express post, {days}</p>" in read(run_bulk(staff, "print_slips", order))


def test_the_file_of_orders_has_the_method_and_days(staff: Client) -> None:
    order, _ = make_express_order()

    content = b"".join(run_bulk(staff, "as_csv", order).streaming_content).decode("utf-8-sig")

    (row,) = csv.DictReader(content.splitlines())
    assert {name: row[name] for name in ("shipping_method", "shipping_name", "delivery_earliest", "delivery_latest")} == {
        "shipping_method": "express",
        "shipping_name": "Express post",
        "delivery_earliest": (timezone.localdate() + timedelta(days=2)).isoformat(),
        "delivery_latest": (timezone.localdate() + timedelta(days=4)).isoformat(),
    }


def test_the_e_mails_of_a_new_order_say_how_and_when_it_arrives(settings: Settings) -> None:
    settings.SHOP_EMAIL = "merchant@example.com"
    _, days = make_express_order()

    messages = send_pending_emails()

    assert len(messages) == 2
    assert all(f"Delivery: Express post, {days}" in str(message.body) for message in messages)


def test_the_e_mail_of_a_paid_order_says_how_and_when_it_arrives(card_payments: CardPayments) -> None:
    make_zone(methods={"express": EXPRESS})
    _, order = create_pending_order(card_payments)
    card_payments.pay(order)

    (message,) = send_pending_emails()

    assert "Delivery: Express post, " in str(message.body)


def test_the_e_mail_of_a_shop_without_zones_says_nothing_more() -> None:
    make_cash_order()

    (message,) = send_pending_emails()

    assert "Delivery:" not in str(message.body)


def test_the_e_mail_names_a_method_of_a_zone_that_is_called_like_the_default_one() -> None:
    make_zone(methods={"metro": {"name": "Standard delivery"}})
    make_cash_order()

    (message,) = send_pending_emails()

    assert "Delivery: Standard delivery" in str(message.body)


def test_the_payment_page_names_the_method(card_payments: CardPayments) -> None:
    make_zone(methods={"express": EXPRESS})
    create_pending_order(card_payments)

    assert get_lines(get_session_params(card_payments))[-1] == ("Express post", 9900, 1)


def test_a_method_that_is_renamed_keeps_its_name_in_orders(staff: Client) -> None:
    order, days = make_express_order()
    change_method("express", name="Turtle")

    assert f"Express post, {days}" in read(staff.get(f"{ORDERS}{order.pk}/change/"))


@pytest.mark.parametrize(
    ("earliest", "latest", "text"),
    [(1, 3, "{1} to {3}"), (3, 3, "{3}"), (None, 3, "by {3}"), (1, None, "from {1}"), (None, None, "")],
)
def test_days_that_are_not_known_are_left_out(earliest: int | None, latest: int | None, text: str) -> None:
    days = [timezone.localdate() + timedelta(days=number) for number in range(4)]

    described = describe_dates(*(None if number is None else days[number] for number in (earliest, latest)))

    assert described == text.format(*map(date_format, days))
