"""What comes in on the order routes."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import email_addresses
from carts.api.inputs import ProductRef, Quantity, RowId
from core.http.fields import CartTokenField
from orders.models import Order
from orders.placement.cart_check import Wanted

ADDRESS_FIELDS = {
    **{"full_name": 200, "phone": 32, "line1": 300, "line2": 300, "city": 120},
    **{"state": 120, "postal_code": 20, "country": 60},
}
PHONE = re.compile(r"^[+0-9 ()./-]{3,32}\Z", re.ASCII)
MAX_SNAPSHOT = 100


@extend_schema_field(
    {
        "description": "Where to send it: at least line1, or all of it as one text",
        "oneOf": [
            {"type": "string"},
            {"type": "object", "properties": {n: {"type": "string", "maxLength": m} for n, m in ADDRESS_FIELDS.items()}},
        ],
    }
)
class AddressField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An address: an object (keys that the shop does not know are ignored), or plain text."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the address with all of its keys."""
        if isinstance(data, str):
            data = {"line1": data}
        if not isinstance(data, dict):
            raise serializers.ValidationError("Must be an object or a text")
        return {name: self._part(data, name, longest) for name, longest in ADDRESS_FIELDS.items()}

    def _part(self, data: dict[str, Any], name: str, longest: int) -> str:
        given = data.get(name)
        if given is None:
            return ""
        if not isinstance(given, str) or len(given) > longest or "\x00" in given:
            raise serializers.ValidationError({name: f"Must be a text of at most {longest} characters"})
        if name == "phone" and given.strip() and not PHONE.match(given):
            raise serializers.ValidationError({name: "Must be a phone number"})
        return given.strip()

    def to_representation(self, value: Any) -> Any:
        """Show it as it is."""
        return value


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class ShownAmount(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An amount that the client has shown: only compared, so the noise of a floating-point sum is rounded away."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount to three digits, as many as any currency has."""
        try:
            amount = Decimal(str(data)) if isinstance(data, str | int | float) and not isinstance(data, bool) else None
            if amount is None or not 0 <= amount < 10**11 or len(str(data)) > 40:
                raise InvalidOperation
            return amount.quantize(Decimal("0.001"), ROUND_HALF_UP)
        except InvalidOperation:
            raise serializers.ValidationError("Must be an amount like 19.99") from None

    def to_representation(self, value: Any) -> Any:
        """Show it as it is."""
        return value


class SnapshotLine(serializers.Serializer[Any]):
    """A line of the client's cart: what, how many, and the price that it showed."""

    id = ProductRef(required=False)
    product_id = ProductRef(required=False)
    sku_id = RowId(required=False)
    variant_id = RowId(required=False, allow_null=True)
    quantity = Quantity(least=0, required=False)
    qty = Quantity(least=0, required=False)
    price = ShownAmount(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A line names something, and how many of it."""
        if not any(attrs.get(name) for name in ("sku_id", "variant_id", "product_id", "id")):
            raise serializers.ValidationError({"product_id": ["This field is required."]})
        if "quantity" not in attrs and "qty" not in attrs:
            raise serializers.ValidationError({"quantity": ["This field is required."]})
        return attrs


class CreateOrderInput(serializers.Serializer[Any]):
    """How to pay, where to send, and which lines of the cart (default: all)."""

    payment_method = serializers.CharField(required=False, allow_null=True, max_length=20)
    method = serializers.CharField(required=False, allow_null=True, max_length=20, help_text="the same as payment_method")
    address = AddressField(required=False)
    address_id = RowId(required=False, allow_null=True, help_text="of one's own address book")
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=200)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)
    phone = serializers.RegexField(PHONE, required=False, allow_blank=True, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=2000)
    items = serializers.ListField(child=SnapshotLine(), required=False, allow_null=True, max_length=MAX_SNAPSHOT)
    cart = serializers.ListField(child=SnapshotLine(), required=False, allow_null=True, max_length=MAX_SNAPSHOT)
    expected_total = ShownAmount(required=False, allow_null=True)
    accept_price_changes = serializers.BooleanField(default=False)
    cart_token = CartTokenField()

    def validate_email(self, value: str | None) -> str:
        """Take the address in its normal form."""
        return email_addresses.normalised(value) if value and value.strip() else ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Read the way to pay in any case."""
        method = (attrs.get("payment_method") or attrs.get("method") or "").strip().lower()
        if method not in Order.Method.values:
            known = " or ".join(Order.Method.values)
            raise serializers.ValidationError({"payment_method": [f"Must be {known}"]})
        attrs["payment_method"] = method
        return attrs


class CancelInput(serializers.Serializer[Any]):
    """Why, if the buyer likes to say."""

    reason = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=200)


class AddressInput(serializers.Serializer[Any]):
    """An address for the book."""

    full_name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    phone = serializers.RegexField(PHONE, required=False, allow_blank=True)
    line1 = serializers.CharField(max_length=300)
    line2 = serializers.CharField(required=False, allow_blank=True, max_length=300)
    city = serializers.CharField(required=False, allow_blank=True, max_length=120)
    state = serializers.CharField(required=False, allow_blank=True, max_length=120)
    postal_code = serializers.CharField(required=False, allow_blank=True, max_length=20)
    country = serializers.CharField(required=False, allow_blank=True, max_length=60)
    is_default = serializers.BooleanField(required=False)


def wanted_of(lines: list[dict[str, Any]] | None) -> tuple[Wanted, ...] | None:
    """Return the snapshot as the service takes it, without what is saved for later; None where the client sent none."""
    if lines is None:
        return None
    return tuple(
        Wanted(
            quantity=units,
            variant=line.get("sku_id") or line.get("variant_id"),
            product=line.get("product_id") or line.get("id"),
            price=line.get("price"),
        )
        for line in lines
        if (units := line["quantity"] if "quantity" in line else line["qty"])
    )
