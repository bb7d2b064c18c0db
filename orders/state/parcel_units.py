"""Where the units of an order are: in which parcels, and which are in none. A caller that changes any holds the order's lock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import prefetch_related_objects

from orders.models import Order, OrderItem, Shipment, ShipmentLine

State = Shipment.State
SENT_STATUSES = (Order.Status.SHIPPED, Order.Status.DELIVERED)  # of an order without parcels: it was sent before there were any


@dataclass(slots=True)
class ItemUnits:
    """The units of an order item in its live parcels, by where these are. Units that did not reach the buyer are in none."""

    item: OrderItem
    packed: int = 0
    under_way: int = 0
    delivered: int = 0

    @property
    def kept(self) -> int:
        """The delivered units that are not refunded."""
        return max(0, self.delivered - self.item.refunded_after_delivery)

    @property
    def to_pack(self) -> int:
        """The units that are neither refunded nor in a live parcel."""
        in_parcels = self.packed + self.under_way + self.kept
        return max(0, self.item.quantity - self.item.refunded_quantity - in_parcels)

    @property
    def refundable(self) -> int:
        """The units that a refund may still count: a parcel that is packed or on its way takes a decision first."""
        return max(0, self.item.quantity - self.item.refunded_quantity - self.packed - self.under_way)


@dataclass(slots=True)
class OrderParcels:
    """A locked order with all of its parcels, and where its units are."""

    order: Order
    shipments: list[Shipment]
    units: dict[int, ItemUnits] = field(default_factory=dict)

    @property
    def unsent(self) -> int:
        """The number of units that the shop still has to send."""
        return sum(units.to_pack + units.packed for units in self.units.values())

    @property
    def under_way(self) -> int:
        """The number of units that are on their way to the buyer, or back."""
        return sum(units.under_way for units in self.units.values())

    @property
    def delivered(self) -> int:
        """The number of units that reached the buyer."""
        return sum(units.delivered for units in self.units.values())

    @property
    def has_sent_parcel(self) -> bool:
        """Whether any parcel has left the shop, wherever it is by now."""
        return any(shipment.shipped_at is not None for shipment in self.shipments)

    def list_to_pack(self) -> dict[int, int]:
        """Return the units that are in no parcel and are to be sent, by order item."""
        return {item: units.to_pack for item, units in self.units.items() if units.to_pack}


def load_parcels(order: Order) -> OrderParcels:
    """Return a locked order's parcels and where its units are; three statements."""
    shipments = list(order.shipments.prefetch_related("lines").order_by("number"))
    return count_units(order, list(order.items.all()), shipments)


def read_parcels(order: Order) -> OrderParcels:
    """Return an order's parcels and where its units are, for a page; what is prefetched is not fetched again.

    What was sent before the shop had parcels is in none until its order is locked with its parcels.
    """
    prefetch_related_objects([order], "items", "shipments__lines")
    parcels = count_units(order, order.items.all(), list(order.shipments.all()))
    if not parcels.shipments and order.status in SENT_STATUSES:
        for units in parcels.units.values():
            left = units.item.quantity - units.item.refunded_quantity
            units.under_way, units.delivered = (left, 0) if order.status == Order.Status.SHIPPED else (0, left)
    return parcels


def count_units(order: Order, items: Iterable[OrderItem], shipments: list[Shipment]) -> OrderParcels:
    """Return where the units of an order with these items and parcels are, whose lines are prefetched."""
    units = {item.pk: ItemUnits(item) for item in items}
    for shipment in shipments:
        shipment.order = order
        for line in shipment.lines.all():
            _add(units[line.item_id], shipment, line)
    return OrderParcels(order, shipments, units)


def _add(units: ItemUnits, shipment: Shipment, line: ShipmentLine) -> None:
    if shipment.state == State.PACKED:
        units.packed += line.quantity
    elif shipment.is_under_way:
        units.under_way += line.quantity
    elif shipment.state == State.DELIVERED:
        units.delivered += line.delivered_quantity
