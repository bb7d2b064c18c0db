"""The e-mail addresses and phone numbers from which the shop takes no orders."""

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_BAN_REASON = 300  # characters


class BlockedContact(models.Model):
    """An e-mail address in its normal form or a phone number in E.164 from which the shop takes no orders.

    When its owner closes their account, a keyed hash takes the value's place and the reason is removed.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail address"
        PHONE = "phone", "Phone number"

    kind = models.CharField(max_length=5, choices=Kind.choices)
    value = models.CharField(max_length=254, unique=True)
    reason = models.CharField(max_length=MAX_BAN_REASON, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("add", "view", "delete")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of a closed account" if self.erased_at else self.value
