"""Responses of the order endpoints."""

from typing import Any

from rest_framework import serializers

from carts.api.responses import DiscountResponse
from orders.models import ADDRESS_FIELDS, Order, Shipment, TrackingEvent

PAYMENT_STATUSES = ["unpaid", "processing", "paid", "failed", "partially_refunded", "refunded"]


class OrderItemResponse(serializers.Serializer[Any]):
    """A line of an order, as it was when the order was placed."""

    id = serializers.IntegerField(help_text="`item_id` of the lines of parcels")
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


class ShipmentLineResponse(serializers.Serializer[Any]):
    """Units of an order item in a parcel."""

    item_id = serializers.IntegerField()
    quantity = serializers.IntegerField()


class TrackingEventResponse(serializers.Serializer[Any]):
    """What the carrier reports about a parcel."""

    code = serializers.ChoiceField(TrackingEvent.Code.choices)
    text = serializers.CharField(help_text="in the carrier's words")
    at = serializers.DateTimeField()


class ShipmentResponse(serializers.Serializer[Any]):
    """A parcel of an order."""

    number = serializers.IntegerField(help_text="1 for the first parcel of the order")
    state = serializers.ChoiceField(Shipment.State.choices)
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField(allow_null=True, help_text="page of the carrier; null if it is not known")
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    lines = ShipmentLineResponse(many=True)
    events = TrackingEventResponse(many=True, help_text="oldest first")


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
    fulfilment_status = serializers.ChoiceField(Order.FulfilmentStatus.choices)
    shipments = ShipmentResponse(many=True, help_text="its parcels, without those that were cancelled before they were sent")
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
