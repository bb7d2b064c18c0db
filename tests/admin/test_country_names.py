"""Countries of addresses: people read the name, files and the payment provider get the code"""

import csv

import pytest

from accounts.models import User
from accounts.tests.mails import send_pending_emails
from core.models import Job
from orders.models import Address, Order
from orders.tests.factories import ADDRESS
from tests.admin.order_pages import ORDERS, make_cash_order, read, run_action, run_bulk
from tests.admin.staff_clients import make_superuser_client

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(("stored", "shown"), [("GB", "United Kingdom"), ("England", "England"), ("Atlantis", "Atlantis")])
def test_slip_and_page_of_an_order_show_the_name(stored: str, shown: str) -> None:
    client, order = make_superuser_client(), make_cash_order()
    Order.objects.update(address={**ADDRESS, "country": stored})

    pages = [read(client.get(f"{ORDERS}{order.pk}/{page}/")) for page in ("slip", "change")]

    assert all(f"Greater London<br>{shown}" in page for page in pages)


def test_the_mail_about_a_corrected_address_shows_the_name() -> None:
    client, order = make_superuser_client(), make_cash_order()
    Job.objects.all().delete()

    fields = {**ADDRESS, "line1": "14 St James's Square", "name": order.name, "seen": str(order.version), "notify": "on"}
    run_action(client, order, "address", **fields)

    (message,) = send_pending_emails()
    assert "Greater London\nUnited Kingdom\n" in str(message.body)


@pytest.mark.parametrize(("stored", "written"), [("GB", "GB"), ("England", "GB"), ("Atlantis", "Atlantis"), ("", "")])
def test_the_file_of_orders_has_the_code(stored: str, written: str) -> None:
    client = make_superuser_client()
    make_cash_order()
    Order.objects.update(address={**ADDRESS, "country": stored})

    response = run_bulk(client, "as_csv", Order.objects.get())

    (row,) = csv.DictReader(b"".join(response.streaming_content).decode("utf-8-sig").splitlines())
    assert row["country"] == written


def test_pages_of_saved_addresses_show_the_name() -> None:
    client, order = make_superuser_client(), make_cash_order()
    address = Address.objects.create(user=User.objects.get(is_staff=False), **ADDRESS)
    urls = [
        f"/admin/accounts/customer/{order.user_id}/change/",
        "/admin/orders/address/",
        f"/admin/orders/address/{address.pk}/change/",
    ]

    pages = [read(client.get(url)) for url in urls]

    assert all("United Kingdom" in page for page in pages)
