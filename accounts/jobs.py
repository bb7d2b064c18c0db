"""Background work of accounts."""

from typing import Any

from accounts import emails
from core import outbox


@outbox.job(emails.JOB)
def send_mail(payload: dict[str, Any]) -> None:
    """Send a mail about an account."""
    emails.send(payload)
