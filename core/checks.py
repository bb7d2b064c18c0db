"""Deployment checks: warnings of `manage.py check --deploy` for settings that only production needs."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_production_settings(**_: Any) -> list[CheckMessage]:
    """Warn about settings that only work in development."""
    warnings: list[CheckMessage] = []
    if "localhost" in settings.FRONTEND_URL or "127.0.0.1" in settings.FRONTEND_URL:
        hint = "Set FRONTEND_URL to the shop front's origin: its pages may send requests with the shopper's cookies."
        warnings.append(Warning("FRONTEND_URL points to the local machine.", hint=hint, id="shop.W001"))
    if not settings.REDIS_URL:
        warnings.append(
            Warning("REDIS_URL is not set.", hint="Without it, processes share no cache and no rate limits.", id="shop.W002")
        )
    if not settings.EMAIL_HOST:
        warnings.append(Warning("EMAIL_HOST is not set.", hint="E-mails are printed to the console and not sent.", id="shop.W003"))
    return warnings
