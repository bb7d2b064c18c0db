"""Cash on Delivery orders above the amount of COD_RULES: placed, and to be confirmed by phone"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from accounts.tests.mails import send_pending_emails
from carts.tests.factories import add_to_cart, signed_in_client
from core.models import Job
from orders.models import Order, Payment
from orders.tests.factories import create, customer, order_body, placed
from orders.tests.phone_confirmation import PHONE, make_waiting_order
from products.models import Variant
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
SHOP = "merchant@example.com"


@pytest.fixture(autouse=True)
def _rules(settings: Settings) -> None:
    """In India, phones are confirmed above 100."""
    settings.COD_RULES = {"in": (Decimal(100), None)}
    settings.SMS_BACKEND = "locmem"


def test_it_is_placed_and_waits_for_a_day(api: SchemaClient) -> None:
    order = make_waiting_order(api)

    row = Order.objects.get()
    assert (order["status"], order["payment_status"]) == ("processing", "unpaid")
    assert row.phone_confirm_until == row.placed_at + timedelta(hours=24)
    assert order["phone_confirm_until"] == row.phone_confirm_until.isoformat().replace("+00:00", "Z")
    assert (row.stock_state, Variant.objects.get().stock, Payment.objects.get().state) == ("committed", 4, "created")
    job = Job.objects.get(kind="phone_confirmation_deadline")
    assert (job.payload, job.run_at) == ({"order": row.pk}, row.phone_confirm_until)


@pytest.mark.parametrize(("price", "market"), [("100.00", "in"), ("200.00", "us")])
def test_others_do_not_wait(api: SchemaClient, price: str, market: str) -> None:
    in_market = {"X-Market": market}
    lamp = make_product(price=price, prices={"us": price})
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 1}, headers=in_market)

    order = api.post("/api/orders/create/", order_body(), headers=in_market).json()["data"]

    assert (order["total"], order["market"], order["phone_confirm_until"]) == (price, market, None)
    assert not Job.objects.filter(kind="phone_confirmation_deadline").exists()


def test_the_total_decides_with_shipping(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal(50), None)}
    add_to_cart(api, make_product(price="60.00"))

    assert placed(api)["phone_confirm_until"] is not None


@pytest.mark.parametrize("phone", [PHONE, "98765 43210", "+91-98765-43210"])
def test_the_confirmed_phone_of_the_account_counts_at_once(phone: str) -> None:
    client = signed_in_client(make_user(phone=PHONE, phone_verified_at=timezone.now()))
    add_to_cart(client, make_product(price="200.00"))

    order = placed(client, phone=phone)

    assert order["phone_confirm_until"] is None
    assert not Job.objects.filter(kind="phone_confirmation_deadline").exists()


@pytest.mark.parametrize(
    ("account", "phone"),
    [
        ({"phone": PHONE}, PHONE),  # not confirmed
        ({"phone": "+919876543219", "phone_verified_at": timezone.now()}, PHONE),
        ({"phone_verified_at": timezone.now()}, PHONE),
        ({"phone": PHONE, "phone_verified_at": timezone.now()}, "ring 12345 twice"),
    ],
)
def test_no_other_phone_does(account: dict[str, Any], phone: str) -> None:
    client = signed_in_client(make_user(**account))

    make_waiting_order(client, phone=phone)


def test_another_users_confirmed_phone_is_not_a_guests(api: SchemaClient) -> None:
    make_user(phone=PHONE, phone_verified_at=timezone.now())

    make_waiting_order(api)


def test_a_repeated_request_is_the_same_order_though_the_phone_was_confirmed_in_between() -> None:
    user = make_user(phone=PHONE)
    client = signed_in_client(user)
    add_to_cart(client, make_product(price="200.00"))
    first = create(client, "k-1").json()["data"]
    User.objects.update(phone_verified_at=timezone.now())

    again = create(client, "k-1")

    assert (again.status_code, again.json()["data"]) == (200, first)


def test_buyer_and_shop_are_told_by_mail(api: SchemaClient, settings: Settings) -> None:
    settings.SHOP_EMAIL = SHOP
    order = make_waiting_order(api)

    to_buyer, to_shop = sorted(send_pending_emails(), key=lambda message: message.to == [SHOP])

    number, until = order["number"], Order.objects.get().phone_confirm_until
    assert until is not None
    assert to_buyer.subject == f"Confirm your phone number for order {number}"
    assert "We will pack it once your phone number is confirmed. Open your order and enter the code" in str(to_buyer.body)
    assert f"If the number is not confirmed by {until:%d %b %Y, %H:%M} UTC, the order is cancelled." in str(to_buyer.body)
    assert "Total: ₹200.00" in str(to_buyer.body)
    assert to_shop.subject == f"New order {number}, phone not confirmed"
    assert "Do not pack it before the phone number is confirmed. The buyer can confirm it by a code." in str(to_shop.body)


def test_without_text_messages_the_shop_calls(api: SchemaClient, settings: Settings) -> None:
    settings.SHOP_EMAIL, settings.SMS_BACKEND = SHOP, ""
    make_waiting_order(api)

    to_buyer, to_shop = sorted(send_pending_emails(), key=lambda message: message.to == [SHOP])

    assert "We will call you." in str(to_buyer.body)
    assert "Call the buyer, and choose Phone confirmed on the page of the order." in str(to_shop.body)


def test_the_mail_is_not_sent_once_the_phone_is_confirmed(api: SchemaClient, settings: Settings) -> None:
    settings.SHOP_EMAIL = SHOP
    make_waiting_order(api)
    Order.objects.update(phone_confirm_until=None)

    assert send_pending_emails() == []


def test_a_rule_costs_nothing_and_a_waiting_order_one_statement(settings: Settings) -> None:
    costs: list[int] = []
    for price, rules in (("50.00", {}), ("50.00", settings.COD_RULES), ("200.00", settings.COD_RULES)):
        settings.COD_RULES = rules
        client = customer(f"{len(costs)}@example.com")
        add_to_cart(client, make_product(price=price))
        with capture_statements() as run:
            assert create(client).status_code == 201
        costs.append(len(run))

    assert costs == [costs[0], costs[0], costs[0] + 1]
