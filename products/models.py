"""The catalog: categories, products, variants, prices, pictures and stock."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Substr
from django.utils import timezone

from core.actors import Actor
from core.markets import Market
from core.models import TimeStampedModel
from core.money import MoneyField
from products.import_models import ImportCheckpoint as ImportCheckpoint
from products.import_models import ImportChunk as ImportChunk
from products.import_models import ImportReportLine as ImportReportLine
from products.import_models import ImportRun as ImportRun
from products.slugs import MAX_REF_LENGTH, parse_product_ref

MAX_CATEGORY_NAME = 120  # characters
MAX_CATEGORY_DEPTH = 10  # levels of nesting
MAX_NAME = 200  # characters, of a product or a variant
MAX_DESCRIPTION = 20_000  # characters
MAX_SKU = 64  # characters
MAX_REFERENCE = 64  # characters, of a stock movement
MAX_NOTE = 200  # characters, of a stock movement
MAX_STOCK = 1_000_000_000  # units
MAX_VARIANTS = 200  # per product


class Category(TimeStampedModel):
    """A category of products, which may be nested in another category."""

    name = models.CharField(max_length=MAX_CATEGORY_NAME)
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


class ProductQuerySet(QuerySet["Product"]):
    """Products by the references that callers use."""

    def by_ref(self, ref: str | int) -> "ProductQuerySet":
        """Return the product with this id, uuid or slug, unless it is deleted. Raises ProductNotFound if none can have it."""
        kind, value = parse_product_ref(ref)
        return self.filter(deleted_at=None, **{kind: value})


class Product(TimeStampedModel):
    """A product of the shop; customers buy one of its variants."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=MAX_NAME)
    slug = models.SlugField(max_length=MAX_REF_LENGTH, unique=True)
    description = models.TextField(blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="products")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="products")
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    low_stock_threshold = models.PositiveIntegerField(default=5)
    search_name = models.TextField(default="", editable=False, help_text="the folded name, maintained by the services")

    objects = ProductQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def is_editable_by(self, actor: Actor) -> bool:
        """Return whether the actor may change the product: a customer must be its seller."""
        return actor.kind != "customer" or (self.seller_id is not None and self.seller_id == actor.user_id)


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


LOWEST_PRICE_WINDOW = timedelta(days=30)  # before a price change


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


class Listing(models.Model):
    """The values that lists show, sort and filter by, for a product in a market. Derived, and present only while it is for sale.

    Maintained by `listings.rebuild_listings` in the transaction of the change.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="listings", db_index=False)
    market = models.CharField(max_length=2)
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+", db_index=False)
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", db_index=False, help_text="the variant that lists add to the cart"
    )
    sort_name = models.CharField(
        max_length=200, default="", help_text="the folded name (`text_folding.fold`), sorted by code point"
    )
    variants_count = models.PositiveIntegerField()
    in_stock = models.BooleanField(default=True, help_text="whether any variant is available")
    price = MoneyField(help_text="lowest price of its variants")
    compare_at_price = MoneyField(null=True)
    created_at = models.DateTimeField(help_text="when the product was created")

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
    """Return a random name under `products/`; the uploaded file name is not kept."""
    return f"products/{uuid.uuid4().hex}.{filename.rpartition('.')[2].lower()}"


class ProductImage(TimeStampedModel):
    """A picture of a product; the one with the lowest position is the primary picture."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    image = models.FileField(upload_to=picture_path, max_length=255)  # width and height are measured before it is stored
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    thumbnail = models.CharField(max_length=255, blank=True, editable=False, help_text="stored name; empty if the host resizes")
    alt = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, editable=False, help_text="SHA-256 of the file it was made from")

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["product", "position", "id"], name="image_of_product")]

    def __str__(self) -> str:
        return self.alt or f"picture {self.pk}"


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


class SearchWord(models.Model):
    """A word from the name of a product or category, used to correct misspelled searches. Words are never deleted."""

    word = models.CharField(max_length=40, unique=True)

    class Meta:
        indexes = [models.Index(Substr("word", 2, 2), name="search_word_second_letters")]

    def __str__(self) -> str:
        return self.word


class SearchDocument(models.Model):
    """What search finds a product by: its terms (`products.search_terms`), separated by spaces. Derived.

    Maintained by `listings.rebuild_listings` in the transaction of the change, and by a job if a category is renamed or moved.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="search_document")
    key_terms = models.TextField(help_text="of SKUs, name and categories")
    text_terms = models.TextField(help_text="of the description")
    digest = models.CharField(max_length=32, help_text="of the terms; tells whether they have changed")

    def __str__(self) -> str:
        return str(self.pk)


class SearchVectors(models.Model):
    """The terms of a search document as PostgreSQL indexes them."""

    product = models.OneToOneField(Product, models.DO_NOTHING, primary_key=True, related_name="+")
    all_terms = SearchVectorField()
    key_terms = SearchVectorField(db_column="key_vector")

    class Meta:
        managed = False  # generated columns of SearchDocument, only on PostgreSQL; created by migration 0009
        db_table = "products_searchdocument"

    def __str__(self) -> str:
        return str(self.pk)


def primary_image(product_ref: str) -> Any:
    """Return a subquery for the stored name of a product's list picture; `product_ref` is the outer column with the product id."""
    images = ProductImage.objects.filter(product=OuterRef(product_ref)).order_by("position", "id")
    return Subquery(images.values(name=_list_picture())[:1])


def variant_image(variant_ref: str) -> Any:
    """Return an expression for the stored name of a variant's list picture, or else its product's; `variant_ref` is its path."""
    return Coalesce(_list_picture(f"{variant_ref}__image__"), primary_image(f"{variant_ref}__product_id"))


def _list_picture(prefix: str = "") -> Case:
    """Return the stored name of the picture's thumbnail, or of the picture itself if the host resizes."""
    return Case(
        When(**{f"{prefix}thumbnail": "", "then": F(f"{prefix}image")}),
        default=F(f"{prefix}thumbnail"),
        output_field=models.CharField(),
    )
