"""What models share, and the outbox table."""

from django.db import models
from django.utils import timezone


class TimeStamped(models.Model):
    """A row that knows when it was made and last changed."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Job(models.Model):
    """Work that is owed: written with the fact that causes it, in one transaction, and done by `run_jobs`."""

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

    class Meta:
        db_table = "outbox_job"
        indexes = [
            models.Index(fields=["run_at", "id"], name="outbox_due", condition=models.Q(done_at=None, failed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
