"""What is for sale, in which variants, at which price, and how much is left."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from core.markets import Market
from core.models import TimeStamped
from core.money import MoneyField

MAX_NAME = 120  # characters of a category's name
MAX_DEPTH = 10  # categories one inside of the other


class Category(TimeStamped):
    """A shelf of the shop; shelves may stand inside shelves."""

    name = models.CharField(max_length=MAX_NAME)
    slug = models.SlugField(max_length=140, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="category_name_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="category_name_once_at_the_top"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(TimeStamped):
    """Something the shop sells; what is bought is one of its variants."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=220, unique=True)
    description = models.TextField(blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="products")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="products")
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    low_stock_threshold = models.PositiveIntegerField(default=5)
    # Written with name and description by the services. PostgreSQL makes its search column of them (see SearchDocument).
    search_name = models.TextField(default="", editable=False)
    search_text = models.TextField(default="", editable=False)

    def __str__(self) -> str:
        return self.name

    def belongs_to(self, user_id: int | None) -> bool:
        """Whether this user sells it."""
        return self.seller_id is not None and self.seller_id == user_id


class VariantQuerySet(QuerySet["Variant"]):
    """Sets of variants."""

    def priced_in(self, market: Market) -> "VariantQuerySet":
        """Add `market_price` and `market_compare_at_price`: what a unit costs in this market, null where it is not for sale."""
        if market.is_default:
            return self.annotate(market_price=F("price"), market_compare_at_price=F("compare_at_price"))
        rows = MarketPrice.objects.filter(variant=OuterRef("pk"), market=market.code)
        return self.annotate(
            market_price=Subquery(rows.values("price")[:1]),
            market_compare_at_price=Subquery(rows.values("compare_at_price")[:1]),
        )

    def offered_in(self, market: Market) -> "VariantQuerySet":
        """Variants that can be bought in this market, with `market_price`; stock does not enter."""
        return self.priced_in(market).filter(  # type: ignore[misc]  # annotated by priced_in
            is_active=True, deleted_at=None, product__is_active=True, product__deleted_at=None, market_price__isnull=False
        )


class Variant(TimeStamped):
    """What is bought: a SKU with a price in the default market, units on hand and units promised to open orders."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True, help_text="such as Red / M; empty for a simple product")
    options = models.JSONField(default=dict, blank=True)
    price = MoneyField(help_text="in the default market's currency")
    compare_at_price = MoneyField(null=True, blank=True)
    stock = models.PositiveIntegerField(default=0, help_text="units on hand")
    reserved = models.PositiveIntegerField(default=0, editable=False, help_text="units promised to open orders")
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
        """Units that can be bought now."""
        return self.stock - self.reserved

    @property
    def is_on_sale(self) -> bool:
        """Whether variant and product (fetched with it) are switched on and not deleted."""
        on = self.is_active and self.product.is_active
        return on and self.deleted_at is None and self.product.deleted_at is None


class MarketPrice(TimeStamped):
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


WINDOW = timedelta(days=30)  # of the lowest price before a reduction


class PriceChange(models.Model):
    """A price that came into force, in one market; append-only. No price means: no longer for sale there."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="price_changes", db_index=False)
    market = models.CharField(max_length=2)
    price = MoneyField(null=True)
    lowest_before = MoneyField(null=True, help_text="the lowest price of the 30 days before")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["variant", "market", "-id"], name="price_change_of_variant")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.market} {self.price}"


class Listing(models.Model):
    """What a list shows, sorts and filters by, for one product in one market; derived, and there only while it is for sale.

    Written by `listings.list_anew` in the transaction of the change.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="listings", db_index=False)
    market = models.CharField(max_length=2)
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+", db_index=False)
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", db_index=False, help_text="the one that a list offers")
    sort_name = models.CharField(max_length=200, default="", help_text="the name as `words.fold` writes it; sorted by code point")
    variants_count = models.PositiveIntegerField()
    in_stock = models.BooleanField(default=True, help_text="something of it can be bought now")
    price = MoneyField(help_text="the lowest")
    compare_at_price = MoneyField(null=True)
    created_at = models.DateTimeField(help_text="the product's")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "market"], name="listing_once")]
        indexes = [
            models.Index(fields=["market", "-created_at", "-product"], name="listing_newest"),
            models.Index(fields=["market", "price", "product"], name="listing_price"),
            models.Index(fields=["market", "category", "-created_at", "-product"], name="listing_category_newest"),
            models.Index(fields=["market", "category", "price", "product"], name="listing_category_price"),
            models.Index(fields=["market", "sort_name", "product"], name="listing_name"),
            models.Index(fields=["market", "category", "sort_name", "product"], name="listing_category_name"),
            models.Index(fields=["market", "in_stock", "-created_at", "-product"], name="listing_stock_newest"),
            models.Index(fields=["seller", "market", "-created_at", "-product"], name="listing_seller_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.market}"


def picture_path(image: "ProductImage", filename: str) -> str:
    """Return a random name under `products/`: the uploader's own name says nothing that a server should repeat."""
    return f"products/{uuid.uuid4().hex}.{filename.rpartition('.')[2].lower()}"


class ProductImage(TimeStamped):
    """A picture of a product; the one with the lowest position is the primary."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    image = models.FileField(upload_to=picture_path, max_length=255)  # measured once, when it is made ready, and never again
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    thumbnail = models.CharField(max_length=255, blank=True, editable=False, help_text="stored name; none where the host resizes")
    alt = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, editable=False, help_text="SHA-256 of the file it was made from")

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["product", "position", "id"], name="image_of_product")]

    def __str__(self) -> str:
        return self.alt or f"picture {self.pk}"


class StockMovement(models.Model):
    """A change of units on hand; their sum is what is on hand. Append-only."""

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
    reference = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True, help_text="the reason in words")
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


class SearchWord(models.Model):
    """A word that stands in a product's name, so that a mistyped one can be guessed; words never leave."""

    word = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.word


class SearchDocument(models.Model):
    """What PostgreSQL's full text search reads: made by the database of the product's folded name and text."""

    product = models.OneToOneField(Product, models.DO_NOTHING, primary_key=True, db_column="id", related_name="+")
    search = SearchVectorField(help_text="name and text")
    search_title = SearchVectorField(help_text="the name alone")

    class Meta:
        managed = False  # generated columns of the product's own table, on PostgreSQL alone; migration 0004 makes them
        db_table = "products_product"

    def __str__(self) -> str:
        return str(self.pk)


def primary_image(product_ref: str) -> Any:
    """Return the stored name of a product's primary picture for lists, as a subquery on the outer column `product_ref`."""
    pictures = ProductImage.objects.filter(product=OuterRef(product_ref)).order_by("position", "id")
    name = Case(When(thumbnail="", then=F("image")), default=F("thumbnail"), output_field=models.CharField())
    return Subquery(pictures.values(name=name)[:1])
