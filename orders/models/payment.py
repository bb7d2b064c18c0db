"""Payments of orders, refunds of payments, and the provider's events."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models import TimeStampedModel
from core.money import MoneyField
from core.request_ids import MAX_REQUEST_ID, get_request_id
from orders.models.order import MAX_REASON, Order


def is_session_paid(status: str | None, payment_status: str | None) -> bool:
    """Return whether the money of a checkout session has arrived (https://docs.stripe.com/checkout/fulfillment)."""
    return status == "complete" and payment_status != "unpaid"


class Payment(TimeStampedModel):
    """An attempt to pay an order. Its id is the idempotency key under which the provider knows it."""

    class State(models.TextChoices):
        CREATED = "created"
        OPEN = "open"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    class SessionFormat(models.IntegerChoices):
        WITHOUT_BUYER = 0
        WITH_BUYER = 1
        WITH_NET_LINES = 2

    OPEN_STATES = (State.CREATED, State.OPEN, State.PROCESSING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="payments")
    provider = models.CharField(max_length=6, choices=Order.Method.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="expiry of the session; fixed, so that a retry is the same call"
    )
    session_format = models.PositiveSmallIntegerField(
        choices=SessionFormat.choices,
        default=SessionFormat.WITH_NET_LINES,
        db_default=SessionFormat.WITHOUT_BUYER,
        help_text="parameters with which the session is created; fixed, so that a retry is the same call",
    )
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    checkout_url = models.TextField(blank=True)
    payment_intent = models.CharField(max_length=255, unique=True, null=True, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    raw = models.JSONField(default=dict, blank=True, help_text="the provider's last state of the session")

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="payment_open",  # what `sync_payments` looks for
                condition=Q(provider="stripe", state__in=["created", "open", "processing"]),
            ),
            models.Index(
                fields=["order", "captured_minor", "provider", "currency"],  # all that the sales by day read
                name="payment_captured",
                condition=Q(captured_minor__gt=0),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0, amount_minor__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(condition=Q(refunded_minor__lte=models.F("captured_minor")), name="payment_refunds_within"),
        ]

    @property
    def has_unrefunded_money(self) -> bool:
        """Whether money of the buyer is left that was not refunded."""
        return self.captured_minor > self.refunded_minor

    @property
    def has_amount_mismatch(self) -> bool:
        """Whether the buyer paid another amount or currency than the order's, and staff have not decided about it yet."""
        is_paid = is_session_paid(self.raw.get("status"), self.raw.get("payment_status"))
        return is_paid and self.state != self.State.SUCCEEDED

    def __str__(self) -> str:
        return f"{self.provider} {self.amount} {self.currency}"


class Refund(TimeStampedModel):
    """Money that goes back to the buyer. Its id is the idempotency key under which the provider knows it."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SUBMITTED = "submitted", "submitted, answer unknown"
        PENDING = "pending"
        REQUIRES_ACTION = "requires_action"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    REFUNDED_STATES = (State.PENDING, State.REQUIRES_ACTION, State.SUCCEEDED)
    COMMITTED_STATES = (State.REQUESTED, State.SUBMITTED, *REFUNDED_STATES)
    CLOSED_STATES = (State.FAILED, State.CANCELLED)

    class Source(models.TextChoices):
        STAFF = "staff"
        AUTO = "auto", "the shop itself"
        EXTERNAL = "external", "the provider's dashboard, or a lost dispute"
        BANK = "bank", "bank transfer by staff"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="refunds")
    provider_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    amount = MoneyField()
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=15, choices=State.choices, default=State.REQUESTED)
    source = models.CharField(max_length=8, choices=Source.choices)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    lines = models.JSONField(
        default=dict, blank=True, help_text="by order item: the refunded units, the amount for them, and how many were restocked"
    )
    delivered_units = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="by order item: of the refunded units, those that had reached the buyer"
    )
    failure_code = models.CharField(max_length=60, blank=True)
    refusals = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="refusals for want of balance; after each, the provider is asked with another idempotency key",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0, amount_minor__gt=0), name="refund_of_something")]
        indexes = [
            models.Index(fields=["created_at"], name="refund_newest"),
            models.Index(fields=["state"], name="refund_unfinished", condition=~Q(state="succeeded")),
        ]

    def __str__(self) -> str:
        return f"{self.amount} refunded, {self.state}"


class Dispute(TimeStampedModel):
    """A dispute of a payment, in the latest state that the provider has reported."""

    PREVENTED = "prevented"  # the provider returned the money before it came to a dispute
    SETTLED_STATUSES = ("won", "warning_closed", PREVENTED)  # there is nothing left to answer
    LOST_STATUSES = ("lost", PREVENTED)  # the money is gone
    # What is known at the same second is ordered by the course of a dispute. Other statuses come before the final ones.
    STATUS_ORDER = (
        *("warning_needs_response", "warning_under_review", "needs_response", "under_review"),
        *("appeal_needs_response", "appeal_under_review", "", "warning_closed", PREVENTED, "won", "lost"),
    )

    provider_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="disputes")
    status = models.CharField(max_length=60, help_text="as the provider calls it")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=100, blank=True)
    reported_at = models.DateTimeField(help_text="by the provider's clock")

    @property
    def is_settled(self) -> bool:
        """Whether the merchant has nothing left to do about it."""
        return self.status in self.SETTLED_STATUSES

    def __str__(self) -> str:
        return f"{self.provider_id} {self.status}"


class StripeEvent(models.Model):
    """An event that Stripe sent, stored as it came. Kept for 90 days."""

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
    intent = models.CharField(max_length=255, blank=True, help_text="payment intent that the event is about")
    payload = models.TextField(help_text="request body, as it came")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RECEIVED)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=MAX_REQUEST_ID, default=get_request_id, db_default="", blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["received_at"], name="stripe_event_open", condition=Q(status__in=["received", "failed"])),
            models.Index(fields=["processed_at"], name="stripe_event_time"),
            models.Index(fields=["intent"], name="stripe_event_of_nobody", condition=Q(status="ignored") & ~Q(intent="")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class ReconciliationTime(models.Model):
    """When `sync_payments` last finished comparing all sessions and refunds with the provider: a single row, with the id 1."""

    finished_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{timezone.localtime(self.finished_at):%Y-%m-%d %H:%M}"
