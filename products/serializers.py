"""The shapes of the product answers. They describe; the dicts come from `selectors`, and the tests hold both together."""

from typing import Any

from rest_framework import serializers


class CategoryRefShape(serializers.Serializer[Any]):
    """The shelf a product stands on."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


class ProductItemShape(serializers.Serializer[Any]):
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
    category = CategoryRefShape(allow_null=True)
    primary_image = serializers.CharField(allow_null=True)
    seller_name = serializers.CharField()
    sku_id = serializers.IntegerField(help_text="the default variant's id")
    variants_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ImageShape(serializers.Serializer[Any]):
    """A picture of a product."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    alt = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)


class VariantShape(serializers.Serializer[Any]):
    """A variant on offer; its `id` is what other routes call `sku_id`."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    price = serializers.CharField()
    compare_at_price = serializers.CharField(allow_null=True)
    stock = serializers.IntegerField()


class ProductDetailShape(ProductItemShape):
    """A product on its own page."""

    description = serializers.CharField()
    images = ImageShape(many=True)
    variants = VariantShape(many=True)
