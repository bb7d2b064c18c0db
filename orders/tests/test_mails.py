"""E-mails about Cash on Delivery orders"""

import socket

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.mails import get_link, send_pending_emails
from carts.tests.factories import add_to_cart, get_sku_id, make_shirt
from core import outbox
from core.actors import Actor
from core.models import Job
from orders.fulfilment import cancellation
from orders.models import Order
from orders.state import notifications
from orders.tests.factories import ADDRESS, create, customer, placed
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

MERCHANT = "merchant@example.com"
LINE_BREAK = "Ada\r\nBcc: eve@example.com\r\n\r\nYou have won"


@pytest.fixture
def merchant(settings: Settings) -> str:
    """The shop notifies the merchant of its orders."""
    settings.SHOP_EMAIL = MERCHANT
    return MERCHANT


def get_html(message: EmailMultiAlternatives) -> str:
    """Return the HTML part of an e-mail."""
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return str(content)


def find_email(address: str, messages: list[EmailMultiAlternatives]) -> EmailMultiAlternatives:
    """Return the only e-mail to this address."""
    (message,) = [message for message in messages if message.to == [address]]
    return message


def test_a_new_order_is_one_mail_to_each_as_text_and_html(api: SchemaClient, merchant: str) -> None:
    add_to_cart(api, make_product("Lamp"), 2)
    order = placed(api)

    messages = send_pending_emails()

    assert (len(messages), send_pending_emails()) == (2, [])
    to_customer, to_merchant = find_email("ada@example.com", messages), find_email(merchant, messages)
    assert (to_customer.subject, to_merchant.subject) == (f"Your order {order['number']}", f"New order {order['number']}")
    for part in (str(to_customer.body), get_html(to_customer)):
        assert f"Thank you for your order {order['number']}." in part
        assert "You will pay on delivery." in part
        assert "Total: ₹40.00" in part
    for part in (str(to_merchant.body), get_html(to_merchant)):
        assert "Ada Lovelace has placed an order." in part
        assert "2 × Lamp: ₹40.00" in part
        assert order["order_token"] not in part


def test_the_same_order_again_is_no_second_mail(api: SchemaClient, merchant: str) -> None:
    add_to_cart(api, make_product())
    create(api, "k-1")
    create(api, "k-1")

    assert len(send_pending_emails()) == 2


def test_the_mail_tells_prices_and_names_as_they_were(api: SchemaClient) -> None:
    add_to_cart(api, make_shirt(), 2, variant_id=get_sku_id("SHIRT-M"))
    placed(api)
    Product.objects.update(name="Other")

    (message,) = send_pending_emails()

    assert "2 × Shirt – M: ₹50.00" in str(message.body)


def test_a_guests_link_carries_the_token_in_its_fragment_alone(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    order = placed(api)

    (message,) = send_pending_emails()

    page, fragment = get_link(message)
    assert (page, fragment) == (f"http://localhost:5173/orders/{order['number']}", {"token": order["order_token"]})
    assert str(message.body).count(order["order_token"]) == 1


def test_a_users_link_carries_none(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    order = placed(client)

    (message,) = send_pending_emails()

    assert get_link(message) == (f"http://localhost:5173/orders/{order['number']}", {})


def test_a_name_writes_no_header_of_its_own(api: SchemaClient, merchant: str) -> None:
    add_to_cart(api, make_product())
    assert create(api, name=LINE_BREAK).status_code in (201, 400)

    for message in send_pending_emails():
        assert message.recipients() in ([merchant], ["ada@example.com"])
        assert "\n" not in str(message.subject)
        headers = dict(message.message().items())
        assert {"Bcc", "Cc"} & headers.keys() == set()
        assert "eve@example.com" not in str(headers)


def test_a_name_stays_a_name_in_the_html(api: SchemaClient, merchant: str) -> None:
    add_to_cart(api, make_product("Lamp <b>& more</b>"))
    placed(api, name="<script>alert(1)</script>")

    messages = send_pending_emails()

    for message in messages:
        assert "<script>" not in get_html(message)
        assert "Lamp &lt;b&gt;&amp; more" in get_html(message)
        assert "Lamp <b>& more</b>" in str(message.body)


@pytest.mark.parametrize(
    "email", ["ada@example.com\nBcc: eve@example.com", "ada@example.com, eve@example.com", "ada@example.com\r"]
)
def test_an_address_that_is_more_than_one_is_refused(api: SchemaClient, email: str) -> None:
    add_to_cart(api, make_product())

    response = create(api, email=email)

    assert response.status_code in (201, 400)
    assert all(message.recipients() == ["ada@example.com"] for message in send_pending_emails())


def test_a_guest_without_an_address_gets_none_and_the_merchant_does(api: SchemaClient, merchant: str) -> None:
    add_to_cart(api, make_product())
    placed(api, email="", address=ADDRESS)

    assert [message.to for message in send_pending_emails()] == [[merchant]]


def test_a_shop_without_an_address_owes_itself_nothing(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    placed(api)

    assert Job.objects.filter(kind=notifications.MERCHANT_EMAIL_JOB).count() == 0


def test_a_cancelled_order_is_one_mail_without_the_reason(db: None, merchant: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    order = placed(client)
    send_pending_emails()

    cancellation.cancel_order(Actor(kind="staff"), Order.objects.get().pk, "this buyer never pays")

    (message,) = send_pending_emails()
    assert (message.to, message.subject) == (["ada@example.com"], f"Your order {order['number']} was cancelled")
    for part in (str(message.body), get_html(message)):
        assert "never pays" not in part


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("shipped", "Your order {} is on its way"),
        ("payment_failed", "Your order {} was not paid"),
        ("cancelled", "Your order {} was cancelled"),
    ],
)
def test_each_kind_of_mail_is_sent_once(db: None, kind: str, subject: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    order = placed(client)
    send_pending_emails()

    for _ in range(2):
        notifications.notify_customer(Order.objects.get(), kind)

    (message,) = send_pending_emails()
    assert message.subject == subject.format(order["number"])
    assert order["number"] in get_html(message)


def test_what_is_owed_to_an_erased_buyer_is_not_sent(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())
    placed(client)
    Order.objects.update(email="")

    assert send_pending_emails() == []
    assert Job.objects.get().done_at is not None


def test_while_the_mail_server_is_down_the_order_stands_and_the_mail_waits(
    api: SchemaClient, merchant: str, settings: Settings
) -> None:
    """Failure table: 31"""
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.EMAIL_PORT = taken.getsockname()[1]  # and then nobody listens there
    add_to_cart(api, make_product("Lamp"))
    order = placed(api)

    assert outbox.run_due() == (0, 2)

    assert Order.objects.get(number=order["number"]).status == "processing"
    jobs = Job.objects.filter(done_at=None)
    assert all(job.attempts == 1 and job.run_at > timezone.now() and "refused" in job.last_error for job in jobs)
    assert (jobs.count(), outbox.run_due()) == (2, (0, 0))  # not before its time
    settings.EMAIL_BACKEND = backend
    jobs.update(run_at=timezone.now())
    assert sorted(message.to[0] for message in send_pending_emails()) == ["ada@example.com", merchant]
    assert send_pending_emails() == []
