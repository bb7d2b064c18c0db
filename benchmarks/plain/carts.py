"""The cart of a guest: its serializers, and what changes it."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from benchmarks.plain.catalog import CURRENCY, MARKET, AmountField, get_seller_name
from carts.models import MAX_LINES, MAX_QUANTITY, Cart, CartAuditLog, CartItem
from products.models import Variant

LIFETIME = timedelta(days=3)


@dataclass(frozen=True)
class Guest:
    """The guest key of a request, or a new one."""

    key: str
    ip: str | None

    @classmethod
    def of(cls, request: Request) -> "Guest":
        """Return the guest of a request."""
        return cls(request.headers.get("X-Cart-Token") or str(uuid.uuid4()), request.META.get("REMOTE_ADDR"))

    @property
    def key_hash(self) -> str:
        """The hash that is stored."""
        return hashlib.sha256(self.key.encode()).hexdigest()

    def find_cart(self) -> QuerySet[Cart]:
        """Return the guest's live cart."""
        return Cart.objects.filter(key_hash=self.key_hash, market=MARKET.code, expires_at__gt=timezone.now())


class AddInput(serializers.Serializer[Any]):
    """What to add."""

    sku_id = serializers.IntegerField(min_value=1)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)


class LineProductSerializer(serializers.Serializer[CartItem]):
    """The product of a line."""

    id = serializers.IntegerField(source="variant.product_id")
    uuid = serializers.UUIDField(source="variant.product.uuid")
    name = serializers.CharField(source="variant.product.name")
    slug = serializers.CharField(source="variant.product.slug")
    price = AmountField(source="variant.price")
    stock = serializers.IntegerField(source="variant.available")
    primary_image = serializers.SerializerMethodField()
    seller_name = serializers.SerializerMethodField()
    is_available = serializers.BooleanField(source="variant.is_for_sale")
    is_low_stock = serializers.SerializerMethodField()

    def get_primary_image(self, item: CartItem) -> str | None:
        """Return the URL of the variant's picture, or of the product's first one."""
        picture = item.variant.image or next(iter(item.variant.product.images.all()), None)
        return None if picture is None else self.context["request"].build_absolute_uri(default_storage.url(picture.list_name))

    def get_seller_name(self, item: CartItem) -> str:
        """Return the seller's name."""
        return get_seller_name(item.variant.product.seller)

    def get_is_low_stock(self, item: CartItem) -> bool:
        """Return whether few units are left."""
        return item.variant.available <= item.variant.product.low_stock_threshold


class LineSerializer(serializers.ModelSerializer[CartItem]):
    """A line of a cart."""

    product = LineProductSerializer(source="*")
    product_id = serializers.IntegerField(source="variant.product_id")
    variant_id = serializers.SerializerMethodField()
    sku_id = serializers.IntegerField(source="variant.id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.SerializerMethodField()
    price = AmountField(source="variant.price")
    price_at_addition = AmountField()
    current_price = AmountField(source="variant.price")
    is_available = serializers.BooleanField(source="variant.is_for_sale")

    class Meta:
        model = CartItem
        fields = [
            *("id", "product", "product_id", "variant_id", "sku_id", "sku", "name", "price", "quantity"),
            *("price_at_addition", "current_price", "is_available", "created_at", "updated_at"),
        ]

    def get_variant_id(self, item: CartItem) -> int | None:
        """Return the variant if the product has several."""
        return item.variant_id if item.variants_count > 1 else None  # type: ignore[attr-defined]  # annotated

    def get_name(self, item: CartItem) -> str:
        """Return the names of the product and the variant."""
        name = item.variant.product.name
        return f"{name} – {item.variant.name}" if item.variant.name else name

    def to_representation(self, instance: CartItem) -> dict[str, Any]:
        """Return the line with what is computed from its values."""
        variant, line = instance.variant, super().to_representation(instance)
        available = variant.available + instance.held
        difference = variant.price - instance.price_at_addition if variant.is_for_sale else Decimal(0)
        is_short = instance.quantity > available
        status = "in_stock" if available > variant.product.low_stock_threshold else "low_stock"
        return {
            **line,
            "thumbnail": line["product"]["primary_image"],
            "total_price": f"{instance.price_at_addition * instance.quantity:.{MARKET.exponent}f}",
            "price_changed": bool(difference),
            "price_difference": f"{difference:.{MARKET.exponent}f}",
            "has_sufficient_stock": not is_short,
            "stock_status": "unavailable" if not variant.is_for_sale else "insufficient_stock" if is_short else status,
        }


def select_lines(cart: Cart) -> QuerySet[CartItem]:
    """Return the lines of a cart with all that is shown of them."""
    siblings = Variant.objects.filter(product=OuterRef("variant__product"), is_active=True, deleted_at=None).order_by()
    count = siblings.values("product").annotate(n=Count("pk")).values("n")
    lines = cart.items.select_related("variant__product__seller", "variant__image").annotate(variants_count=Subquery(count))
    return lines.prefetch_related("variant__product__images")


def serialize_cart(request: Request, guest: Guest, cart: Cart | None) -> dict[str, Any]:
    """Return the cart with its lines and totals."""
    items = [] if cart is None else list(select_lines(cart))
    active = [item for item in items if item.quantity]
    subtotal = sum((item.price_at_addition * item.quantity for item in active), Decimal(0))
    current = sum((item.variant.price * item.quantity for item in active if item.variant.is_for_sale), Decimal(0))
    now = timezone.now()
    return {
        "id": None if cart is None else cart.pk,
        "user": None,
        "market": MARKET.code,
        "currency": CURRENCY,
        "items": LineSerializer(items, many=True, context={"request": request}).data,
        "total_items": sum(item.quantity for item in active),
        "count": len(active),
        "subtotal": f"{subtotal:.{MARKET.exponent}f}",
        "current_subtotal": f"{current:.{MARKET.exponent}f}",
        "has_unavailable_items": any(not item.variant.is_for_sale for item in active),
        "has_stock_issues": any(item.quantity > item.variant.available + item.held for item in active),
        "has_price_changes": subtotal != current,
        "created_at": now if cart is None else cart.created_at,
        "updated_at": now if cart is None else cart.updated_at,
        "owner": serialize_owner(guest),
    }


def serialize_owner(guest: Guest) -> dict[str, Any]:
    """Return the owner of the cart."""
    return {"type": "guest", "user_id": None, "session_key": guest.key}


@transaction.atomic
def add_item(guest: Guest, variant_id: int, quantity: int) -> tuple[Cart, CartItem, bool]:
    """Add units of a variant to the guest's cart. Raises NotFound, ValidationError."""
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    if variant is None or not variant.is_for_sale:
        raise NotFound
    now = timezone.now()
    cart, _ = Cart.objects.select_for_update().get_or_create(
        key_hash=guest.key_hash, market=MARKET.code, defaults={"expires_at": now + LIFETIME}
    )
    item = cart.items.filter(variant=variant).first()
    is_new = item is None
    if item is None:
        if cart.items.count() >= MAX_LINES:
            raise ValidationError({"cart": ["The cart is full"]})
        item = CartItem(cart=cart, variant=variant, quantity=0, price_at_addition=variant.price)
    item.quantity += quantity
    if item.quantity > min(MAX_QUANTITY, variant.available + item.held):
        raise ValidationError({"quantity": [f"Only {variant.available} unit(s) available"]})
    item.save()
    CartAuditLog.objects.create(
        cart=cart,
        action=CartAuditLog.Action.ADD,
        product=variant.product,
        variant=variant,
        product_name=variant.product.name,
        changes={"quantity": quantity, "price": f"{variant.price:.{MARKET.exponent}f}"},
        ip_address=guest.ip,
    )
    cart.expires_at = now + LIFETIME
    cart.save(update_fields=["expires_at", "updated_at"])
    return cart, item, is_new
