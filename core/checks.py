"""Deployment checks: warnings of `manage.py check --deploy` for settings that only development and staging need.

What can never be right stops the start instead (`store/environment.py`).
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import connection

from core import stripe_keys
from core.local_origins import is_local_host, is_local_origin

YEAR = 365 * 24 * 60 * 60  # seconds
GOOGLE_CERTS_HOST = "https://www.googleapis.com/"
MAIL_IN_DEVELOPMENT = ("console", "filebased", "dummy")  # Django's backends that send nothing


@register(Tags.security, deploy=True)
def check_production_settings(**_: Any) -> list[CheckMessage]:
    """Warn about settings that only work in development."""
    warnings: list[CheckMessage] = []
    if is_local_origin(settings.FRONTEND_URL):
        hint = "Set FRONTEND_URL to the shop front's origin: its pages may send requests with the shopper's cookies."
        warnings.append(Warning("FRONTEND_URL points to the local machine.", hint=hint, id="shop.W001"))
    if not settings.REDIS_URL:
        warnings.append(
            Warning("REDIS_URL is not set.", hint="Without it, processes share no cache and no rate limits.", id="shop.W002")
        )
    if not settings.EMAIL_HOST:
        warnings.append(Warning("EMAIL_HOST is not set.", hint="E-mails are printed to the console and not sent.", id="shop.W003"))
    elif settings.EMAIL_BACKEND.rsplit(".", 2)[-2] in MAIL_IN_DEVELOPMENT:
        hint = "E-mails are not sent: confirmations and reset links stay on this machine. Use EMAIL_BACKEND=smtp."
        warnings.append(Warning("EMAIL_BACKEND sends no e-mails.", hint=hint, id="shop.W006"))
    return warnings


@register(Tags.security, deploy=True)
def check_database(**_: Any) -> list[CheckMessage]:
    """Warn about a database file, which is what DATABASE_URL is without a value."""
    if connection.vendor != "sqlite":
        return []
    hint = "SQLite lets one process write at a time, and cannot be shared by machines. Set DATABASE_URL to a PostgreSQL database."
    return [Warning("The database is a SQLite file.", hint=hint, id="shop.W013")]


@register(Tags.security, deploy=True)
def check_proxies(**_: Any) -> list[CheckMessage]:
    """Warn if the shop demands HTTPS and would not learn from a proxy that it is used."""
    warnings: list[CheckMessage] = []
    if settings.SECURE_SSL_REDIRECT and not settings.TRUSTED_PROXIES:
        hint = (
            "Behind a proxy with TLS, every request seems to come by plain HTTP from one address: browsers are redirected without "
            "end, and all shoppers share a rate limit. Set TRUSTED_PROXIES to the number of your proxies."
        )
        warnings.append(Warning("TRUSTED_PROXIES is 0.", hint=hint, id="shop.W014"))
    return warnings


@register(Tags.security, deploy=True)
def check_hsts(**_: Any) -> list[CheckMessage]:
    """Suggest a longer HSTS period. If there is none, Django warns itself (security.W004)."""
    if not 0 < settings.SECURE_HSTS_SECONDS < YEAR:
        return []
    hint = "Once every page of the host has had HTTPS for a while, raise it: to a week, then to a year (docs/deployment.md)."
    return [Info("HSTS_SECONDS is less than a year.", hint=hint, id="shop.I001")]


@register(Tags.security, deploy=True)
def check_payments(**_: Any) -> list[CheckMessage]:
    """Warn about payments that move no money."""
    warnings: list[CheckMessage] = []
    if stripe_keys.get_mode(settings.STRIPE_SECRET_KEY) == "test":
        hint = "Orders are placed without real payments. Set a live key and STRIPE_LIVE=1, which refuses test keys."
        warnings.append(Warning("STRIPE_SECRET_KEY is a test key.", hint=hint, id="shop.W004"))
    if settings.STRIPE_API_BASE.rstrip("/") not in ("", "https://api.stripe.com"):
        hint = "Payments are confirmed by another host than Stripe's, such as the emulator. Leave STRIPE_API_BASE empty."
        warnings.append(Warning("STRIPE_API_BASE is not Stripe's API.", hint=hint, id="shop.W005"))
    return warnings


@register()
def check_phone_confirmation(**_: Any) -> list[CheckMessage]:
    """Warn if phones have to be confirmed and the shop cannot send a code."""
    if settings.SMS_BACKEND or all(amount is None for amount, _ in settings.COD_RULES.values()):
        return []
    hint = "Staff have to call each buyer and choose Phone confirmed, or the order is cancelled after 24 hours. Set SMS_BACKEND."
    return [Warning("COD_RULES asks for confirmed phones, but SMS_BACKEND is not set.", hint=hint, id="shop.W015")]


@register(Tags.security, deploy=True)
def check_sign_in(**_: Any) -> list[CheckMessage]:
    """Warn about ways to sign in that are for development and tests."""
    warnings: list[CheckMessage] = []
    if settings.SMS_BACKEND in ("console", "file", "locmem"):
        hint = "Codes are not sent, and anyone who reads them can sign in. Set SMS_BACKEND to a gateway, or leave it empty."
        warnings.append(Warning("SMS_BACKEND sends no text messages.", hint=hint, id="shop.W007"))
    if settings.GOOGLE_CLIENT_ID and (settings.GOOGLE_CERTS_FILE or not settings.GOOGLE_CERTS_URL.startswith(GOOGLE_CERTS_HOST)):
        hint = "The owner of these keys can sign in as anyone. Leave GOOGLE_CERTS_FILE and GOOGLE_CERTS_URL at their defaults."
        warnings.append(Warning("GOOGLE_CERTS_FILE or GOOGLE_CERTS_URL is not Google's.", hint=hint, id="shop.W008"))
    if not settings.THROTTLE_ENABLED:
        hint = "Passwords and codes can be guessed without limit. THROTTLE_ENABLED=0 is for benchmarks only."
        warnings.append(Warning("THROTTLE_ENABLED is off.", hint=hint, id="shop.W009"))
    return warnings


@register(Tags.security, deploy=True)
def check_trusted_hosts(**_: Any) -> list[CheckMessage]:
    """Warn about hosts and origins on the visitor's own machine, and about origins that anyone on the network can be."""
    warnings: list[CheckMessage] = []
    origins = {
        "CORS_ALLOWED_ORIGINS": [origin for origin in settings.CORS_ALLOWED_ORIGINS if origin != settings.FRONTEND_URL],
        "CSRF_TRUSTED_ORIGINS": [origin for origin in settings.CSRF_TRUSTED_ORIGINS if origin != settings.FRONTEND_URL],
    }
    for name, listed in origins.items():
        if any(is_local_origin(origin) for origin in listed):
            hint = "Whatever runs on a shopper's machine may send requests with their cookies."
            warnings.append(Warning(f"{name} trusts the local machine.", hint=hint, id="shop.W010"))
    for name, listed in {"FRONTEND_URL": [settings.FRONTEND_URL], **origins}.items():
        if any(origin.startswith("http://") and not is_local_origin(origin) for origin in listed):
            hint = "Anyone on the shopper's network can be an origin without TLS. Use https://."
            warnings.append(Warning(f"{name} trusts an origin without TLS.", hint=hint, id="shop.W011"))
    if any(is_local_host(host) for host in settings.ALLOWED_HOSTS):
        hint = "Only probes on this machine need it; shoppers never ask for this host."
        warnings.append(Warning("ALLOWED_HOSTS contains the local machine.", hint=hint, id="shop.W012"))
    return warnings
