"""Price changes of many products at once. See docs/decisions/0042-changing-many-products.md."""

from django.conf import settings
from django.db import models

from core.models import TimeStampedModel
from core.money import MoneyField
from products.models.variant import Variant

MAX_LINE_TEXT = 100  # characters


class BulkPriceChange(TimeStampedModel):
    """New prices, which are computed once, shown in a preview, and applied after someone has confirmed them."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", "to be confirmed"
        RUNNING = "running", "being applied"
        DONE = "done", "applied"
        DISCARDED = "discarded", "discarded"

    rule = models.CharField(max_length=200, help_text="in words")
    products = models.PositiveIntegerField(help_text="number of products that were selected")
    unchanged = models.PositiveIntegerField(help_text="number of prices that the rule does not change")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEWED)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bulk price change"
        ordering = ["-id"]
        default_permissions = ()  # staff who may change variants may change their prices

    def __str__(self) -> str:
        return self.rule


class BulkPriceLine(models.Model):
    """The price of a variant in a market, before and after."""

    class State(models.TextChoices):
        PENDING = "pending", "to be applied"
        REFUSED = "refused", "cannot be applied"
        APPLIED = "applied", "applied"
        SKIPPED = "skipped", "left as it was"

    change = models.ForeignKey(BulkPriceChange, models.CASCADE, related_name="lines", db_index=False)
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+")
    market = models.CharField(max_length=2)
    old_price = MoneyField()
    old_compare_at_price = MoneyField(null=True)
    new_price = MoneyField()
    new_compare_at_price = MoneyField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    text = models.CharField(max_length=MAX_LINE_TEXT, blank=True, help_text="what staff should know")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [models.Index(fields=["change", "state", "id"], name="bulk_price_lines")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.market} {self.old_price} → {self.new_price}"
