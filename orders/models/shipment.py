"""Parcels of orders: what each contains, how far it is, and what its carrier reports.

Amounts are in the minor units of the order's currency. A parcel has no lock of its own: its order's covers it.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from core.models import TimeStampedModel
from orders.models.order import Order, OrderItem

MAX_CARRIER = 60  # characters
MAX_TRACKING_NUMBER = 100  # characters
MAX_EVENT_KEY = 200  # characters
MAX_EVENT_TEXT = 300  # characters


class Shipment(TimeStampedModel):
    """A parcel of an order. `state` is what the shop knows of it, `carrier_status` the newest word of its carrier.

    For Cash on Delivery, `cod_due_minor` is what the carrier has to collect: what its units cost the buyer, without those that did
    not reach them, and `charges_minor` (shipping, fees, and tax added on them), which one parcel of the order carries.
    """

    class State(models.TextChoices):
        PACKED = "packed"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        FAILED = "failed", "delivery failed"
        RETURNING = "returning", "coming back"
        RETURNED = "returned"
        LOST = "lost"
        CANCELLED = "cancelled"

    UNDER_WAY_STATES = (State.SHIPPED, State.FAILED, State.RETURNING)
    OPEN_STATES = (State.PACKED, *UNDER_WAY_STATES)
    LIVE_STATES = (*OPEN_STATES, State.DELIVERED)
    UNIQUE_NUMBER = "shipment_tracking_number_once_a_carrier"

    order = models.ForeignKey(Order, models.CASCADE, related_name="shipments")
    number = models.PositiveSmallIntegerField(help_text="1 for the first parcel of the order")
    carrier = models.CharField(max_length=MAX_CARRIER, blank=True)
    tracking_number = models.CharField(max_length=MAX_TRACKING_NUMBER, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PACKED)
    carrier_status = models.CharField(max_length=20, blank=True, help_text="code of the newest tracking event")
    charges_minor = models.BigIntegerField(default=0, help_text="of the cash due: shipping, fees, and tax added on them")
    cod_due_minor = models.BigIntegerField(default=0, help_text="cash that the carrier has to collect")
    cod_collected_minor = models.BigIntegerField(default=0)
    short_at_door_minor = models.BigIntegerField(default=0, help_text="due, but not collected when it was delivered")
    remitted_minor = models.BigIntegerField(default=0, help_text="of the collected cash, what the carrier has paid to the shop")
    short_by_carrier_minor = models.BigIntegerField(default=0, help_text="of the collected cash, what a remittance lacks")
    settled_before = models.BooleanField(default=False, help_text="sent before the shop had parcels; its cash is in no remittance")
    packed_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    returning_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True, help_text="when units that did not reach the buyer were counted")
    tracked_at = models.DateTimeField(null=True, blank=True, help_text="when its carrier was last asked for events")

    class Meta:
        verbose_name = "parcel"
        ordering = ["order", "number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="shipment_number_once_an_order"),
            models.UniqueConstraint(
                Lower("carrier"),
                "tracking_number",
                condition=Q(state__in=["packed", "shipped", "failed", "returning"]) & ~Q(tracking_number=""),
                name="shipment_tracking_number_once_a_carrier",
            ),
            models.CheckConstraint(
                condition=Q(
                    charges_minor__gte=0,
                    charges_minor__lte=F("cod_due_minor"),
                    cod_collected_minor__gte=0,
                    short_at_door_minor__gte=0,
                    cod_due_minor__gte=F("cod_collected_minor") + F("short_at_door_minor"),
                ),
                name="shipment_cash_within_due",
            ),
            models.CheckConstraint(
                condition=Q(
                    remitted_minor__gte=0,
                    short_by_carrier_minor__gte=0,
                    cod_collected_minor__gte=F("remitted_minor") + F("short_by_carrier_minor"),
                ),
                name="shipment_remitted_within_cash",
            ),
        ]
        indexes = [
            models.Index(fields=["delivered_at"], name="shipment_cash_by_day", condition=Q(cod_collected_minor__gt=0)),
            models.Index(fields=["state", "-id"], name="shipment_state"),
            models.Index(fields=["tracking_number"], name="shipment_tracking"),
            models.Index(
                fields=["delivered_at"],
                name="shipment_open_cash",
                condition=Q(cod_collected_minor__gt=F("remitted_minor") + F("short_by_carrier_minor")),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_live(self) -> bool:
        """Whether its units are packed, on their way, or with the buyer."""
        return self.state in self.LIVE_STATES

    @property
    def is_under_way(self) -> bool:
        """Whether it has left the shop, and neither reached the buyer nor come back."""
        return self.state in self.UNDER_WAY_STATES

    @property
    def is_earlier(self) -> bool:
        """Whether it stands for what was sent before the shop had parcels."""
        return self.packed_at is None

    @property
    def label(self) -> str:
        """The number of the order and of the parcel, for people and for files."""
        return f"{self.order.number}-{self.number}"


class ShipmentLine(models.Model):
    """Units of an order item in a parcel.

    `due_minor` is what they cost the buyer at the door; it is 0 if the order is not paid on delivery.
    """

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    item = models.ForeignKey(OrderItem, models.CASCADE, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()
    due_minor = models.BigIntegerField(default=0)
    undelivered_quantity = models.PositiveIntegerField(default=0, help_text="units that were refused, came back or were lost")
    undelivered_minor = models.BigIntegerField(default=0, help_text="of the amount due, what is for the undelivered units")
    restocked_quantity = models.PositiveIntegerField(default=0, help_text="undelivered units that were counted into stock")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "item"], name="shipment_line_once_an_item"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0,
                    undelivered_quantity__lte=F("quantity"),
                    restocked_quantity__lte=F("undelivered_quantity"),
                ),
                name="shipment_line_quantity",
            ),
            models.CheckConstraint(
                condition=Q(undelivered_minor__gte=0, undelivered_minor__lte=F("due_minor")), name="shipment_line_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.item_id}"

    @property
    def delivered_quantity(self) -> int:
        """The units that are with the buyer, or still on their way to them."""
        return self.quantity - self.undelivered_quantity


class TrackingEvent(models.Model):
    """What a carrier reports about a parcel, in its words. Append-only; `key` tells events of a parcel apart."""

    class Code(models.TextChoices):
        IN_TRANSIT = "in_transit", "in transit"
        OUT_FOR_DELIVERY = "out_for_delivery", "out for delivery"
        DELIVERED = "delivered"
        FAILED = "failed", "delivery failed"
        RETURNING = "returning", "coming back"
        RETURNED = "returned"
        LOST = "lost"
        OTHER = "other"

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="events")
    key = models.CharField(max_length=MAX_EVENT_KEY)
    code = models.CharField(max_length=20, choices=Code.choices)
    text = models.CharField(max_length=MAX_EVENT_TEXT, blank=True)
    at = models.DateTimeField(help_text="by the carrier's clock")

    class Meta:
        ordering = ["at", "key"]
        constraints = [models.UniqueConstraint(fields=["shipment", "key"], name="tracking_event_once_a_parcel")]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"
