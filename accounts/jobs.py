"""Background jobs of accounts."""

from typing import Any

from accounts import emails
from core import outbox


@outbox.job(emails.JOB_KIND)
def send_mail(payload: dict[str, Any]) -> None:
    """Send an account e-mail."""
    emails.send_email(payload)
