"""Responses about delivery."""

from typing import Any

from rest_framework import serializers


class ShippingMethodResponse(serializers.Serializer[Any]):
    """A shipping method for a place."""

    code = serializers.CharField()
    name = serializers.CharField()
    price = serializers.CharField(help_text="before discounts")
    free_from = serializers.CharField(allow_null=True, help_text="value of the goods, after discounts, from which it is free")
    earliest = serializers.DateField(allow_null=True, help_text="when an order of today can arrive")
    latest = serializers.DateField(allow_null=True, help_text="when it should have arrived")


class DeliveryCheckResponse(serializers.Serializer[Any]):
    """Whether the shop delivers to a place, and how."""

    country = serializers.CharField(help_text="ISO 3166 code; empty if it is not known")
    postal_code = serializers.CharField(help_text="in capital letters, without spaces and hyphens")
    serviceable = serializers.BooleanField()
    cod = serializers.BooleanField(help_text="whether Cash on Delivery is possible")
    methods = ShippingMethodResponse(many=True, help_text="cheapest first")
