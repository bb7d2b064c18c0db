"""Request bodies of the order endpoints."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import email_addresses
from carts.api.inputs import ProductRef, Quantity, RowId
from core.http.fields import CartTokenField
from core.http.inputs import Input
from orders.models import ADDRESS_FIELDS, MAX_REASON, Address, Order
from orders.placement.cart_check import RequestedLine

ADDRESS_MAX_LENGTHS = {field.name: field.max_length or 0 for field in Address._meta.concrete_fields if field.name in ADDRESS_FIELDS}
PHONE_PATTERN = re.compile(r"^[+0-9 ()./-]{3,32}\Z", re.ASCII)
MAX_SNAPSHOT_LINES = 100


@extend_schema_field(
    {
        "description": "The delivery address: an object with at least line1, or plain text",
        "oneOf": [
            {"type": "string"},
            {"type": "object", "properties": {n: {"type": "string", "maxLength": m} for n, m in ADDRESS_MAX_LENGTHS.items()}},
        ],
    }
)
class AddressField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An address: an object (unknown keys are ignored) or plain text."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the address with all keys."""
        if isinstance(data, str):
            data = {"line1": data}
        if not isinstance(data, dict):
            raise serializers.ValidationError("Must be an object or a string")
        return {name: self._clean_part(data, name, max_length) for name, max_length in ADDRESS_MAX_LENGTHS.items()}

    def _clean_part(self, data: dict[str, Any], name: str, max_length: int) -> str:
        value = data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > max_length or "\x00" in value:
            raise serializers.ValidationError({name: f"Must be a string of at most {max_length} characters"})
        if name == "phone" and value.strip() and not PHONE_PATTERN.match(value):
            raise serializers.ValidationError({name: "Must be a phone number"})
        return value.strip()

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class DisplayedAmountField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An amount that the client displayed. It is only compared, so floating-point noise is rounded away."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount with three digits, the most that any currency has."""
        try:
            amount = Decimal(str(data)) if isinstance(data, str | int | float) and not isinstance(data, bool) else None
            if amount is None or not 0 <= amount < 10**11 or len(str(data)) > 40:
                raise InvalidOperation
            return amount.quantize(Decimal("0.001"), ROUND_HALF_UP)
        except InvalidOperation:
            raise serializers.ValidationError("Must be an amount like 19.99") from None

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


class PaymentMethodField(serializers.ChoiceField):
    """A payment method, in any letter case."""

    default_error_messages = dict.fromkeys(("required", "null", "invalid_choice"), f"Must be {' or '.join(Order.Method.values)}")

    def __init__(self) -> None:
        super().__init__(choices=Order.Method.choices)

    def to_internal_value(self, data: Any) -> str:
        """Return the method. Raises ValidationError."""
        method: str = super().to_internal_value(data.strip().lower() if isinstance(data, str) else data)
        return method


class SnapshotLine(Input):
    """A line of the client's cart: the product or variant, the quantity, and the displayed price."""

    aliases = {"id": "product_id", "variant_id": "sku_id", "qty": "quantity"}

    product_id = ProductRef(required=False)
    sku_id = RowId(required=False, allow_null=True)
    quantity = Quantity(min_value=0)
    price = DisplayedAmountField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a product or variant."""
        if not (attrs.get("sku_id") or attrs.get("product_id")):
            raise serializers.ValidationError({"product_id": ["This field is required."]})
        return attrs


class CreateOrderInput(Input):
    """The payment method, the delivery address, and the cart lines to order (default: all)."""

    aliases = {"method": "payment_method", "cart": "items"}

    payment_method = PaymentMethodField()
    address = AddressField(required=False)
    address_id = RowId(required=False, allow_null=True, help_text="of the caller's address book")
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=200)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)
    phone = serializers.RegexField(PHONE_PATTERN, required=False, allow_blank=True, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=2000)
    items = serializers.ListField(child=SnapshotLine(), required=False, allow_null=True, max_length=MAX_SNAPSHOT_LINES)
    expected_total = DisplayedAmountField(required=False, allow_null=True)
    accept_price_changes = serializers.BooleanField(default=False)
    cart_token = CartTokenField()

    def validate_email(self, value: str | None) -> str:
        """Return the normalized e-mail address."""
        return email_addresses.normalize_email(value) if value and value.strip() else ""


class CancelInput(Input):
    """The reason for the cancellation, optional."""

    reason = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=MAX_REASON)


class AddressInput(serializers.ModelSerializer[Address]):
    """An address to save in the address book."""

    phone = serializers.RegexField(PHONE_PATTERN, required=False, allow_blank=True)

    class Meta:
        model = Address
        fields = (*ADDRESS_FIELDS, "is_default")


def build_requested_lines(lines: list[dict[str, Any]] | None) -> tuple[RequestedLine, ...] | None:
    """Return the requested lines without those saved for later; None if the client sent no snapshot."""
    if lines is None:
        return None
    return tuple(
        RequestedLine(
            quantity=line["quantity"], variant=line.get("sku_id"), product=line.get("product_id"), price=line.get("price")
        )
        for line in lines
        if line["quantity"]
    )
