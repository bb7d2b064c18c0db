"""Deliveries of goods to the shop."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from products.models.stock_movement import MAX_REFERENCE


class Delivery(models.Model):
    """Units that came in together. Each is also a stock movement with the same reference. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="of the form that was submitted")
    reference = models.CharField(max_length=MAX_REFERENCE, help_text="such as the number of the delivery note")
    skus = models.PositiveIntegerField("SKUs")
    units = models.PositiveBigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-received_at", "-id"]
        default_permissions = ()  # staff who may change the stock may receive deliveries
        indexes = [models.Index(fields=["-received_at", "-id"], name="delivery_newest")]

    def __str__(self) -> str:
        return self.reference
