"""The abstract base model, saving what differs, the outbox table, and the settings of the shop with their history."""

from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.request_ids import MAX_REQUEST_ID, get_request_id


class TimeStampedModel(models.Model):
    """Abstract base with creation and modification times."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


def save_changed(instance: TimeStampedModel, values: Mapping[str, object]) -> set[str]:
    """Save those of the values that differ from the instance's; return the names of the changed fields."""
    changed = {name for name, value in values.items() if getattr(instance, name) != value}
    for name in changed:
        setattr(instance, name, values[name])
    if changed:
        instance.save(update_fields=[*changed, "updated_at"])
    return changed


class Job(models.Model):
    """A background job: written in the transaction that causes it, and executed by `run_jobs`."""

    kind = models.CharField(max_length=50)
    payload = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    run_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    request_id = models.CharField(max_length=MAX_REQUEST_ID, default=get_request_id, db_default="", blank=True, editable=False)

    class Meta:
        db_table = "outbox_job"
        indexes = [
            models.Index(fields=["run_at", "id"], name="outbox_due", condition=models.Q(done_at=None, failed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class ShopSetting(models.Model):
    """The value of a setting that staff have changed; without a row, the setting has its default (`core/shop_settings`)."""

    name = models.CharField(max_length=100, primary_key=True)
    value = models.JSONField()

    class Meta:
        verbose_name = "setting"

    def __str__(self) -> str:
        return self.name


class ShopSettingChange(models.Model):
    """A change of a setting, with both values as JSON. Append-only."""

    name = models.CharField(max_length=100)
    old_value = models.JSONField()
    new_value = models.JSONField()
    is_default = models.BooleanField(help_text="whether the new value is the default")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "change of a setting"
        verbose_name_plural = "changes of settings"
        indexes = [models.Index(fields=["name", "id"], name="shop_setting_changes")]

    def __str__(self) -> str:
        return f"{self.name} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
