"""The admin's log of what staff have added, changed and deleted. Its entries repeat the texts of the rows."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model

CLOSED_ACCOUNT = "closed account"


def erase_texts(model: type[Model], **entries: Any) -> None:
    """Remove the texts of the rows of a closed account from these entries about a model; who did what, and when, stays."""
    content_type = {"content_type__app_label": model._meta.app_label, "content_type__model": model._meta.model_name}
    LogEntry.objects.filter(**content_type, **entries).update(object_repr=CLOSED_ACCOUNT)
