"""Response bodies of the cart and wishlist endpoints."""

from typing import Any

from rest_framework import serializers

from carts.models import CartAuditLog
from carts.quotes import UNSERVED_TEXTS
from pricing.api.responses import ShippingMethodResponse
from pricing.models import Promotion

UNSERVED_REASONS = list(UNSERVED_TEXTS)
STOCK_STATUSES = ["in_stock", "low_stock", "insufficient_stock", "unavailable"]
OWNER_TYPES = ["guest", "user"]
ISSUE_CODES = ["price_increased", "price_decreased", "insufficient_stock", "unavailable", "own_product"]

CODE_CHANGES = ["added", "removed"]
CODE_STATUSES = ["applied", "waiting", "ended"]
CODE_REASONS = [
    *("ended", "used_up", "not_started", "not_in_market", "repeated", "no_matching_items", "min_subtotal", "payment_method"),
    *("better_promotion", "nothing_to_discount"),
]


class LineProductResponse(serializers.Serializer[Any]):
    """The product of a line, with the price and stock of the line's variant."""

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
    price = serializers.CharField(allow_null=True, help_text="the current price; null if the market no longer has one")
    thumbnail = serializers.CharField(allow_null=True)
    quantity = serializers.IntegerField()
    price_at_addition = serializers.CharField()
    current_price = serializers.CharField(allow_null=True)
    total_price = serializers.CharField(help_text="price_at_addition x quantity")
    discount = serializers.CharField(help_text="what promotions take off, at the current price")
    net_total = serializers.CharField(allow_null=True, help_text="current price x quantity - discount; null if it cannot be bought")
    price_changed = serializers.BooleanField()
    price_difference = serializers.CharField(help_text="signed: current price - price_at_addition")
    is_available = serializers.BooleanField()
    has_sufficient_stock = serializers.BooleanField()
    stock_status = serializers.ChoiceField(STOCK_STATUSES)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CodeReasonResponse(serializers.Serializer[Any]):
    """Why a code saves nothing."""

    code = serializers.ChoiceField(CODE_REASONS)
    text = serializers.CharField(help_text="for people")
    missing = serializers.CharField(required=False, help_text="min_subtotal: value of the items to add")


class CartCodeResponse(serializers.Serializer[Any]):
    """A promotion code of the cart."""

    code = serializers.CharField()
    status = serializers.ChoiceField(CODE_STATUSES)
    reason = CodeReasonResponse(allow_null=True, help_text="null if it is applied")


class DiscountResponse(serializers.Serializer[Any]):
    """What a promotion takes off."""

    label = serializers.CharField()  # type: ignore[assignment]  # a serializer's property has the name, too
    code = serializers.CharField(allow_null=True, help_text="null for an automatic promotion")
    on = serializers.ChoiceField(Promotion.On.choices)
    amount = serializers.CharField()


class CartOwnerResponse(serializers.Serializer[Any]):
    """The owner of a cart."""

    type = serializers.ChoiceField(OWNER_TYPES)
    user_id = serializers.IntegerField(allow_null=True)
    session_key = serializers.CharField(allow_null=True)


class UnservedReasonResponse(serializers.Serializer[Any]):
    """Why there is no delivery."""

    code = serializers.ChoiceField(UNSERVED_REASONS)
    text = serializers.CharField(help_text="a sentence for people")


class CartDeliveryResponse(serializers.Serializer[Any]):
    """Where the cart would be delivered, and with which method."""

    country = serializers.CharField(help_text="ISO 3166 code; the market's unless the buyer has chosen another")
    postal_code = serializers.CharField()
    state = serializers.CharField()
    serviceable = serializers.BooleanField(allow_null=True, help_text="null for a cart that is not stored yet")
    reason = UnservedReasonResponse(allow_null=True, help_text="why it is not delivered there")
    method = ShippingMethodResponse(allow_null=True, help_text="the one that was chosen, else the cheapest")


class CartResponse(serializers.Serializer[Any]):
    """A cart."""

    id = serializers.IntegerField(allow_null=True, help_text="null until the first item is added")
    user = serializers.CharField(allow_null=True)
    market = serializers.CharField()
    currency = serializers.CharField()
    items = CartLineResponse(many=True)
    total_items = serializers.IntegerField(help_text="units")
    count = serializers.IntegerField(help_text="lines, without those saved for later (quantity 0)")
    subtotal = serializers.CharField(help_text="at the prices at addition")
    current_subtotal = serializers.CharField(help_text="at current prices, of available lines")
    codes = CartCodeResponse(many=True, help_text="in the order in which they were added")
    discounts = DiscountResponse(many=True, help_text="in the order in which they apply")
    discount_total = serializers.CharField(help_text="of items and shipping")
    shipping_estimate = serializers.CharField(
        allow_null=True, help_text="before discounts; null if the place is not served, or more of the address is needed"
    )
    delivery = CartDeliveryResponse()
    total_estimate = serializers.CharField(
        help_text="current_subtotal - discount_total + shipping_estimate, without a payment method"
    )
    has_unavailable_items = serializers.BooleanField()
    has_stock_issues = serializers.BooleanField()
    has_price_changes = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    owner = CartOwnerResponse()


class CartWithNumericSubtotalResponse(CartResponse):
    """A cart whose `subtotal` is a JSON number, at current prices."""

    subtotal = serializers.FloatField()  # type: ignore[assignment]  # the only amount that is a number


class CartSummaryResponse(serializers.Serializer[Any]):
    """The totals for a cart badge."""

    id = serializers.IntegerField(allow_null=True)
    total_items = serializers.IntegerField()
    subtotal = serializers.CharField()


class ClearedCartResponse(serializers.Serializer[Any]):
    """The number of removed lines."""

    items_removed = serializers.IntegerField()


class CartExtraResponse(serializers.Serializer[Any]):
    """The extra fields of a cart response."""

    owner = CartOwnerResponse()
    cart_token = serializers.CharField(allow_null=True)


class CartChangeExtraResponse(CartExtraResponse):
    """The extra fields of the response to a cart change."""

    cart = CartResponse()


class CartIssueResponse(serializers.Serializer[Any]):
    """An issue of a line, for programs; which numbers it has depends on the code."""

    code = serializers.ChoiceField(ISSUE_CODES)
    old_price = serializers.CharField(required=False, help_text="price_increased, price_decreased")
    new_price = serializers.CharField(required=False)
    difference = serializers.CharField(required=False, help_text="signed")
    available = serializers.IntegerField(required=False, help_text="insufficient_stock: units that can be bought")
    quantity = serializers.IntegerField(required=False, help_text="insufficient_stock: units in the cart")


class LineIssuesResponse(serializers.Serializer[Any]):
    """A line and its issues."""

    item_id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    product_name = serializers.CharField()
    issues = serializers.ListField(child=serializers.CharField(), help_text="sentences for people")
    codes = CartIssueResponse(many=True, help_text="the same for programs")


class CartValidationResponse(serializers.Serializer[Any]):
    """Whether the cart can be ordered unchanged, and its issues."""

    valid = serializers.BooleanField()
    issues = LineIssuesResponse(many=True)


class AcceptedPriceResponse(serializers.Serializer[Any]):
    """A line whose price at addition was replaced with the current price."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    name = serializers.CharField()
    old_price = serializers.CharField()
    new_price = serializers.CharField()


class AcceptedPricesResponse(serializers.Serializer[Any]):
    """The lines whose new prices were accepted."""

    changed = AcceptedPriceResponse(many=True)


class CartLogChangesResponse(serializers.Serializer[Any]):
    """What changed; which keys there are depends on the action."""

    quantity = serializers.IntegerField(required=False, help_text="ADD, REMOVE, ORDER: units")
    price = serializers.CharField(required=False, help_text="the price at addition")
    old_quantity = serializers.IntegerField(required=False)
    new_quantity = serializers.IntegerField(required=False)
    old_price = serializers.CharField(required=False, help_text="ACCEPT")
    new_price = serializers.CharField(required=False, help_text="ACCEPT")
    items_removed = serializers.IntegerField(required=False, help_text="CLEAR: lines")
    reason = serializers.CharField(required=False, help_text="CLEAR: expired, if the shop cleared the cart")
    items_moved = serializers.IntegerField(required=False, help_text="MERGE: lines")
    order = serializers.CharField(required=False, help_text="ORDER, REMOVE: the number of the order")
    code = serializers.CharField(required=False, help_text="CODE: promotion code")
    change = serializers.ChoiceField(CODE_CHANGES, required=False, help_text="CODE")
    left = serializers.IntegerField(required=False, help_text="ORDER: units that stay in the cart")


class CartAuditLogResponse(serializers.Serializer[Any]):
    """A change to the cart."""

    id = serializers.IntegerField()
    user = serializers.CharField(allow_null=True, help_text="null for a guest or the system")
    action = serializers.ChoiceField(CartAuditLog.Action.choices)
    action_display = serializers.CharField()
    product_id = serializers.IntegerField(allow_null=True)
    sku_id = serializers.IntegerField(allow_null=True)
    product_name = serializers.CharField()
    changes = CartLogChangesResponse()
    timestamp = serializers.DateTimeField()
    ip_address = serializers.CharField(allow_null=True)


class WishlistItemResponse(serializers.Serializer[Any]):
    """A product on a wishlist."""

    id = serializers.IntegerField()
    product = LineProductResponse()
    product_id = serializers.IntegerField()
    currency = serializers.CharField()
    price_at_addition = serializers.CharField(allow_null=True, help_text="null if this market had no price at addition")
    current_price = serializers.CharField(allow_null=True, help_text="the lowest price of its variants; null if it is not for sale")
    price_changed = serializers.BooleanField()
    price_difference = serializers.CharField(help_text="signed: current price - price_at_addition")
    lowest_price_30_days = serializers.CharField(allow_null=True)
    is_available = serializers.BooleanField()
    is_in_stock = serializers.BooleanField()
    is_back_in_stock = serializers.BooleanField(help_text="out of stock at addition, but in stock now")
    created_at = serializers.DateTimeField()
