"""Guest keys: formatted like a UUID v4, issued by the server, and verifiable without a database query.

A key is 82 random bits and a 40-bit HMAC of them, so a key that a client invents is never accepted. Only its SHA-256 is stored,
so read access to the table or to a log is not enough to take over a cart.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID

from django.conf import settings

LIFETIME_SECONDS = 3 * 24 * 60 * 60  # since the last write
KEY_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def mint() -> str:
    """Return a new key."""
    head = bytearray(secrets.token_bytes(11))
    head[6] = 0x40 | (head[6] & 0x0F)
    head[8] = 0x80 | (head[8] & 0x3F)
    return str(UUID(bytes=bytes(head) + _compute_mac(bytes(head), settings.GUEST_KEY_SECRET)))


def is_ours(key: str) -> bool:
    """Return whether this shop issued the key; `key` must be well formed."""
    raw = UUID(key).bytes
    accepted_secrets = (settings.GUEST_KEY_SECRET, *settings.GUEST_KEY_SECRET_FALLBACKS)
    return any(hmac.compare_digest(_compute_mac(raw[:11], secret), raw[11:]) for secret in accepted_secrets)


def parse(value: object) -> str | None:
    """Return the value as a lower-case key, or None if it is not formatted like one."""
    if not isinstance(value, str) or len(value) != 36:
        return None
    key = value.lower()
    return key if KEY_PATTERN.fullmatch(key) else None


def digest(key: str) -> str:
    """Return the hash to store. A key has over 80 random bits, so a plain hash cannot be reversed (OWASP ASVS 6.5.2)."""
    return hashlib.sha256(key.encode()).hexdigest()


def _compute_mac(head: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"guest-key:v1:" + head, hashlib.sha256).digest()[:5]
