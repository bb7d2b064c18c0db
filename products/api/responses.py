"""The schemas of the product responses. They only document: the dicts come from `products.catalog`, and tests check both match."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.http.openapi import CountedPaginationResponse

LOWEST_PRICE_HELP = (
    "the lowest price of the 30 days before the present price came into force; after 30 days at that price, the price itself"
)


class SearchResponse(serializers.Serializer[Any]):
    """How a search was understood."""

    guessed = serializers.CharField(help_text="the words that were searched for, because the original ones match nothing")


class CatalogExtraResponse(CountedPaginationResponse):
    """The top-level keys of the product list; `search` only if the words were corrected."""

    search = SearchResponse(required=False)


class CategoryRefResponse(serializers.Serializer[Any]):
    """The category of a product."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


class ProductSummaryResponse(serializers.Serializer[Any]):
    """A product in a list."""

    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    price = serializers.CharField(help_text="the lowest price of its variants in this market, with the currency's digits")
    compare_at_price = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    stock = serializers.IntegerField(help_text="available units of all variants")
    is_available = serializers.BooleanField()
    is_low_stock = serializers.BooleanField()
    category = CategoryRefResponse(allow_null=True)
    primary_image = serializers.CharField(allow_null=True, help_text="thumbnail of the first image")
    seller_name = serializers.CharField()
    sku_id = serializers.IntegerField(help_text="the default variant's id")
    variants_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ProductImageResponse(serializers.Serializer[Any]):
    """An image of a product."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    alt = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    thumbnail = serializers.CharField(help_text="at most 480 pixels on the longer side")


class VariantResponse(serializers.Serializer[Any]):
    """A variant on offer; its `id` is what other routes call `sku_id`."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    image_id = serializers.IntegerField(
        allow_null=True, help_text="the entry of the product's `images` that shows this variant; null: the primary image"
    )
    price = serializers.CharField()
    compare_at_price = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    stock = serializers.IntegerField()
    weight_grams = serializers.IntegerField(allow_null=True, help_text="with packaging; null: unknown")
    lowest_price_30_days = serializers.CharField(help_text=LOWEST_PRICE_HELP)


class ProductResponse(ProductSummaryResponse):
    """A product, with its description, images and variants."""

    description = serializers.CharField()
    lowest_price_30_days = serializers.CharField(help_text=LOWEST_PRICE_HELP)
    images = ProductImageResponse(many=True)
    variants = VariantResponse(many=True)


class CategoryResponse(CategoryRefResponse):
    """A category."""

    parent_id = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField()


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/CategoryNode"}})
class ChildrenField(serializers.ListField):
    """The child categories."""


class CategoryNodeResponse(CategoryResponse):
    """A category with its descendants."""

    children = ChildrenField()


class StockMovementResponse(serializers.Serializer[Any]):
    """A stock movement."""

    id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    sku = serializers.CharField()
    delta = serializers.IntegerField()
    reason = serializers.CharField()
    note = serializers.CharField()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()
