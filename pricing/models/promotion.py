"""Promotions: what they take off, of what, when, and how often."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core.models import TimeStampedModel
from core.money import MoneyField
from products.models import Category, Product

MAX_CODE = 40  # characters
PERCENT_RANGE = (MinValueValidator(0), MaxValueValidator(100))


class Promotion(TimeStampedModel):
    """A discount on items, on the order or on shipping, which applies by itself or with a code."""

    class Kind(models.TextChoices):
        CODE = "code", "with a code"
        AUTOMATIC = "automatic"

    class On(models.TextChoices):
        ITEMS = "items"
        ORDER = "order", "the whole order"
        SHIPPING = "shipping"

    class Effect(models.TextChoices):
        PERCENT = "percent", "a percentage off"
        AMOUNT = "amount", "an amount off"
        FREE = "free", "free shipping"
        BUY_GET = "buy_get", "buy some, get some"

    name = models.CharField(max_length=100, help_text="shown to buyers")
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.CODE)
    on = models.CharField(max_length=8, choices=On.choices, default=On.ORDER)
    effect = models.CharField(max_length=7, choices=Effect.choices, default=Effect.PERCENT)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True, validators=PERCENT_RANGE)
    buy_quantity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="units to buy at the full price")
    get_quantity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="units that are then cheaper")
    get_percent = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, validators=PERCENT_RANGE, help_text="off these units; 100 is free"
    )
    all_products = models.BooleanField(default=True, help_text="otherwise only the selected categories and products")
    categories = models.ManyToManyField(Category, blank=True, related_name="+", help_text="with their subcategories")
    products = models.ManyToManyField(Product, blank=True, related_name="+", help_text="besides those of the categories")
    excludes_reduced = models.BooleanField(default=False, help_text="not for variants whose compare-at price is above their price")
    first_order_only = models.BooleanField(default=False, help_text="only for buyers without an earlier order")
    payment_methods = models.JSONField(default=list, blank=True, help_text="empty: all")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    usage_limit = models.PositiveIntegerField(null=True, blank=True, help_text="orders in total; empty: no limit")
    per_customer = models.PositiveSmallIntegerField(null=True, blank=True, help_text="orders of each customer; empty: no limit")
    used = models.PositiveIntegerField(default=0, editable=False, help_text="orders that hold or have used it, if it has a limit")
    combines = models.BooleanField(default=False, help_text="applies in addition to others on the same: items, order or shipping")
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(on="items", effect__in=["percent", "amount", "buy_get"])
                | Q(on="order", effect__in=["percent", "amount"])
                | Q(on="shipping", effect__in=["percent", "amount", "free"]),
                name="promotion_effect_fits",
            ),
            models.CheckConstraint(
                condition=Q(effect="percent", percent__gt=0, percent__lte=100) | (~Q(effect="percent") & Q(percent__isnull=True)),
                name="promotion_percent",
            ),
            models.CheckConstraint(
                condition=Q(effect="buy_get", buy_quantity__gt=0, get_quantity__gt=0, get_percent__gt=0, get_percent__lte=100)
                | (~Q(effect="buy_get") & Q(buy_quantity__isnull=True, get_quantity__isnull=True, get_percent__isnull=True)),
                name="promotion_buy_get",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="promotion_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PromotionAmount(models.Model):
    """What a promotion takes off in a market, and from which value of the goods, in major units of its currency."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="amounts")
    market = models.CharField(max_length=2)
    amount = MoneyField(null=True, blank=True, help_text="off each unit of items, or once off the order or shipping")
    min_subtotal = MoneyField(null=True, blank=True, help_text="value of the goods from which it applies")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promotion", "market"], name="promotion_amount_once"),
            models.CheckConstraint(
                condition=(Q(amount__isnull=True) | Q(amount__gt=0)) & (Q(min_subtotal__isnull=True) | Q(min_subtotal__gte=0)),
                name="promotion_amount_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.market} {self.amount or self.min_subtotal}"


class PromotionCode(models.Model):
    """A code with which a promotion applies, in capital letters."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="codes")
    code = models.CharField(max_length=MAX_CODE, unique=True, help_text="letters, digits and hyphens; buyers type it in any case")
    single_use = models.BooleanField(default=False, help_text="for one order only")
    is_used = models.BooleanField(default=False, editable=False, help_text="an order holds or has used it, if it is for one order")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.code
