"""What goes in and out of the cart routes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carts.models import MAX_QUANTITY, CartAuditLog
from store.core.fields import CartTokenField

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


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MAX_QUANTITY})
class Quantity(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A whole number: no fraction, no word, no bool; text of digits is taken for the number."""

    def __init__(self, *, least: int, **given: Any) -> None:
        self.least = least
        super().__init__(**given)

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


class LineProductShape(serializers.Serializer[Any]):
    """The product of a line; price and stock are its variant's."""

    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    price = serializers.CharField(allow_null=True)
    stock = serializers.IntegerField()
    primary_image = serializers.CharField(allow_null=True)
    seller_name = serializers.CharField()
    is_available = serializers.BooleanField()
    is_low_stock = serializers.BooleanField()


class CartLineShape(serializers.Serializer[Any]):
    """A line of a cart."""

    id = serializers.IntegerField()
    product = LineProductShape()
    product_id = serializers.IntegerField()
    variant_id = serializers.IntegerField(allow_null=True, help_text="null for a simple product")
    sku_id = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField()
    price = serializers.CharField(allow_null=True, help_text="the current price; null where the market has none any more")
    thumbnail = serializers.CharField(allow_null=True)
    quantity = serializers.IntegerField()
    price_at_addition = serializers.CharField()
    current_price = serializers.CharField(allow_null=True)
    total_price = serializers.CharField(help_text="price_at_addition x quantity")
    price_changed = serializers.BooleanField()
    price_difference = serializers.CharField(help_text="signed: current price - price_at_addition")
    is_available = serializers.BooleanField()
    has_sufficient_stock = serializers.BooleanField()
    stock_status = serializers.ChoiceField(["in_stock", "low_stock", "insufficient_stock", "unavailable"])
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OwnerShape(serializers.Serializer[Any]):
    """Whose cart it is."""

    type = serializers.ChoiceField(["guest", "user"])
    user_id = serializers.IntegerField(allow_null=True)
    session_key = serializers.CharField(allow_null=True)


class CartShape(serializers.Serializer[Any]):
    """A cart."""

    id = serializers.IntegerField(allow_null=True, help_text="null until something is put in")
    user = serializers.CharField(allow_null=True)
    market = serializers.CharField()
    currency = serializers.CharField()
    items = CartLineShape(many=True)
    total_items = serializers.IntegerField(help_text="units")
    count = serializers.IntegerField(help_text="lines; those saved for later (quantity 0) do not count")
    subtotal = serializers.CharField(help_text="at the prices of addition")
    current_subtotal = serializers.CharField(help_text="at today's prices, of what is available")
    has_unavailable_items = serializers.BooleanField()
    has_stock_issues = serializers.BooleanField()
    has_price_changes = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    owner = OwnerShape()


class CartWithNumberShape(CartShape):
    """A cart whose `subtotal` is a JSON number, at today's prices."""

    subtotal = serializers.FloatField()  # type: ignore[assignment]  # the one number among the amounts


class CartSummaryShape(serializers.Serializer[Any]):
    """The numbers for a badge."""

    id = serializers.IntegerField(allow_null=True)
    total_items = serializers.IntegerField()
    subtotal = serializers.CharField()


class ClearedShape(serializers.Serializer[Any]):
    """How many lines were taken out."""

    items_removed = serializers.IntegerField()


class CartBesideShape(serializers.Serializer[Any]):
    """What stands beside the data of a cart answer."""

    owner = OwnerShape()
    cart_token = serializers.CharField(allow_null=True)


class ChangedBesideShape(CartBesideShape):
    """What stands beside the line that was changed."""

    cart = CartShape()


class IssuesOfLineShape(serializers.Serializer[Any]):
    """What is wrong with a line."""

    item_id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    product_name = serializers.CharField()
    issues = serializers.ListField(child=serializers.CharField(), help_text="sentences for people")
    codes = serializers.ListField(
        child=serializers.DictField(),
        help_text="for programs: `code` is price_increased, price_decreased, insufficient_stock, unavailable or own_product",
    )


class ValidationShape(serializers.Serializer[Any]):
    """Whether the cart can be ordered as it is."""

    valid = serializers.BooleanField()
    issues = IssuesOfLineShape(many=True)


class AcceptedLineShape(serializers.Serializer[Any]):
    """A line whose price of addition is today's now."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    name = serializers.CharField()
    old_price = serializers.CharField()
    new_price = serializers.CharField()


class AcceptedShape(serializers.Serializer[Any]):
    """What was agreed to."""

    changed = AcceptedLineShape(many=True)


class MergeInput(serializers.Serializer[Any]):
    """Which guest's cart; without one, that of the request's cookies or headers."""

    cart_token = CartTokenField()


class LogEntryShape(serializers.Serializer[Any]):
    """A change of the cart."""

    id = serializers.IntegerField()
    user = serializers.CharField(allow_null=True, help_text="null: a guest, or the shop itself")
    action = serializers.ChoiceField(CartAuditLog.Action.values)
    action_display = serializers.CharField()
    product_id = serializers.IntegerField(allow_null=True)
    sku_id = serializers.IntegerField(allow_null=True)
    product_name = serializers.CharField()
    changes = serializers.DictField()
    timestamp = serializers.DateTimeField()
    ip_address = serializers.CharField(allow_null=True)


class WishInput(serializers.Serializer[Any]):
    """What to keep in sight."""

    product_id = ProductRef()


class MoveInput(serializers.Serializer[Any]):
    """How many to put into the cart, and which variant where the product has several."""

    sku_id = RowId(required=False)
    variant_id = RowId(required=False, allow_null=True)
    quantity = Quantity(least=1, required=False)
    qty = Quantity(least=1, required=False)


class WishShape(serializers.Serializer[Any]):
    """A product on a wishlist."""

    id = serializers.IntegerField()
    product = LineProductShape()
    product_id = serializers.IntegerField()
    currency = serializers.CharField()
    price_at_addition = serializers.CharField(allow_null=True, help_text="null where this market had no price then")
    current_price = serializers.CharField(allow_null=True, help_text="the lowest of its variants; null while it is not for sale")
    price_changed = serializers.BooleanField()
    price_difference = serializers.CharField(help_text="signed: current price - price_at_addition")
    lowest_price_30_days = serializers.CharField(allow_null=True)
    is_available = serializers.BooleanField()
    is_in_stock = serializers.BooleanField()
    is_back_in_stock = serializers.BooleanField(help_text="it was sold out when it was wished for, and is not now")
    created_at = serializers.DateTimeField()
