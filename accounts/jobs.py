"""Background work of accounts."""

from typing import Any

from accounts import mailing
from core import outbox


@outbox.job(mailing.JOB)
def send_mail(payload: dict[str, Any]) -> None:
    """Send a mail about an account."""
    mailing.send(payload)
