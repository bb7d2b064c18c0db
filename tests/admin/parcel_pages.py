"""The pages that staff work on parcels with, for the admin tests."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders.models import Order, Shipment
from tests.admin.order_pages import read

PARCELS = "/admin/orders/shipment/"


def run_parcel_action(client: Client, shipment: Shipment, action: str, /, **fields: Any) -> str:
    """Submit the form of an action on a parcel; return the page after it."""
    return read(client.post(f"{PARCELS}{shipment.pk}/action/{action}/", fields, follow=True))


def list_parcel_actions(client: Client, shipment: Shipment) -> list[str]:
    """Return the actions that the page of a parcel offers."""
    page = read(client.get(f"{PARCELS}{shipment.pk}/change/"))
    return re.findall(rf"{PARCELS}{shipment.pk}/action/([a-z]+)/", page)


def list_labels(client: Client, query: str = "") -> list[str]:
    """Return the labels of the parcels in the list, as it shows them."""
    return re.findall(r"<span>([0-9A-Z]+-[0-9A-Z]+-[0-9]+)</span>", read(client.get(f"{PARCELS}{query}")))


def upload_tracking(client: Client, content: str | bytes, name: str = "tracking.csv", carrier: str = "") -> str:
    """Upload a file of tracking numbers; return the page with its preview."""
    body = content if isinstance(content, bytes) else content.encode()
    return read(client.post(f"{PARCELS}upload/", {"file": SimpleUploadedFile(name, body), "carrier": carrier}))


def confirm_tracking(client: Client, preview: str) -> str:
    """Confirm a preview; return the page with the result."""
    (upload,) = re.findall(r'name="upload" value="([^"]+)"', preview)
    return read(client.post(f"{PARCELS}upload/", {"upload": upload}))


def get_states(order: Order) -> list[tuple[int, str, str, str]]:
    """Return number, state, carrier and tracking number of an order's parcels."""
    return list(order.shipments.order_by("number").values_list("number", "state", "carrier", "tracking_number"))
