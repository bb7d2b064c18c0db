"""The guest key: shaped like a UUID v4, made by us and recognised without a look into the database.

82 random bits and a 40-bit HMAC of them, so a key that a client made up is not ours and is never adopted. Stored is only its
SHA-256: whoever reads the table or a log cannot take over a cart.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID

from django.conf import settings

LIFETIME = 3 * 24 * 60 * 60  # seconds since the last write
FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def mint() -> str:
    """Return a new key."""
    head = bytearray(secrets.token_bytes(11))
    head[6] = 0x40 | (head[6] & 0x0F)
    head[8] = 0x80 | (head[8] & 0x3F)
    return str(UUID(bytes=bytes(head) + _mac(bytes(head), settings.GUEST_KEY_SECRET)))


def is_ours(key: str) -> bool:
    """Say whether this shop made the key; `key` is well formed."""
    raw = UUID(key).bytes
    secrets_known = (settings.GUEST_KEY_SECRET, *settings.GUEST_KEY_SECRET_FALLBACKS)
    return any(hmac.compare_digest(_mac(raw[:11], secret), raw[11:]) for secret in secrets_known)


def formed(value: object) -> str | None:
    """Return the value as a key in lower case, or None where it has not the form of one."""
    if not isinstance(value, str) or len(value) != 36:
        return None
    key = value.lower()
    return key if FORM.fullmatch(key) else None


def digest(key: str) -> str:
    """Return what is stored of a key. It holds over 80 random bits, so a plain hash cannot be turned back (OWASP ASVS 6.5.2)."""
    return hashlib.sha256(key.encode()).hexdigest()


def _mac(head: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"guest-key:v1:" + head, hashlib.sha256).digest()[:5]
