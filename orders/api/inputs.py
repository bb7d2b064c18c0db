"""Request bodies of the order endpoints."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import email_addresses
from carts.api.inputs import ProductRef, Quantity, RowId, read_alias
from carts.api.responses import CartLineResponse
from carts.models import MAX_CODES
from core.empty_values import is_empty
from core.http.fields import BoundedListField, CartTokenField
from core.http.inputs import Input
from orders.api.address_inputs import ContactPhoneField, OrderAddressInput, spell
from orders.models import MAX_REASON, Order
from orders.placement.cart_check import RequestedLine
from pricing.models import MAX_METHOD_CODE

MAX_SNAPSHOT_LINES = 100


@extend_schema_field({"type": "string", "description": "an amount like 19.99; a number is accepted too"})
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
    unused = frozenset(CartLineResponse._declared_fields) | {"title", "description", "image", "category", "slug", "options"}

    product_id = ProductRef(required=False)
    sku_id = RowId(required=False, allow_null=True)
    quantity = Quantity(min_value=0)
    price = DisplayedAmountField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a product or variant."""
        if not (attrs.get("sku_id") or attrs.get("product_id")):
            raise serializers.ValidationError({"product_id": ["This field is required."]})
        return attrs

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the line, and keep what else names it: an `id` beside other names may be that of the cart's line."""
        fields = super().run_validation(data)
        variant, own_id = read_alias(RowId(), data, "variant_id"), read_alias(ProductRef(), data, "id")
        has_product = data.get("product_id") is not None
        is_only_name = not has_product and fields.get("sku_id") is None
        is_same_product = has_product and own_id == fields["product_id"]
        fields["other_variant"] = None if variant == fields.get("sku_id") else variant
        fields["own_id"] = None if is_only_name or is_same_product else own_id
        fields.update(_read_names_of_cart_line(data))
        return fields


def _read_names_of_cart_line(line: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the SKU and the product's id as a line of the cart has them: clients copy such lines into their snapshot."""
    sku, product = line.get("sku"), line.get("product")
    product_id = product.get("id") if isinstance(product, Mapping) else None
    return {
        "sku": sku if isinstance(sku, str) and not is_empty(sku) else None,
        "nested_product": str(product_id) if isinstance(product_id, int) and not isinstance(product_id, bool) else None,
    }


class CreateOrderInput(Input):
    """The payment method, the delivery address, and the cart lines to order (default: all)."""

    aliases = {
        **{"method": "payment_method", "cart": "items"},
        **dict.fromkeys(spell("shipping_address", "delivery_address", "shipping_contact"), "address"),
    }

    payment_method = PaymentMethodField()
    address = OrderAddressInput(required=False)
    address_id = RowId(required=False, allow_null=True, help_text="of the caller's address book")
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=200)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)
    phone = ContactPhoneField()
    note = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=2000)
    codes = BoundedListField(
        child=serializers.CharField(max_length=100),
        required=False,
        allow_null=True,
        max_length=MAX_CODES,
        help_text="promotion codes; they replace those of the cart, [] is none; without it, the cart's count",
    )
    shipping_method = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=MAX_METHOD_CODE,
        help_text="code of a method of cart/delivery/; without it, the cart's choice, else the cheapest that the address allows",
    )
    items = BoundedListField(child=SnapshotLine(), required=False, allow_null=True, max_length=MAX_SNAPSHOT_LINES)
    expected_total = DisplayedAmountField(
        required=False, allow_null=True, help_text="what the buyer was shown, such as total_estimate; a higher total is refused"
    )
    accept_price_changes = serializers.BooleanField(default=False, help_text="order even if it costs more than was shown")
    cart_token = CartTokenField()

    def validate_name(self, value: str | None) -> str:
        """Return the name; without a visible character there is none."""
        return "" if value is None or is_empty(value) else value

    def validate_email(self, value: str | None) -> str:
        """Return the normalized e-mail address."""
        return email_addresses.normalize_email(value) if value is not None and not is_empty(value) else ""

    def get_sent_address(self) -> Any:
        """Return the address as the client sent it: an object, plain text, or None."""
        return self.initial_data.get(self.get_sent_name("address"))

    def find_address_warnings(self) -> list[str]:
        """Return a sentence for each key of the address that is not read, because another one has filled its field."""
        return cast(OrderAddressInput, self.fields["address"]).find_warnings(self.get_sent_address())


class StripeEventInput(serializers.Serializer[Any]):
    """An event as Stripe sends it; the shop verifies the signature of the raw body and reads what it needs."""

    id = serializers.CharField()
    type = serializers.CharField()
    livemode = serializers.BooleanField()
    data = serializers.DictField()  # type: ignore[assignment]  # Stripe's name, which a serializer's property has too


class CancelInput(Input):
    """The reason for the cancellation, optional."""

    reason = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=MAX_REASON)


def build_requested_lines(lines: list[dict[str, Any]] | None) -> tuple[RequestedLine, ...] | None:
    """Return the requested lines without those saved for later; None if the client sent no snapshot."""
    if lines is None:
        return None
    return tuple(
        RequestedLine(
            quantity=line["quantity"],
            variant=line.get("sku_id"),
            product=line.get("product_id"),
            price=line.get("price"),
            other_variant=line["other_variant"],
            own_id=line["own_id"],
            nested_product=line["nested_product"],
            sku=line["sku"],
        )
        for line in lines
        if line["quantity"]
    )
