"""Responses of the order endpoints."""

from typing import Any

from rest_framework import serializers

from carts.api.responses import DiscountResponse
from orders.models import ADDRESS_FIELDS, Order

PAYMENT_STATUSES = ["unpaid", "processing", "paid", "failed", "partially_refunded", "refunded"]


class OrderItemResponse(serializers.Serializer[Any]):
    """A line of an order, as it was when the order was placed."""

    product_id = serializers.IntegerField(allow_null=True)
    variant_id = serializers.IntegerField(allow_null=True)
    sku_id = serializers.IntegerField(allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    unit_price = serializers.CharField()
    quantity = serializers.IntegerField()
    line_total = serializers.CharField(help_text="before discounts")
    discount_total = serializers.CharField()
    net_total = serializers.CharField(help_text="line_total - discount_total")
    image = serializers.CharField(allow_null=True)


class AddressResponse(serializers.Serializer[Any]):
    """A delivery address."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields of a postal address, and the declared ones."""
        return {**{name: serializers.CharField() for name in ADDRESS_FIELDS}, **super().get_fields()}


class SavedAddressResponse(AddressResponse):
    """An address of the address book."""

    id = serializers.IntegerField()
    is_default = serializers.BooleanField()


class FeeResponse(serializers.Serializer[Any]):
    """A fee of an order."""

    label = serializers.CharField()  # type: ignore[assignment]  # a serializer's property has the name, too
    amount = serializers.CharField()


class ShippingResponse(serializers.Serializer[Any]):
    """The shipping method of an order, as it was chosen."""

    code = serializers.CharField()
    name = serializers.CharField()
    earliest = serializers.DateField(allow_null=True, help_text="when it can arrive")
    latest = serializers.DateField(allow_null=True, help_text="when it should have arrived")


class OrderResponse(serializers.Serializer[Any]):
    """An order."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    order_no = serializers.CharField(help_text="alias of number")
    status = serializers.ChoiceField(Order.Status.choices)
    payment_status = serializers.ChoiceField(PAYMENT_STATUSES)
    payment_method = serializers.ChoiceField(Order.Method.choices)
    market = serializers.CharField()
    currency = serializers.CharField()
    subtotal = serializers.CharField()
    discount_total = serializers.CharField(help_text="of items and shipping")
    shipping_total = serializers.CharField(help_text="before discounts")
    fee_total = serializers.CharField()
    tax_total = serializers.CharField(help_text="included in the prices")
    shipping = ShippingResponse(allow_null=True, help_text="null for an order from before there were shipping methods")
    total = serializers.CharField(help_text="subtotal - discount_total + shipping_total + fee_total")
    discounts = DiscountResponse(many=True)
    fees = FeeResponse(many=True)
    items = OrderItemResponse(many=True)
    address = AddressResponse()
    email = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    phone_confirm_until = serializers.DateTimeField(
        allow_null=True, help_text="when the order is cancelled unless its phone is confirmed; null if it need not be, or is"
    )
    note = serializers.CharField()
    placed_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    checkout_url = serializers.CharField(required=False, help_text="payment page of a pending card order")
    session_id = serializers.CharField(required=False, help_text="checkout session of checkout_url")
    order_token = serializers.CharField(required=False, help_text="token that opens this order; only present for guest orders")


class PaymentVerificationResponse(serializers.Serializer[Any]):
    """The payment status of an order."""

    order = OrderResponse()
    payment_verified = serializers.BooleanField()
    order_status = serializers.ChoiceField(Order.Status.choices)
    stale = serializers.BooleanField(
        required=False, help_text="true if the provider did not respond and the status may be out of date"
    )
