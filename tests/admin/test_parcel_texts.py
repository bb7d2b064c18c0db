"""What people outside the shop write about parcels is shown as text, on each page and in e-mails"""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tests.mails import send_pending_emails
from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import outcomes, sending, tracking
from orders.models import Order, RemittanceLine, Shipment
from orders.tests.parcels.parcels import STAFF, make_cash_order, pack
from orders.tests.remittances.remittances import import_file
from tests.admin.order_pages import ORDERS
from tests.admin.parcel_pages import PARCELS
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db
CARRIER = '<img src=x onerror="alert(1)">'
NUMBER = "<b>1</b>&'\""
REPORTED = "<script>alert(2)</script>"
UNKNOWN = "<i>unknown</i>"
MARKUP = ("<img src=x", "<b>1</b>", "<script>alert", "<i>unknown", 'onerror="alert')


@pytest.fixture
def order() -> Order:
    """An order whose carrier, tracking number and events are markup."""
    order = make_cash_order()
    shipment = pack(order)
    sending.ship_parcel(STAFF, shipment.pk, carrier="Post", tracking_number="1")
    tracking.record_events(shipment.pk, [CarrierEvent("1", "failed", timezone.now(), REPORTED)])
    Shipment.objects.update(carrier=CARRIER, tracking_number=NUMBER)
    outcomes.deliver_parcel(STAFF, shipment.pk, collected=100)
    return order


def test_no_page_of_the_admin_takes_it_for_markup(order: Order, tmp_path: Path) -> None:
    import_file(tmp_path, f'awb,amount\n"{UNKNOWN}",1\n', carrier=CARRIER)
    row, parcel, staff = RemittanceLine.objects.get(), Shipment.objects.get(), make_superuser_client()
    paths = [
        *(f"{ORDERS}{order.pk}/change/", ORDERS, PARCELS, f"{PARCELS}{parcel.pk}/change/", f"{PARCELS}{parcel.pk}/slip/"),
        *("/admin/orders/cashparcel/", "/admin/orders/remittance/", f"/admin/orders/remittance/{row.remittance_id}/change/"),
        *("/admin/orders/remittanceline/", "/admin/"),
    ]

    pages = {path: _read(staff, path) for path in paths}

    assert [(path, text) for path, page in pages.items() for text in MARKUP if text in page] == []
    assert "&lt;script&gt;alert(2)" in pages[f"{PARCELS}{parcel.pk}/change/"]


def test_no_email_takes_it_for_markup(order: Order) -> None:
    mails = send_pending_emails()

    assert [mail.subject for mail in mails if "\n" in mail.subject] == []
    bodies = [str(body) for mail in mails for body, kind in getattr(mail, "alternatives", []) if kind == "text/html"]
    assert any("&lt;b&gt;1&lt;/b&gt;" in body for body in bodies)
    assert [text for body in bodies for text in MARKUP if text in body] == []


def _read(client: Client, path: str) -> str:
    response = client.get(path, follow=True)
    assert response.status_code == 200, path
    return response.content.decode()
