"""Request bodies of the cart and wishlist endpoints."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carts.models import MAX_QUANTITY
from core.characters import parse_whole_number
from core.http.fields import CartTokenField
from core.http.inputs import Input
from products.slugs import MAX_REF_LENGTH

INVALID_QUANTITY_MESSAGE = f"Must be a whole number from {{}} to {MAX_QUANTITY}"


@extend_schema_field({"anyOf": [{"type": "integer"}, {"type": "string"}], "description": "id (number or string), uuid or slug"})
class ProductRef(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A product's id, as a number or a string, or its uuid or slug."""

    def to_internal_value(self, data: Any) -> str:
        """Return the reference as a string; the service looks the product up."""
        if isinstance(data, bool) or not isinstance(data, int | str) or not str(data).strip() or len(str(data)) > MAX_REF_LENGTH:
            raise serializers.ValidationError("Must be a product's id, uuid or slug")
        return str(data).strip()

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


class RowId(serializers.IntegerField):
    """A positive id that fits a 64-bit column."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class Quantity(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A whole number, or a string of digits; fractions and booleans are rejected."""

    def __init__(self, *, min_value: int, **kwargs: Any) -> None:
        self.min_value = min_value
        super().__init__(**kwargs)
        set_override(self, "field", {"type": "integer", "minimum": min_value, "maximum": MAX_QUANTITY})

    def to_internal_value(self, data: Any) -> int:
        """Return the number, capped just above the limit: the service raises its own error for quantities over the limit."""
        if isinstance(data, str):
            data = parse_whole_number(data.strip(), max_digits=9)
        if type(data) is not int or data < self.min_value:
            raise serializers.ValidationError(INVALID_QUANTITY_MESSAGE.format(self.min_value))
        return min(data, MAX_QUANTITY + 1)

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


def read_alias(field: Any, data: Any, name: str) -> Any:
    """Return the value of an alias in a body, which may contradict the field itself; None without one.

    Raises ValidationError.
    """
    value = data.get(name) if isinstance(data, Mapping) else None
    try:
        return None if value is None else field.run_validation(value)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from None


class VariantInput(Input):
    """A body that may name a variant as `sku_id`, as its alias `variant_id`, or as both if they are the same."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the body. Raises ValidationError, also if it names two variants."""
        fields = super().run_validation(data)
        if read_alias(RowId(), data, "variant_id") not in (None, fields.get("sku_id")):
            raise serializers.ValidationError({"variant_id": ["This is another variant than sku_id."]})
        return fields


class ItemRefInput(VariantInput):
    """A product, or one of its variants (`sku_id`), and the guest key if no cookie or header has it."""

    aliases = {"variant_id": "sku_id"}

    product_id = ProductRef(required=False)
    sku_id = RowId(required=False, allow_null=True, help_text="needed if the product has several variants")
    cart_token = CartTokenField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require `product_id` or `sku_id`."""
        if "product_id" not in attrs and attrs.get("sku_id") is None:
            raise serializers.ValidationError({"product_id": ["This field is required."]})
        return attrs


class GuestKeyInput(Input):
    """The guest key, if no cookie or header has it."""

    cart_token = CartTokenField()


class CodeInput(GuestKeyInput):
    """A promotion code."""

    aliases = dict.fromkeys(("coupon", "coupon_code", "promo_code", "promotion_code", "discount_code"), "code")

    code = serializers.CharField(max_length=100, help_text="in any letter case; spaces do not matter")


class AddItemInput(ItemRefInput):
    """An item to add and its quantity."""

    aliases = {**ItemRefInput.aliases, "qty": "quantity"}

    quantity = Quantity(min_value=1, default=1)


class QuantityInput(Input):
    """The new quantity of a line; 0 saves the line for later."""

    aliases = {"qty": "quantity"}
    unused = frozenset(  # they follow from the quantity
        ("total_price", "discount", "net_total", "has_sufficient_stock", "stock_status", "updated_at")
    )

    quantity = Quantity(min_value=0)
    cart_token = CartTokenField()


class UpdateItemInput(QuantityInput, ItemRefInput):
    """A line and its new quantity."""

    aliases = {**ItemRefInput.aliases, **QuantityInput.aliases}


class WishlistItemInput(Input):
    """A product to add to the wishlist."""

    product_id = ProductRef()


class MoveToCartInput(VariantInput):
    """The quantity to add to the cart, and the variant if the product has several."""

    aliases = AddItemInput.aliases

    sku_id = RowId(required=False, allow_null=True)
    quantity = Quantity(min_value=1, default=1)
