"""Order numbers, and the token with which a guest reads his order."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U


def new_number(now: datetime) -> str:
    """Return `YYMMDD-XXXXXX`: sorts by day, and cannot be guessed from its neighbour."""
    return f"{now:%y%m%d}-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"


def order_token(number: str) -> str:
    """Return the guest's token of an order: not stored, and the same at each replay."""
    mac = hmac.new(settings.ORDER_TOKEN_SECRET.encode(), f"order:v1:{number}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def opens(token: str, number: str) -> bool:
    """Say whether the token is that order's."""
    return hmac.compare_digest(token.encode("utf-8", "replace"), order_token(number).encode())
