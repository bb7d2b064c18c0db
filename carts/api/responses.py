"""What the cart routes answer."""

from typing import Any

from rest_framework import serializers

from carts.models import CartAuditLog


class LineProductResponse(serializers.Serializer[Any]):
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


class CartLineResponse(serializers.Serializer[Any]):
    """A line of a cart."""

    id = serializers.IntegerField()
    product = LineProductResponse()
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


class OwnerResponse(serializers.Serializer[Any]):
    """Whose cart it is."""

    type = serializers.ChoiceField(["guest", "user"])
    user_id = serializers.IntegerField(allow_null=True)
    session_key = serializers.CharField(allow_null=True)


class CartResponse(serializers.Serializer[Any]):
    """A cart."""

    id = serializers.IntegerField(allow_null=True, help_text="null until something is put in")
    user = serializers.CharField(allow_null=True)
    market = serializers.CharField()
    currency = serializers.CharField()
    items = CartLineResponse(many=True)
    total_items = serializers.IntegerField(help_text="units")
    count = serializers.IntegerField(help_text="lines; those saved for later (quantity 0) do not count")
    subtotal = serializers.CharField(help_text="at the prices of addition")
    current_subtotal = serializers.CharField(help_text="at today's prices, of what is available")
    has_unavailable_items = serializers.BooleanField()
    has_stock_issues = serializers.BooleanField()
    has_price_changes = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    owner = OwnerResponse()


class CartWithNumberResponse(CartResponse):
    """A cart whose `subtotal` is a JSON number, at today's prices."""

    subtotal = serializers.FloatField()  # type: ignore[assignment]  # the one number among the amounts


class CartSummaryResponse(serializers.Serializer[Any]):
    """The numbers for a badge."""

    id = serializers.IntegerField(allow_null=True)
    total_items = serializers.IntegerField()
    subtotal = serializers.CharField()


class ClearedResponse(serializers.Serializer[Any]):
    """How many lines were taken out."""

    items_removed = serializers.IntegerField()


class CartBesideResponse(serializers.Serializer[Any]):
    """What stands beside the data of a cart answer."""

    owner = OwnerResponse()
    cart_token = serializers.CharField(allow_null=True)


class ChangedBesideResponse(CartBesideResponse):
    """What stands beside the line that was changed."""

    cart = CartResponse()


class IssuesOfLineResponse(serializers.Serializer[Any]):
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


class ValidationResponse(serializers.Serializer[Any]):
    """Whether the cart can be ordered as it is."""

    valid = serializers.BooleanField()
    issues = IssuesOfLineResponse(many=True)


class AcceptedLineResponse(serializers.Serializer[Any]):
    """A line whose price of addition is today's now."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    name = serializers.CharField()
    old_price = serializers.CharField()
    new_price = serializers.CharField()


class AcceptedResponse(serializers.Serializer[Any]):
    """What was agreed to."""

    changed = AcceptedLineResponse(many=True)


class LogEntryResponse(serializers.Serializer[Any]):
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


class WishResponse(serializers.Serializer[Any]):
    """A product on a wishlist."""

    id = serializers.IntegerField()
    product = LineProductResponse()
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
