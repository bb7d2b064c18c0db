"""The derived rows that lists filter and sort by."""

from django.conf import settings
from django.db import models

from core.money import MoneyField
from products.models.category import Category
from products.models.product import Product
from products.models.variant import Variant


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
