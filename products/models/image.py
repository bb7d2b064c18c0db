"""Pictures of products, and the queries that choose the one to show."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Case, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce

from core.models import TimeStampedModel
from products.models.product import Product


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

    @property
    def list_name(self) -> str:
        """Return the stored name of the thumbnail, or of the picture itself if the host resizes."""
        return self.thumbnail or self.image.name or ""


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
