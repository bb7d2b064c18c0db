"""The shapes of the product answers. They describe; the dicts come from the selectors, and the tests hold both together."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

LOWEST = "the lowest price of the 30 days before the present price came into force; after 30 days at that price, the price itself"


class CategoryRefResponse(serializers.Serializer[Any]):
    """The shelf a product stands on."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


class ProductItemResponse(serializers.Serializer[Any]):
    """A product in a list."""

    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    price = serializers.CharField(help_text="the lowest price of its variants in this market, with the currency's digits")
    compare_at_price = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    stock = serializers.IntegerField(help_text="units that can be bought now, over all variants")
    is_available = serializers.BooleanField()
    is_low_stock = serializers.BooleanField()
    category = CategoryRefResponse(allow_null=True)
    primary_image = serializers.CharField(allow_null=True, help_text="the first picture, in the size for lists")
    seller_name = serializers.CharField()
    sku_id = serializers.IntegerField(help_text="the default variant's id")
    variants_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ImageResponse(serializers.Serializer[Any]):
    """A picture of a product."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    alt = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    thumbnail = serializers.CharField(help_text="the size for lists")


class VariantResponse(serializers.Serializer[Any]):
    """A variant on offer; its `id` is what other routes call `sku_id`."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    price = serializers.CharField()
    compare_at_price = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    stock = serializers.IntegerField()
    lowest_price_30_days = serializers.CharField(help_text=LOWEST)


class ProductDetailResponse(ProductItemResponse):
    """A product on its own page."""

    description = serializers.CharField()
    lowest_price_30_days = serializers.CharField(help_text=LOWEST)
    images = ImageResponse(many=True)
    variants = VariantResponse(many=True)


class CategoryResponse(CategoryRefResponse):
    """A category."""

    parent_id = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField()


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/CategoryNodeResponse"}})
class Children(serializers.ListField):
    """The categories inside of one."""


class CategoryNodeResponse(CategoryResponse):
    """A category with what is inside of it."""

    children = Children()


class MovementResponse(serializers.Serializer[Any]):
    """A change of the units on hand."""

    id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    sku = serializers.CharField()
    delta = serializers.IntegerField()
    reason = serializers.CharField()
    note = serializers.CharField()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()
