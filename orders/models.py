"""What was bought, and whether it is paid. An order copies names, prices and the address, and never reads them back."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from carts.models import Cart
from core.models import TimeStamped
from core.money import MoneyField
from products.models import Product, Variant


class Order(TimeStamped):
    """A purchase."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    class Method(models.TextChoices):
        COD = "cod", "Cash on Delivery"
        STRIPE = "stripe", "Card"

    class StockState(models.TextChoices):
        NONE = "none"
        RESERVED = "reserved"
        COMMITTED = "committed"
        RELEASED = "released"

    number = models.CharField(max_length=20, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="orders")
    cart = models.ForeignKey(Cart, models.SET_NULL, null=True, blank=True, related_name="orders")
    cart_fingerprint = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices)
    payment_method = models.CharField(max_length=6, choices=Method.choices)
    market = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    subtotal = MoneyField()
    discount_total = MoneyField(default=0)
    shipping_total = MoneyField(default=0)
    tax_total = MoneyField(default=0, help_text="included in the prices")
    total = MoneyField()
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    address = models.JSONField(default=dict)
    stock_state = models.CharField(max_length=10, choices=StockState.choices, default=StockState.NONE)
    reserved_until = models.DateTimeField(null=True, blank=True)
    attention = models.CharField(max_length=30, blank=True, help_text="empty: fine")
    cancel_reason = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, help_text="when the buyer closed his account")
    version = models.PositiveIntegerField(default=0)
    idempotency_scope = models.CharField(max_length=80, blank=True, help_text="the user, or the hash of the guest key")
    idempotency_key = models.CharField(max_length=255, blank=True, help_text="the client's name for its attempt to order")
    request_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart"], condition=Q(status="pending"), name="order_open_once_a_cart"),
            models.UniqueConstraint(
                fields=["idempotency_scope", "idempotency_key"], condition=~Q(idempotency_key=""), name="order_once_a_key"
            ),
            models.CheckConstraint(condition=Q(total__gte=0, subtotal__gte=0), name="order_amounts_not_negative"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="order_of_user"),
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            models.Index(fields=["reserved_until"], name="order_reserved", condition=Q(stock_state="reserved")),
        ]

    @property
    def is_to_be_collected(self) -> bool:
        """Whether whoever delivers it is paid for it."""
        on_its_way = self.status in (self.Status.PROCESSING, self.Status.SHIPPED)
        return on_its_way and self.payment_method == self.Method.COD and self.paid_at is None

    @property
    def is_settled(self) -> bool:
        """Whether it is paid and will be, or was, fulfilled; what is given back of it later does not matter."""
        over = (self.Status.PENDING, self.Status.CANCELLED, self.Status.EXPIRED)
        return self.paid_at is not None and self.status not in over

    def __str__(self) -> str:
        return self.number


class OrderItem(models.Model):
    """A line of an order, as it was bought."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    variant = models.ForeignKey(Variant, models.SET_NULL, null=True, blank=True, related_name="+")
    is_simple = models.BooleanField(default=True, help_text="the product had no other variant")
    name = models.CharField(max_length=410)
    sku = models.CharField(max_length=64)
    image_url = models.CharField(max_length=500, blank=True)
    unit_price = MoneyField()
    quantity = models.PositiveIntegerField()
    line_total = MoneyField()
    refunded_quantity = models.PositiveIntegerField(default=0)
    restocked_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0,
                    refunded_quantity__lte=models.F("quantity"),
                    restocked_quantity__lte=models.F("refunded_quantity"),
                ),
                name="order_line_quantity",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0, line_total__gte=0), name="order_line_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class Payment(TimeStamped):
    """An attempt to pay an order. Its id is the idempotency key under which the provider knows it."""

    class State(models.TextChoices):
        CREATED = "created"
        OPEN = "open"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="payments")
    provider = models.CharField(max_length=6, choices=Order.Method.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="of the session; fixed, so that a retry is the same call")
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    checkout_url = models.TextField(blank=True)
    payment_intent = models.CharField(max_length=255, unique=True, null=True, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    raw = models.JSONField(default=dict, blank=True, help_text="the last facts that the provider told")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0, amount_minor__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(condition=Q(refunded_minor__lte=models.F("captured_minor")), name="payment_refunds_within"),
        ]

    @property
    def is_paid_otherwise(self) -> bool:
        """Whether money has come that is not what was asked for, and nobody has decided yet what becomes of it."""
        told = self.raw
        is_paid = told.get("status") == "complete" and told.get("payment_status") != "unpaid"
        return is_paid and self.state != self.State.SUCCEEDED

    def __str__(self) -> str:
        return f"{self.provider} {self.amount} {self.currency}"


class Refund(TimeStamped):
    """Money that goes back. Its id is the idempotency key under which the provider knows it."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SUBMITTED = "submitted", "asked for, answer unknown"
        PENDING = "pending"
        REQUIRES_ACTION = "requires_action"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Source(models.TextChoices):
        STAFF = "staff"
        AUTO = "auto", "the shop itself"
        EXTERNAL = "external", "the provider's dashboard, or a lost dispute"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="refunds")
    provider_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    amount = MoneyField()
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=15, choices=State.choices, default=State.REQUESTED)
    source = models.CharField(max_length=8, choices=Source.choices)
    reason = models.CharField(max_length=200, blank=True)
    lines = models.JSONField(
        default=dict, blank=True, help_text="units whose money goes back, by line; not those on the shelf again"
    )
    failure_code = models.CharField(max_length=60, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0, amount_minor__gt=0), name="refund_of_something")]

    def __str__(self) -> str:
        return f"{self.amount} back, {self.state}"


class StripeEvent(models.Model):
    """An event that Stripe has sent, as it came. Kept 90 days."""

    class Status(models.TextChoices):
        RECEIVED = "received"
        DONE = "done"
        IGNORED = "ignored"
        FAILED = "failed"

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=80)
    api_version = models.CharField(max_length=40, blank=True)
    livemode = models.BooleanField(default=False)
    created = models.DateTimeField(help_text="by the provider's clock")
    object_id = models.CharField(max_length=255, blank=True)
    intent = models.CharField(max_length=255, blank=True, help_text="of the payment that it is about")
    payload = models.TextField(help_text="raw")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RECEIVED)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["received_at"], name="stripe_event_open", condition=Q(status__in=["received", "failed"])),
            models.Index(fields=["processed_at"], name="stripe_event_time"),
            models.Index(fields=["intent"], name="stripe_event_of_nobody", condition=Q(status="ignored") & ~Q(intent="")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Address(TimeStamped):
    """An address in a user's book."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="addresses")
    full_name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    line1 = models.CharField(max_length=300)
    line2 = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=60, blank=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_default", "id"]
        verbose_name_plural = "addresses"
        constraints = [models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="address_default_once")]

    def __str__(self) -> str:
        return f"{self.full_name}, {self.line1}"


class OrderEvent(models.Model):
    """A change of an order's state. Append-only."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    actor_kind = models.CharField(max_length=10)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def told(self) -> str:
        """What is on record with it, as words."""
        return ", ".join(f"{name} {value}" for name, value in self.data.items())
