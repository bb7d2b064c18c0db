"""Placing a Cash on Delivery order."""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.plain.cart_views import set_guest_key
from benchmarks.plain.carts import LIFETIME, Guest, select_lines
from benchmarks.plain.catalog import CURRENCY, MARKET, AmountField, envelope
from carts.models import Cart, CartAuditLog, CartItem
from core.models import Job
from orders.models import Order, OrderEvent, OrderItem, Payment
from products.models import StockMovement, Variant

ZERO = Decimal("0.000")


class AddressInput(serializers.Serializer[Any]):
    """A delivery address."""

    full_name = serializers.CharField(max_length=200)
    phone = serializers.CharField(max_length=64)
    line1 = serializers.CharField(max_length=200)
    line2 = serializers.CharField(max_length=200, allow_blank=True, default="")
    city = serializers.CharField(max_length=100)
    state = serializers.CharField(max_length=100, allow_blank=True, default="")
    postal_code = serializers.CharField(max_length=20)
    country = serializers.CharField(max_length=2)


class OrderInput(serializers.Serializer[Any]):
    """What to order: the whole cart, to this address."""

    payment_method = serializers.ChoiceField([Order.Method.COD])
    address = AddressInput()
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254, allow_blank=True, default="")
    phone = serializers.CharField(max_length=64)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class OrderItemSerializer(serializers.ModelSerializer[OrderItem]):
    """A line of an order."""

    variant_id = serializers.SerializerMethodField()
    sku_id = serializers.IntegerField(source="variant.id")
    unit_price = AmountField()
    line_total = AmountField()
    image = serializers.SerializerMethodField()

    class Meta:
        model = OrderItem
        fields = ["product_id", "variant_id", "sku_id", "sku", "name", "unit_price", "quantity", "line_total", "image"]

    def get_variant_id(self, item: OrderItem) -> int | None:
        """Return the variant if the product has several."""
        return None if item.is_simple else item.variant_id

    def get_image(self, item: OrderItem) -> str | None:
        """Return the absolute URL of the picture."""
        return self.context["request"].build_absolute_uri(item.image_url) if item.image_url else None


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order."""

    order_no = serializers.CharField(source="number")
    payment_status = serializers.ReadOnlyField(default="unpaid")
    subtotal = AmountField()
    discount_total = AmountField()
    shipping_total = AmountField()
    tax_total = AmountField()
    total = AmountField()
    order_token = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = [
            *("id", "number", "order_no", "status", "payment_status", "payment_method", "market", "currency", "subtotal"),
            *("discount_total", "shipping_total", "tax_total", "total", "address", "email", "name", "phone", "note"),
            *("placed_at", "paid_at", "created_at", "order_token"),
        ]

    def get_order_token(self, order: Order) -> str:
        """Return the token that opens a guest's order."""
        return signing.Signer(salt="order").signature(order.number)


@transaction.atomic
def place_order(guest: Guest, fields: dict[str, Any], key: str) -> tuple[Order, list[OrderItem]]:
    """Order what is in the guest's cart; a repeated idempotency key returns the first order. Raises ValidationError."""
    cart = guest.find_cart().select_for_update().first()
    placed = Order.objects.filter(idempotency_scope=guest.key_hash, idempotency_key=key).first() if key else None
    if placed is not None:
        return placed, list(placed.items.select_related("variant"))
    items = [] if cart is None else list(select_lines(cart).filter(quantity__gt=0))
    if cart is None or not items:
        raise ValidationError({"cart": ["The cart is empty"]})
    variants = _take_from_stock(items)
    total = sum((item.price_at_addition * item.quantity for item in items), ZERO)
    order = Order.objects.create(
        **fields,
        number=f"{timezone.now():%y%m%d}-{secrets.token_hex(4).upper()}",
        cart=cart,
        status=Order.Status.PROCESSING,
        market=MARKET.code,
        currency=CURRENCY,
        subtotal=total,
        **dict.fromkeys(("discount_total", "shipping_total", "tax_total"), ZERO),
        total=total,
        stock_state=Order.StockState.COMMITTED,
        idempotency_scope=guest.key_hash if key else "",
        idempotency_key=key,
    )
    order_items = OrderItem.objects.bulk_create(_build_order_item(order, item) for item in items)
    Payment.objects.create(
        order=order, provider=order.payment_method, amount=total, currency=CURRENCY, amount_minor=int(total.scaleb(MARKET.exponent))
    )
    OrderEvent.objects.create(order=order, kind="placed", actor_kind="guest", to_status=order.status, at=order.placed_at)
    sale = StockMovement.Reason.SALE
    StockMovement.objects.bulk_create(
        StockMovement(variant=variants[item.variant_id], delta=-item.quantity, reason=sale, reference=order.number)
        for item in items
    )
    _empty_cart(guest, cart, items, order.number)
    if order.email:
        Job.objects.create(kind="order_mail", payload={"order": order.pk, "kind": "placed"}, dedupe_key=f"{order.number}:placed")
    return order, order_items


def _take_from_stock(items: Sequence[CartItem]) -> dict[int, Variant]:
    """Lock the variants and take the units from their stock. Raises ValidationError."""
    locked = Variant.objects.select_for_update().select_related(None).order_by("pk")
    variants = locked.in_bulk([item.variant_id for item in items])
    for item in items:
        variant = variants[item.variant_id]
        if not item.variant.is_for_sale or variant.available < item.quantity or variant.price > item.price_at_addition:
            raise ValidationError({"cart": [f"{item.variant.product.name} has changed"]})
        variant.stock -= item.quantity
        variant.updated_at = timezone.now()
    Variant.objects.bulk_update(variants.values(), ["stock", "updated_at"])
    return variants


def _build_order_item(order: Order, item: CartItem) -> OrderItem:
    product, variant = item.variant.product, item.variant
    picture = variant.image or next(iter(product.images.all()), None)
    return OrderItem(
        order=order,
        product=product,
        variant=variant,
        is_simple=item.variants_count <= 1,  # type: ignore[attr-defined]  # annotated
        name=f"{product.name} – {variant.name}" if variant.name else product.name,
        sku=variant.sku,
        image_url="" if picture is None else default_storage.url(picture.list_name),
        unit_price=item.price_at_addition,
        quantity=item.quantity,
        line_total=item.price_at_addition * item.quantity,
    )


def _empty_cart(guest: Guest, cart: Cart, items: Sequence[CartItem], number: str) -> None:
    """Delete the lines, and record it."""
    cart.items.all().delete()
    CartAuditLog.objects.bulk_create(
        CartAuditLog(
            cart=cart,
            action=CartAuditLog.Action.ORDER,
            product=item.variant.product,
            variant=item.variant,
            product_name=item.variant.product.name,
            changes={"order": number, "quantity": item.quantity, "left": 0},
            ip_address=guest.ip,
        )
        for item in items
    )
    cart.ordered_at = timezone.now()
    cart.expires_at = cart.ordered_at + LIFETIME
    cart.save(update_fields=["ordered_at", "expires_at", "updated_at"])


class OrdersView(APIView):
    """Placing orders."""

    def post(self, request: Request) -> Response:
        """Order what is in the cart."""
        serializer = OrderInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        guest = Guest.of(request)
        order, items = place_order(guest, serializer.validated_data, request.headers.get("Idempotency-Key", ""))
        context = {"request": request}
        data = {
            **OrderSerializer(order, context=context).data,
            "items": OrderItemSerializer(items, many=True, context=context).data,
        }
        return set_guest_key(envelope(data, "Order placed", status=201), guest)
