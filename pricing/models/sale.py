"""Sales: lower prices for some time. See docs/decisions/0058-sales.md."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core.models import TimeStampedModel
from core.money import MoneyField
from products.models import Category, Product, Variant

MAX_REASON = 200  # characters
PERCENT_RANGE = (MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal("99.99")))


class Sale(TimeStampedModel):
    """A percentage off the prices of some products, from one minute to another; `run_jobs` starts and ends it."""

    class State(models.TextChoices):
        PLANNED = "planned"
        RUNNING = "running"
        ENDING = "ending"
        ENDED = "ended"
        CANCELLED = "cancelled"

    name = models.CharField(max_length=100, help_text="for staff; buyers see the lower prices")
    percent = models.DecimalField("percent off", max_digits=5, decimal_places=2, validators=PERCENT_RANGE)
    starts_at = models.DateTimeField("starts")
    ends_at = models.DateTimeField("ends", help_text="the prices from before the sale are then set again")
    all_products = models.BooleanField(default=False, help_text="otherwise those of the categories, and the products")
    categories = models.ManyToManyField(Category, blank=True, related_name="+", help_text="with their subcategories")
    products = models.ManyToManyField(Product, blank=True, related_name="+", help_text="besides those of the categories")
    markets = models.JSONField(default=list, blank=True, help_text="empty: all")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False)
    started_at = models.DateTimeField(null=True, editable=False, help_text="its prices were selected")
    applied_at = models.DateTimeField(null=True, editable=False, help_text="all of them were reduced, or left out")
    ended_at = models.DateTimeField(null=True, editable=False, help_text="all of them were restored, or left as they were")

    class Meta:
        ordering = ["-id"]
        default_permissions = ()  # staff who may change variants may change their prices
        constraints = [
            models.CheckConstraint(condition=Q(percent__gt=0, percent__lt=100), name="sale_percent"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="sale_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name


class SaleLine(models.Model):
    """A variant's price in a market, which a sale has selected: as it was before, and as the sale wrote it."""

    class State(models.TextChoices):
        PENDING = "pending", "to be reduced"
        REDUCED = "reduced"
        LEFT_OUT = "left_out", "left out"
        RESTORED = "restored", "as before the sale"
        KEPT = "kept", "left as it was"

    sale = models.ForeignKey(Sale, models.CASCADE, related_name="lines", db_index=False)
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False)
    market = models.CharField(max_length=2)
    old_price = MoneyField(null=True, help_text="before the sale")
    old_compare_at_price = MoneyField(null=True)
    sale_price = MoneyField(null=True, help_text="as the sale wrote it")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=MAX_REASON, blank=True, help_text="why the price was left")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["sale", "state", "id"], name="sale_lines"),
            models.Index(fields=["variant", "sale"], name="sale_lines_of_variant"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "market"], condition=Q(state__in=["pending", "reduced"]), name="sale_line_in_one_running_sale"
            ),
            models.CheckConstraint(
                condition=~Q(state="reduced") | Q(old_price__isnull=False, sale_price__isnull=False), name="sale_line_prices"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.market} {self.old_price} → {self.sale_price}"
