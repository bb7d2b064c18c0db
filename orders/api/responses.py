"""What goes out on the order routes."""

from typing import Any

from rest_framework import serializers

from orders.models import Order


class OrderItemResponse(serializers.Serializer[Any]):
    """A line of an order, as it was bought."""

    product_id = serializers.IntegerField(allow_null=True)
    variant_id = serializers.IntegerField(allow_null=True)
    sku_id = serializers.IntegerField(allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    unit_price = serializers.CharField()
    quantity = serializers.IntegerField()
    line_total = serializers.CharField()
    image = serializers.CharField(allow_null=True)


class AddressResponse(serializers.Serializer[Any]):
    """Where it goes."""

    full_name = serializers.CharField()
    phone = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    state = serializers.CharField()
    postal_code = serializers.CharField()
    country = serializers.CharField()


class SavedAddressResponse(AddressResponse):
    """An address of the book."""

    id = serializers.IntegerField()
    is_default = serializers.BooleanField()


class OrderResponse(serializers.Serializer[Any]):
    """An order."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    order_no = serializers.CharField(help_text="the same as number")
    status = serializers.ChoiceField(Order.Status.choices)
    payment_status = serializers.ChoiceField(["unpaid", "processing", "paid", "failed", "partially_refunded", "refunded"])
    payment_method = serializers.ChoiceField(Order.Method.choices)
    market = serializers.CharField()
    currency = serializers.CharField()
    subtotal = serializers.CharField()
    discount_total = serializers.CharField()
    shipping_total = serializers.CharField()
    tax_total = serializers.CharField(help_text="included in the prices")
    total = serializers.CharField()
    items = OrderItemResponse(many=True)
    address = AddressResponse()
    email = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    note = serializers.CharField()
    placed_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    checkout_url = serializers.CharField(required=False, help_text="where a pending order is paid by card")
    session_id = serializers.CharField(required=False, help_text="the checkout session behind checkout_url")
    order_token = serializers.CharField(required=False, help_text="a guest's key to this order; there only on a guest's order")


class VerifiedResponse(serializers.Serializer[Any]):
    """How a payment stands."""

    order = OrderResponse()
    payment_verified = serializers.BooleanField()
    order_status = serializers.ChoiceField(Order.Status.choices)
    stale = serializers.BooleanField(required=False, help_text="the provider did not answer: this is what was known before")
