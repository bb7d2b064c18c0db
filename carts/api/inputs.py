"""What the cart routes take."""

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carts.models import MAX_QUANTITY
from core.http.fields import CartTokenField

INVALID_QUANTITY = "Must be a whole number from {} to 99"


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "description": "id (number or text) or uuid"})
class ProductRef(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A product's id, as a number or text, or its uuid."""

    def to_internal_value(self, data: Any) -> str:
        """Return the reference as text; what it names is looked up later."""
        if isinstance(data, bool) or not isinstance(data, int | str) or not str(data).strip() or len(str(data)) > 64:
            raise serializers.ValidationError("Must be a product's id or uuid")
        return str(data).strip()

    def to_representation(self, value: Any) -> Any:
        """Show it as it came."""
        return value


class RowId(serializers.IntegerField):
    """An id that a 64-bit column can hold."""

    def __init__(self, **given: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **given)


class Quantity(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A whole number: no fraction, no word, no bool; text of digits is taken for the number."""

    def __init__(self, *, least: int, **given: Any) -> None:
        self.least = least
        super().__init__(**given)
        set_override(self, "field", {"type": "integer", "minimum": least, "maximum": MAX_QUANTITY})

    def to_internal_value(self, data: Any) -> int:
        """Return the number; more than the limit is refused by the service, in its own words."""
        if isinstance(data, str) and data.strip().isascii() and data.strip().isdigit() and len(data) < 10:
            data = int(data)
        if type(data) is not int or data < self.least:
            raise serializers.ValidationError(INVALID_QUANTITY.format(self.least))
        return min(data, MAX_QUANTITY + 1)

    def to_representation(self, value: Any) -> Any:
        """Show the number."""
        return value


def variant_in(given: dict[str, Any]) -> int | None:
    """Return the variant that a body names, by either of its names."""
    variant: int | None = given.get("sku_id") or given.get("variant_id")
    return variant


class WhichItem(serializers.Serializer[Any]):
    """A product or a variant (`sku_id`), and the guest's key where no cookie or header carries it."""

    product_id = ProductRef(required=False)
    sku_id = RowId(required=False)
    variant_id = RowId(required=False, allow_null=True)
    cart_token = CartTokenField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if "product_id" not in attrs and "sku_id" not in attrs:
            raise serializers.ValidationError({"product_id": ["This field is required."]})
        return attrs


class KeyInput(serializers.Serializer[Any]):
    """Which guest, where no cookie or header carries the key."""

    cart_token = CartTokenField()


class AddItemInput(WhichItem):
    """What to add, and how many (default 1)."""

    quantity = Quantity(least=1, required=False)
    qty = Quantity(least=1, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`quantity` wins over `qty`."""
        attrs = super().validate(attrs)
        attrs["quantity"] = attrs.get("quantity", attrs.get("qty", 1))
        return attrs


class NewQuantityInput(serializers.Serializer[Any]):
    """The exact number of units; 0 keeps the line for later."""

    quantity = Quantity(least=0, required=False)
    qty = Quantity(least=0, required=False)
    cart_token = CartTokenField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`quantity` wins over `qty`; one must be there."""
        if "quantity" not in attrs and "qty" not in attrs:
            raise serializers.ValidationError({"quantity": ["This field is required."]})
        attrs["quantity"] = attrs.get("quantity", attrs.get("qty"))
        return attrs


class UpdateItemInput(NewQuantityInput, WhichItem):
    """Which line, and how many."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both halves."""
        return WhichItem.validate(self, NewQuantityInput.validate(self, attrs))


class WishInput(serializers.Serializer[Any]):
    """What to keep in sight."""

    product_id = ProductRef()


class MoveInput(serializers.Serializer[Any]):
    """How many to put into the cart, and which variant where the product has several."""

    sku_id = RowId(required=False)
    variant_id = RowId(required=False, allow_null=True)
    quantity = Quantity(least=1, required=False)
    qty = Quantity(least=1, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`quantity` wins over `qty`; one, if nothing is said."""
        attrs["quantity"] = attrs.get("quantity", attrs.get("qty", 1))
        return attrs
