"""What was bought, and whether it is paid."""

from orders.models.address import ADDRESS_FIELDS, MAX_ADDRESS_LENGTHS, PRINTED_ADDRESS_FIELDS, Address
from orders.models.adjustment import OrderAdjustment
from orders.models.blocked_contact import MAX_BAN_REASON, BlockedContact
from orders.models.order import MAX_REASON, VARIANT_SEPARATOR, Order, OrderEvent, OrderItem
from orders.models.payment import Dispute, Payment, ReconciliationTime, Refund, StripeEvent
from orders.models.redemption import Redemption
from orders.models.remittance import MAX_PROBLEM, MAX_REMITTANCE_REFERENCE, Remittance, RemittanceLine
from orders.models.shipment import MAX_CARRIER, MAX_TRACKING_NUMBER, Shipment, ShipmentLine, TrackingEvent

__all__ = [
    "ADDRESS_FIELDS",
    "MAX_ADDRESS_LENGTHS",
    "MAX_BAN_REASON",
    "MAX_CARRIER",
    "MAX_PROBLEM",
    "MAX_REASON",
    "MAX_REMITTANCE_REFERENCE",
    "MAX_TRACKING_NUMBER",
    "PRINTED_ADDRESS_FIELDS",
    "VARIANT_SEPARATOR",
    "Address",
    "BlockedContact",
    "Dispute",
    "Order",
    "OrderAdjustment",
    "OrderEvent",
    "OrderItem",
    "Payment",
    "ReconciliationTime",
    "Redemption",
    "Refund",
    "Remittance",
    "RemittanceLine",
    "Shipment",
    "ShipmentLine",
    "StripeEvent",
    "TrackingEvent",
]
