"""Products, which are sold as variants."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from core.actors import Actor
from core.models import TimeStampedModel
from products.models.category import Category
from products.slugs import MAX_REF_LENGTH, parse_product_ref

MAX_NAME = 200  # characters, of a product or a variant
MAX_DESCRIPTION = 20_000  # characters


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
