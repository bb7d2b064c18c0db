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
    mac = hmac.new(settings.ORDER_TOKEN_SECRET.encode(), f"order:v1:{number}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def is_valid_order_token(token: str, number: str) -> bool:
    """Return whether the token belongs to the order with this number."""
    return hmac.compare_digest(token.encode("utf-8", "replace"), order_token(number).encode())
