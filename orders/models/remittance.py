"""What carriers pay to the shop of the cash that they have collected. Amounts are in the minor units of the currency."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TimeStampedModel
from orders.models.shipment import MAX_CARRIER, MAX_TRACKING_NUMBER, Shipment

MAX_REMITTANCE_REFERENCE = 100  # characters
MAX_PROBLEM = 200  # characters


class Remittance(TimeStampedModel):
    """A payment of a carrier, as its file says. The carrier's charges are not cash of any parcel, and stand beside it."""

    carrier = models.CharField(max_length=MAX_CARRIER)
    reference = models.CharField(max_length=MAX_REMITTANCE_REFERENCE)
    currency = models.CharField(max_length=3)
    charges_minor = models.BigIntegerField(default=0, help_text="what the carrier has kept for its services")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["carrier", "reference"], name="remittance_once_a_reference"),
            models.CheckConstraint(condition=Q(charges_minor__gte=0), name="remittance_charges_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.reference}"


class RemittanceLine(models.Model):
    """A row of a carrier's file: what it pays for a parcel. Without a parcel, `problem` says why none was found for it."""

    remittance = models.ForeignKey(Remittance, models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField(help_text="number in the file")
    tracking_number = models.CharField(max_length=MAX_TRACKING_NUMBER, blank=True, help_text="as the file says")
    order_number = models.CharField(
        max_length=MAX_TRACKING_NUMBER, blank=True, help_text="or label of the parcel, as the file says"
    )
    shipment = models.ForeignKey(Shipment, models.PROTECT, null=True, blank=True, related_name="remittance_lines")
    paid_minor = models.BigIntegerField(null=True, blank=True, help_text="empty if it cannot be read")
    problem = models.CharField(max_length=MAX_PROBLEM, blank=True)

    class Meta:
        verbose_name = "row of a remittance"
        verbose_name_plural = "rows of remittances"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["remittance", "row"], name="remittance_row_once"),
            models.CheckConstraint(
                condition=Q(shipment=None) | Q(paid_minor__isnull=False, paid_minor__gte=0), name="remittance_line_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tracking_number or self.order_number} {self.paid_minor}"
