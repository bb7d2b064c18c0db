"""Which orders use which promotions."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TimeStampedModel
from orders.models.order import Order
from pricing.models import Promotion, PromotionCode


class Redemption(TimeStampedModel):
    """A promotion that an order uses. The hashes of the buyer's contacts tell who has used it."""

    class State(models.TextChoices):
        HELD = "held", "held by an unpaid order"
        USED = "used"
        RELEASED = "released"

    LIVE_STATES = (State.HELD, State.USED)

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="redemptions")
    code = models.ForeignKey(PromotionCode, models.SET_NULL, null=True, blank=True, related_name="redemptions")
    order = models.ForeignKey(Order, models.CASCADE, related_name="redemptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    email_hash = models.CharField(max_length=64, blank=True)
    phone_hash = models.CharField(max_length=64, blank=True)
    single_use = models.BooleanField(default=False, help_text="the code is for one order only")
    state = models.CharField(max_length=8, choices=State.choices)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "order"], name="redemption_once_an_order"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(single_use=True, state__in=["held", "used"]), name="redemption_of_single_use_code"
            ),
        ]
        indexes = [
            models.Index(fields=["promotion", "email_hash"], name="redemption_email", condition=~Q(email_hash="")),
            models.Index(fields=["promotion", "phone_hash"], name="redemption_phone", condition=~Q(phone_hash="")),
        ]

    def __str__(self) -> str:
        return f"{self.promotion} {self.state}"
