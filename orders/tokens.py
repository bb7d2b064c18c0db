"""Order numbers, and the tokens that give guests access to their orders."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings
from django.utils import timezone

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U


def generate_order_number(now: datetime) -> str:
    """Return `YYMMDD-XXXXXX`, with the day in the shop's time zone. Numbers cannot be guessed from each other."""
    day = timezone.localtime(now, timezone.get_default_timezone())
    return f"{day:%y%m%d}-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"


def order_token(number: str) -> str:
    """Return the guest token of an order. It is derived, not stored, so a replayed request returns the same token."""
    return _compute_token(number, settings.ORDER_TOKEN_SECRET)


def is_valid_order_token(token: str, number: str) -> bool:
    """Return whether the token belongs to the order with this number."""
    given, secrets_in_use = token.encode("utf-8", "replace"), (settings.ORDER_TOKEN_SECRET, *settings.ORDER_TOKEN_SECRET_FALLBACKS)
    return any(hmac.compare_digest(given, _compute_token(number, secret).encode()) for secret in secrets_in_use)


def _compute_token(number: str, secret: str) -> str:
    mac = hmac.new(secret.encode(), f"order:v1:{number}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()
