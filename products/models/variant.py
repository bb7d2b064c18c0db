"""Variants, which are the SKUs, and their prices."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from core.markets import Market
from core.models import TimeStampedModel
from core.money import MoneyField
from products.models.product import MAX_NAME, Product

MAX_SKU = 64  # characters
MAX_VARIANTS = 200  # per product
MAX_OPTIONS = 20  # of a variant
MAX_OPTION = 100  # characters of an option's name or value
MAX_WEIGHT_GRAMS = 10_000_000  # ten tonnes
LOWEST_PRICE_WINDOW = timedelta(days=30)  # before a price change


class VariantQuerySet(QuerySet["Variant"]):
    """Variants with their prices in a market."""

    def priced_in(self, market: Market) -> "VariantQuerySet":
        """Annotate `market_price` and `market_compare_at_price`, which are null if the variant is not for sale in this market."""
        if market.is_default:
            return self.annotate(market_price=F("price"), market_compare_at_price=F("compare_at_price"))
        rows = MarketPrice.objects.filter(variant=OuterRef("pk"), market=market.code)
        return self.annotate(
            market_price=Subquery(rows.values("price")[:1]),
            market_compare_at_price=Subquery(rows.values("compare_at_price")[:1]),
        )

    def offered_in(self, market: Market) -> "VariantQuerySet":
        """Return the variants that are for sale in this market, with `market_price`, whether or not they are in stock."""
        return self.priced_in(market).filter(  # type: ignore[misc]  # annotated by priced_in
            is_active=True, deleted_at=None, product__is_active=True, product__deleted_at=None, market_price__isnull=False
        )


class Variant(TimeStampedModel):
    """A SKU with its price in the default market, units on hand, and units reserved by open orders."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=MAX_SKU, unique=True)
    name = models.CharField(max_length=MAX_NAME, blank=True, help_text="such as Red / M; empty for a simple product")
    options = models.JSONField(default=dict, blank=True)
    image = models.ForeignKey(
        "ProductImage",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="the product's picture that shows this variant; empty: the primary picture",
    )
    price = MoneyField(help_text="in the default market's currency")
    compare_at_price = MoneyField(null=True, blank=True)
    stock = models.PositiveIntegerField(default=0, help_text="units on hand")
    reserved = models.PositiveIntegerField(default=0, editable=False, help_text="units reserved for pending orders")
    weight_grams = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MAX_WEIGHT_GRAMS)],
        help_text="with packaging, in whole grams; empty counts as 0 in delivery prices by weight",
    )
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["product", "position", "id"], name="variant_of_product")]
        constraints = [
            models.CheckConstraint(condition=Q(reserved__gte=0, reserved__lte=F("stock")), name="variant_reserved_within_stock"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="variant_stock_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.name}".strip() if self.name else self.sku

    @property
    def available(self) -> int:
        """Return the units that can be bought."""
        return self.stock - self.reserved

    @property
    def is_for_sale(self) -> bool:
        """Return whether the variant and its product are active and not deleted; fetch the product with `select_related`."""
        is_active = self.is_active and self.product.is_active
        return is_active and self.deleted_at is None and self.product.deleted_at is None


class MarketPrice(TimeStampedModel):
    """A variant's price in a market other than the default."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="market_prices")
    market = models.CharField(max_length=2)
    price = MoneyField()
    compare_at_price = MoneyField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "market"], name="market_price_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="market_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.market} {self.price}"


class PriceChange(models.Model):
    """A price change in one market. Append-only; a null price means no longer for sale there."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="price_changes", db_index=False)
    market = models.CharField(max_length=2)
    price = MoneyField(null=True)
    lowest_before = MoneyField(null=True, help_text="lowest price in the 30 days before the change")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["variant", "market", "-id"], name="price_change_of_variant")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.market} {self.price}"
