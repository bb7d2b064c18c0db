"""Orders in parcels, for tests."""

from typing import Any

from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders import integrity
from orders.fulfilment import shipping
from orders.fulfilment.parcels import outcomes, packing, sending
from orders.models import Order, Payment, Shipment
from orders.tests.factories import customer, placed
from products.tests.factories import make_product

STAFF = Actor(kind="staff")


def make_cash_order(units: int = 3, *, email: str = "ada@example.com", **fields: Any) -> Order:
    """Return a Cash on Delivery order of lamps, 20.00 each, and of a chair for 10.00."""
    client = customer(email)
    add_to_cart(client, make_product("Lamp", sku="LAMP", stock=10), units)
    add_to_cart(client, make_product("Chair", sku="CHAIR", stock=10, price="10.00"), 1)
    return Order.objects.get(number=placed(client, **fields)["number"])


def pack(order: Order, **units: int) -> Shipment:
    """Pack these units, by SKU in lower case, into a parcel; without any, all that are left."""
    items = {item.sku.lower(): item.pk for item in order.items.all()}
    shipment = packing.pack_parcel(STAFF, order.pk, {items[sku]: count for sku, count in units.items()} or None)
    assert shipment is not None
    return shipment


def send(order: Order, **units: int) -> Shipment:
    """Pack these units and send the parcel."""
    shipment = pack(order, **units)
    sending.ship_parcel(STAFF, shipment.pk, carrier="Post", tracking_number=f"{order.number}-{shipment.number}")
    return Shipment.objects.get(pk=shipment.pk)


def bring_back(order: Order) -> None:
    """Send an order in one parcel, which comes back."""
    shipping.ship_order(STAFF, order.pk)
    outcomes.receive_parcel(STAFF, Shipment.objects.get(order=order).pk)


def get_item(order: Order, sku: str) -> int:
    """Return the id of the order item with this SKU."""
    return order.items.get(sku=sku).pk


def get_status(order: Order) -> tuple[str, str, int]:
    """Return the status of an order, the state of its payment, and the captured amount in minor units."""
    row, payment = Order.objects.get(pk=order.pk), Payment.objects.get(order=order)
    return row.status, payment.state, payment.captured_minor


def list_problems() -> list[str]:
    """Return what `check_integrity` finds."""
    return [str(problem) for problem in integrity.find_problems()]
