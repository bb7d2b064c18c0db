"""Orders, their lines and their history. An order copies names, prices and the address, and never reads them back."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Round
from django.utils import timezone

from accounts.phones import MAX_CONTACT_LENGTH, MAX_E164_LENGTH
from carts.models import Cart
from core.countries import get_country_name
from core.models import TimeStampedModel
from core.money import MoneyField
from core.request_ids import MAX_REQUEST_ID, get_request_id
from orders.models.address import PRINTED_ADDRESS_FIELDS
from pricing.delivery.methods import DEFAULT_CODE, DEFAULT_NAME
from pricing.models import MAX_METHOD_CODE, MAX_METHOD_NAME
from products.models import Product, Variant

MAX_REASON = 200  # characters, of a cancellation or a refund
VARIANT_SEPARATOR = " – "  # between the names of a product and of its variant


_ADDED_TAX = Case(When(prices_include_tax=True, then=Value(Decimal(0))), default=F("tax_total"), output_field=MoneyField())
_PARTS = F("subtotal") - F("discount_total") + F("shipping_total") + F("fee_total") + _ADDED_TAX
ADDS_UP = Q(total=Round(_PARTS, precision=3))  # rounded, because SQLite computes with floating-point numbers


class Order(TimeStampedModel):
    """A purchase."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        RETURNED = "returned"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    class FulfilmentStatus(models.TextChoices):
        UNFULFILLED = "unfulfilled"
        PARTIAL = "partial"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        RETURNED = "returned"

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
    discount_total = MoneyField(default=0, help_text="all that was taken off items and shipping")
    shipping_total = MoneyField(default=0, help_text="before discounts")
    shipping_method = models.CharField(
        max_length=MAX_METHOD_CODE, blank=True, default="", db_default="", help_text="code; empty for orders from before methods"
    )
    shipping_name = models.CharField(max_length=MAX_METHOD_NAME, blank=True, default="", db_default="")
    delivery_earliest = models.DateField(null=True, blank=True)
    delivery_latest = models.DateField(null=True, blank=True)
    fee_total = MoneyField(default=0, db_default=0)
    tax_total = MoneyField(default=0)
    prices_include_tax = models.BooleanField(default=True, db_default=True, help_text="tax_total is part of the prices")
    total = MoneyField()
    codes = models.JSONField(default=list, db_default=[], blank=True, help_text="promotion codes with which it was placed")
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=MAX_CONTACT_LENGTH, blank=True, help_text="as the buyer wrote it")
    phone_e164 = models.CharField(
        max_length=MAX_E164_LENGTH, blank=True, default="", db_default="", help_text="the first number of phone in E.164"
    )
    phone_confirm_until = models.DateTimeField(
        null=True, blank=True, help_text="by when the phone has to be confirmed; empty if it need not be, or is"
    )
    note = models.TextField(blank=True)
    address = models.JSONField(default=dict)
    stock_state = models.CharField(max_length=10, choices=StockState.choices, default=StockState.NONE)
    reserved_until = models.DateTimeField(null=True, blank=True)
    guest_network = models.CharField(
        max_length=45,
        blank=True,
        default="",
        db_default="",
        help_text="IP address or IPv6 network of a guest; kept while the order is unpaid",
    )
    attention = models.CharField(max_length=30, blank=True, help_text="code of the most urgent open alert; empty if there is none")
    cancel_reason = models.CharField(max_length=MAX_REASON, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, help_text="when the buyer closed their account")
    version = models.PositiveIntegerField(default=0)
    idempotency_scope = models.CharField(max_length=80, blank=True, help_text="the user, or the hash of the guest key")
    idempotency_key = models.CharField(
        max_length=255, blank=True, help_text="sent by the client; the same key returns the same order"
    )
    request_hash = models.CharField(max_length=64, blank=True)

    CLOSED_STATUSES = (Status.EXPIRED, Status.CANCELLED)
    SOLD_STATUSES = (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED)

    class Meta:
        permissions = [  # which of them an action needs is said by orders/admin/order_actions.py
            ("ship_order", "Can ship orders and write to buyers"),
            ("correct_order", "Can correct addresses of orders"),
            ("refund_order", "Can cancel and refund orders"),
            ("export_order", "Can download contact data of orders"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["cart"], condition=Q(status="pending"), name="order_open_once_a_cart"),
            models.UniqueConstraint(
                fields=["idempotency_scope", "idempotency_key"], condition=~Q(idempotency_key=""), name="order_once_a_key"
            ),
            models.CheckConstraint(condition=Q(total__gte=0, subtotal__gte=0), name="order_amounts_not_negative"),
            models.CheckConstraint(
                condition=Q(discount_total__gte=0, shipping_total__gte=0, fee_total__gte=0, tax_total__gte=0),
                name="order_parts_not_negative",
            ),
            models.CheckConstraint(condition=ADDS_UP, name="order_adds_up"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="order_of_user"),
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            models.Index(fields=["phone_e164"], name="order_phone"),
            models.Index(fields=["phone_confirm_until"], name="order_phone_waits", condition=Q(phone_confirm_until__isnull=False)),
            models.Index(fields=["reserved_until"], name="order_reserved", condition=Q(stock_state="reserved")),
            models.Index(fields=["status", "-created_at", "-id"], name="order_status"),
            models.Index(fields=["-created_at", "-id"], name="order_alert", condition=~Q(attention="")),
            models.Index(fields=["paid_at"], name="order_paid", condition=Q(paid_at__isnull=False)),
            models.Index(
                fields=["id"], name="order_paid_and_closed", condition=Q(status__in=["cancelled", "expired"], paid_at__isnull=False)
            ),
            models.Index(fields=["id"], name="order_erased", condition=Q(erased_at__isnull=False)),
            models.Index(fields=["id"], name="order_guest", condition=Q(user__isnull=True, erased_at__isnull=True)),
            models.Index(fields=["email", "id"], name="order_guest_email", condition=Q(user__isnull=True, erased_at__isnull=True)),
        ]

    @property
    def is_cash_due(self) -> bool:
        """Whether the carrier still has to collect cash for it."""
        on_its_way = self.status in (self.Status.PROCESSING, self.Status.SHIPPED)
        return on_its_way and self.payment_method == self.Method.COD and self.paid_at is None

    @property
    def awaits_phone(self) -> bool:
        """Whether it must not be packed before its phone is confirmed."""
        return self.status == self.Status.PROCESSING and self.phone_confirm_until is not None

    @property
    def is_payment_verified(self) -> bool:
        """Whether it is paid and will be, or was, fulfilled; later refunds do not matter."""
        return self.paid_at is not None and self.status in self.SOLD_STATUSES

    @property
    def recipient_phone(self) -> str:
        """The phone of a recipient who has another one than the buyer, or an empty string."""
        phone: str = self.address.get("phone", "")
        return phone if phone != self.phone else ""

    @property
    def chosen_shipping_name(self) -> str:
        """The name of the shipping method; empty if it is the default of a market without zones, or not known."""
        is_default = (self.shipping_method, self.shipping_name) == (DEFAULT_CODE, DEFAULT_NAME)
        return "" if is_default else self.shipping_name

    @property
    def recipient_lines(self) -> list[str]:
        """The lines of the delivery address, for people to read: the country by its name, and what differs from the buyer.

        The buyer's name stands in front if the address names someone else, and the recipient's phone at the end.
        """
        parts = {**self.address, "country": get_country_name(self.address.get("country", ""))}
        lines = [parts.get(field, "") for field in PRINTED_ADDRESS_FIELDS]
        if self.name != self.address.get("full_name"):
            lines.insert(0, self.name)
        if self.recipient_phone:
            lines.append(f"Phone of the recipient: {self.recipient_phone}")
        return [line for line in lines if line]

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
    line_total = MoneyField(help_text="before discounts")
    discount_total = MoneyField(default=0, db_default=0)
    tax_total = MoneyField(default=0, db_default=0)
    refunded_quantity = models.PositiveIntegerField(default=0)
    restocked_quantity = models.PositiveIntegerField(default=0)
    refunded_after_delivery = models.PositiveIntegerField(
        default=0, db_default=0, help_text="of the refunded units, those that had reached the buyer"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0,
                    refunded_quantity__lte=F("quantity"),
                    restocked_quantity__lte=F("refunded_quantity"),
                ),
                name="order_line_quantity",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0, line_total__gte=0), name="order_line_amounts"),
            models.CheckConstraint(
                condition=Q(discount_total__gte=0, discount_total__lte=F("line_total"), tax_total__gte=0),
                name="order_line_discount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def net_total(self) -> Decimal:
        """What the buyer pays for the line: its total without its discounts."""
        net: Decimal = self.line_total - self.discount_total
        return net

    @property
    def name_and_options(self) -> tuple[str, str]:
        """The names of the product and of the variant; the second is empty if the product had no other variant.

        They are split at the last separator. If the variant's own name contains it, only its last part is taken for the variant.
        """
        if self.is_simple or VARIANT_SEPARATOR not in self.name:
            return self.name, ""
        name, _, options = self.name.rpartition(VARIANT_SEPARATOR)
        return name, options


class OrderEvent(models.Model):
    """Something that happened to an order, such as a change of its status. Append-only."""

    NOTE, MESSAGE, ADDRESS_CORRECTED = "note", "message", "address_corrected"
    PERSONAL_KINDS = (NOTE, MESSAGE, ADDRESS_CORRECTED)  # their data is erased with the order's
    REASON_KINDS = ("cancel_requested", "cancelled", "rest_cancelled", "refund_requested", "parcel_failed")  # it is erased

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    actor_kind = models.CharField(max_length=10)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=MAX_REQUEST_ID, default=get_request_id, db_default="", blank=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    @property
    def summary(self) -> str:
        """The recorded data as text."""
        return ", ".join(f"{name} {value}" for name, value in self.data.items())
