"""Delivered Cash on Delivery parcels and files of what their carrier pays, for tests."""

from pathlib import Path

from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders.fulfilment.parcels import outcomes
from orders.models import Order, OrderEvent, RemittanceLine, Shipment
from orders.remittances import drafts, recording
from orders.remittances.files import read_file
from orders.remittances.results import Result
from orders.tests.factories import customer, placed
from orders.tests.parcels.parcels import send
from products.models import Product
from products.tests.factories import make_product

STAFF = Actor(kind="staff")
CARRIER = "Post"


def make_lamp(price: str = "20.00", stock: int = 1000) -> Product:
    """Return a product for `make_parcels`."""
    return make_product("Lamp", sku="LAMP", stock=stock, price=price)


def make_parcel(lamp: Product, email: str = "ada@example.com", *, units: int = 1, is_delivered: bool = True) -> Shipment:
    """Return a parcel of a new order of lamps that was sent with the carrier Post."""
    client = customer(email)
    add_to_cart(client, lamp, units)
    shipment = send(Order.objects.get(number=placed(client)["number"]))
    if is_delivered:
        outcomes.deliver_parcel(STAFF, shipment.pk)
    return Shipment.objects.select_related("order").get(pk=shipment.pk)


def build_draft(folder: Path, content: str | bytes, **options: str) -> drafts.Draft:
    """Return the draft of a CSV file with this content."""
    file = folder / options.pop("name", "november.csv")
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    options = {"carrier": CARRIER, "reference": "R1", **options}
    return drafts.build_draft(read_file(file), **options)


def import_file(folder: Path, content: str | bytes, **options: str) -> Result:
    """Record the CSV file with this content."""
    return recording.record(STAFF, build_draft(folder, content, **options))


def get_money(shipment: Shipment) -> tuple[int, int, int]:
    """Return what was collected of a parcel, what its carrier has paid, and what it lacks, in minor units."""
    row = Shipment.objects.get(pk=shipment.pk)
    return row.cod_collected_minor, row.remitted_minor, row.short_by_carrier_minor


def list_lines() -> list[tuple[int, str | None, int | None, str]]:
    """Return the rows that are recorded: number, tracking number of the parcel, amount, and problem."""
    return list(RemittanceLine.objects.order_by("pk").values_list("row", "shipment__tracking_number", "paid_minor", "problem"))


def list_events(shipment: Shipment) -> list[tuple[str, dict[str, object]]]:
    """Return what the history of a parcel's order says about its cash."""
    events = OrderEvent.objects.filter(order=shipment.order_id, kind__startswith="cash_").order_by("pk")
    return list(events.values_list("kind", "data"))
