"""What production needs and nothing else would miss: warnings of `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def production(**_: Any) -> list[CheckMessage]:
    """Warn of settings that work on one's own machine only."""
    found: list[CheckMessage] = []
    if "localhost" in settings.FRONTEND_URL or "127.0.0.1" in settings.FRONTEND_URL:
        hint = "Set FRONTEND_URL to the shop front's origin: its pages may read and write with the shopper's cookies."
        found.append(Warning("FRONTEND_URL is a page of one's own machine.", hint=hint, id="shop.W001"))
    if not settings.REDIS_URL:
        found.append(Warning("REDIS_URL is not set.", hint="Processes share nothing without it.", id="shop.W002"))
    if not settings.EMAIL_HOST:
        found.append(Warning("EMAIL_HOST is not set.", hint="Mails are printed, not sent.", id="shop.W003"))
    return found
