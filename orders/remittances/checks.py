"""Whether a parcel can be paid by a row of a carrier's file, and what is open of its cash."""

from core import money
from orders.carriers.links import get_carrier_name
from orders.carriers.registry import is_same_carrier
from orders.models import Order, Shipment

TWICE = "parcel {} is in another row of this remittance"


def get_unpaid_minor(shipment: Shipment) -> int:
    """Return what the carrier has collected of a parcel and not paid: what is open, and what earlier remittances lack."""
    return shipment.cod_collected_minor - shipment.remitted_minor


def find_problem(shipment: Shipment, carrier: str, currency: str, paid_minor: int) -> str:
    """Return why a carrier's payment is not for this parcel; empty if it is. The order of the parcel is loaded."""
    order, label = shipment.order, f"parcel {shipment.label}"
    if shipment.carrier and not is_same_carrier(shipment.carrier, carrier):
        return f"{label} was sent with {get_carrier_name(shipment.carrier)}"
    if order.payment_method != Order.Method.COD:
        return f"{label} is not paid on delivery"
    if shipment.settled_before:
        return f"{label} was sent before the shop had parcels"
    if order.currency != currency:
        return f"{label} is paid in {order.currency}"
    if shipment.state != Shipment.State.DELIVERED:
        return f"{label} is {shipment.get_state_display().lower()}, not delivered"
    return _find_problem_of_amount(shipment, paid_minor)


def _find_problem_of_amount(shipment: Shipment, paid_minor: int) -> str:
    currency, unpaid = shipment.order.currency, get_unpaid_minor(shipment)
    if paid_minor < 0:
        return "the amount is negative"
    if paid_minor > unpaid:
        rest = money.format_price(money.to_major(unpaid, currency), currency)
        return f"more than the {rest} that parcel {shipment.label} has open"
    return ""
