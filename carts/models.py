"""Carts, their audit log, and wishlists."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models import TimeStampedModel
from core.money import MoneyField
from pricing.models import MAX_METHOD_CODE, PromotionCode
from products.models import Product, Variant

MAX_QUANTITY = 99
MAX_LINES = 100
MAX_WISHLIST_ITEMS = 500
MAX_CODES = 5


class Cart(TimeStampedModel):
    """The cart of a user or of a guest key in one market. A guest's cart expires at `expires_at`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="carts")
    key_hash = models.CharField(max_length=64, null=True, blank=True, help_text="SHA-256 of the guest key, which is not stored")
    market = models.CharField(max_length=2)
    expires_at = models.DateTimeField(null=True, blank=True)
    ordered_at = models.DateTimeField(null=True, blank=True, help_text="when an order last removed lines")
    held_at = models.DateTimeField(null=True, blank=True, help_text="since when a pending order has reserved units for its lines")
    country = models.CharField(
        max_length=2, blank=True, default="", db_default="", help_text="ISO 3166 code of where it would be delivered"
    )
    postal_code = models.CharField(max_length=20, blank=True, default="", db_default="")
    state = models.CharField(max_length=120, blank=True, default="", db_default="")
    shipping_method = models.CharField(
        max_length=MAX_METHOD_CODE,
        blank=True,
        default="",
        db_default="",
        help_text="code that the buyer has chosen; empty: the cheapest",
    )
    shown_rate = models.JSONField(null=True, blank=True, help_text="rate of the method when the buyer chose place or method")
    merged_into = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="merged_from")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "market"], name="cart_of_user_once"),
            models.UniqueConstraint(fields=["key_hash", "market"], name="cart_of_key_once"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, key_hash__isnull=True, merged_into__isnull=True)
                | Q(user__isnull=True, key_hash__isnull=False, merged_into__isnull=True)
                | Q(user__isnull=True, key_hash__isnull=True, merged_into__isnull=False),
                name="cart_has_one_owner",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="cart_expiry", condition=Q(expires_at__isnull=False))]

    def __str__(self) -> str:
        return f"cart {self.pk}"


DELIVERY_COLUMNS = ("country", "postal_code", "state", "shipping_method", "shown_rate")


class CartItem(TimeStampedModel):
    """A cart line: a variant, a quantity, and the price at addition. A quantity of 0 means saved for later."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    price_at_addition = MoneyField()
    held = models.PositiveSmallIntegerField(default=0, help_text="units that the cart's own pending order has reserved")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0, quantity__lte=MAX_QUANTITY), name="cart_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"


class CartCode(models.Model):
    """A promotion code in a cart, whether or not it saves anything now."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="codes")
    code = models.ForeignKey(PromotionCode, models.CASCADE, related_name="+")
    is_held = models.BooleanField(default=False, help_text="the cart's own pending order holds a use of it")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["cart", "code"], name="cart_code_once")]

    def __str__(self) -> str:
        return f"code {self.code_id}"


class CartAuditLog(models.Model):
    """A change to a cart. Append-only."""

    class Action(models.TextChoices):
        ADD = "ADD", "Item Added"
        UPDATE = "UPDATE", "Item Updated"
        REMOVE = "REMOVE", "Item Removed"
        CLEAR = "CLEAR", "Cart Cleared"
        MERGE = "MERGE", "Carts Merged"
        ACCEPT = "ACCEPT", "Prices Accepted"
        ORDER = "ORDER", "Order Placed"
        CODE = "CODE", "Code Changed"
        PLACE = "PLACE", "Delivery Changed"

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="log")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    action = models.CharField(max_length=6, choices=Action.choices)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    variant = models.ForeignKey(Variant, models.SET_NULL, null=True, blank=True, related_name="+")
    product_name = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)
    timestamp = models.DateTimeField(default=timezone.now)
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["cart", "-id"], name="audit_of_cart")]

    def __str__(self) -> str:
        return f"{self.action} {self.product_name}"


class WishlistItem(models.Model):
    """A product on a user's wishlist, with its prices at addition."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wishes")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    prices = models.JSONField(default=dict, help_text="lowest price in each market when it was added, as text")
    was_in_stock = models.BooleanField(default=True, help_text="whether it was in stock when it was added")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="wish_once")]
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="wishes_of_user")]

    def __str__(self) -> str:
        return f"wishlist item {self.product_id}"
