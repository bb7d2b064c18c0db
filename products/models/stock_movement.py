"""The history of a variant's units on hand."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from products.models.variant import Variant

MAX_STOCK = 1_000_000_000  # units
MAX_REFERENCE = 64  # characters
MAX_NOTE = 200  # characters


class StockMovement(models.Model):
    """A change to a variant's units on hand, which equal the sum of its movements. Append-only."""

    class Reason(models.TextChoices):
        INITIAL = "initial"
        IMPORT = "import"
        CORRECTION = "correction"
        RECEIVED = "received"
        SALE = "sale"
        RETURN = "return"
        DAMAGE = "damage"

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="movements")
    delta = models.IntegerField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    reference = models.CharField(max_length=MAX_REFERENCE, blank=True)
    note = models.CharField(max_length=MAX_NOTE, blank=True, help_text="free text")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["variant", "-id"], name="movement_of_variant"),
            models.Index(fields=["reference"], name="movement_of_reference", condition=~Q(reference="")),
        ]
        constraints = [models.CheckConstraint(condition=~Q(delta=0), name="movement_moves")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.delta:+d} {self.reason}"
