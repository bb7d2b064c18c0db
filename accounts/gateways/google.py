"""Sign in with Google: turns an ID token into an identity, or refuses it.

Checked as https://developers.google.com/identity/gsi/web/guides/verify-google-id-token asks: signature, audience, issuer, expiry.
"""

import logging
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import jwt
import orjson
import requests
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings
from urllib3.exceptions import HTTPError

from accounts.exceptions import GoogleNotConfigured, GoogleTokenInvalid, GoogleUnavailable

logger = logging.getLogger("shop.google")
ISSUERS = ["accounts.google.com", "https://accounts.google.com"]
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MAX_LENGTH = 8 * 1024  # characters
LEEWAY = 10  # seconds
TIMEOUT = 3  # seconds
MAX_CERTIFICATES = 64 * 1024  # bytes
PAUSE = 10  # seconds between two tries while there is no copy
SHORTEST, LONGEST = 5 * 60, 24 * 60 * 60  # seconds that certificates are kept, whatever Cache-Control says


@dataclass(frozen=True, slots=True)
class Identity:
    """What Google says of a person."""

    sub: str
    email: str
    email_verified: bool
    issued_at: int
    first_name: str = ""
    last_name: str = ""


def identity_of(credential: str, nonce: str | None = None) -> Identity:
    """Return whom the ID token names. Raises GoogleNotConfigured, GoogleTokenInvalid, GoogleUnavailable."""
    audience = [client.strip() for client in settings.GOOGLE_CLIENT_ID.split(",") if client.strip()]
    if not audience:
        raise GoogleNotConfigured
    key = CERTIFICATES.key(_key_id(credential))
    if key is None:
        raise GoogleTokenInvalid
    try:
        said = jwt.decode(
            credential,
            key,
            algorithms=["RS256"],
            audience=audience,
            issuer=ISSUERS,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "aud", "iss", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise GoogleTokenInvalid from None
    if nonce is not None and said.get("nonce") != nonce:
        raise GoogleTokenInvalid
    return _identity(said)


def _key_id(credential: str) -> str:
    """Return the id of the key that has signed; what has not the shape of such a token is refused before any network."""
    if len(credential) > MAX_LENGTH or not SHAPE.fullmatch(credential):
        raise GoogleTokenInvalid
    try:
        header = jwt.get_unverified_header(credential)
    except jwt.PyJWTError:
        raise GoogleTokenInvalid from None
    if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
        raise GoogleTokenInvalid
    return str(header["kid"])


def _identity(said: dict[str, Any]) -> Identity:
    sub, email, issued_at = said["sub"], said.get("email"), said["iat"]
    if not isinstance(sub, str) or not 0 < len(sub) <= 255 or not (sub.isascii() and sub.isprintable()):
        raise GoogleTokenInvalid
    if not isinstance(email, str) or not isinstance(issued_at, int):
        raise GoogleTokenInvalid
    names = [_name(value) for value in (said.get("given_name"), said.get("family_name"))]
    return Identity(sub, email, said.get("email_verified") is True, issued_at, *names)


def _name(given: object) -> str:
    """Return a name as the database can hold it."""
    return given.encode("utf-8", "ignore").decode().replace("\0", "")[:100] if isinstance(given, str) else ""


@dataclass
class Certificates:
    """Google's public keys by their ids, kept as long as their answer says."""

    keys: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    fetched_at: float = 0.0
    tried: str = ""
    tried_at: float = 0.0
    kept_for: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def key(self, key_id: str) -> Any:
        """Return the key of this id, or None. An unknown id asks Google anew, at most once in five minutes.

        Raises GoogleUnavailable where there is no copy of at most a day.
        """
        with self.lock:
            now = time.time()
            source: str = settings.GOOGLE_CERTS_FILE or settings.GOOGLE_CERTS_URL
            age = now - self.fetched_at
            is_stale = source != self.source or age > self.kept_for
            is_unknown = key_id not in self.keys and age > SHORTEST
            if is_stale or is_unknown:
                self._fetch(source, now)
            return self.keys.get(key_id)

    def _fetch(self, source: str, now: float) -> None:
        """Read the keys anew; where that fails, or has just failed, an old copy does."""
        has_copy = source == self.source and now - self.fetched_at <= LONGEST
        if now - self.tried_at > (SHORTEST if has_copy else PAUSE) or source != self.tried:
            self.tried_at, self.tried = now, source
            try:
                self.keys, self.kept_for = _fetched()
            except (OSError, ValueError, HTTPError, jwt.PyJWTError) as wrong:  # requests' errors are OSErrors
                logger.error("Google's certificates were not read: %s", type(wrong).__name__)
            else:
                self.fetched_at, self.source = now, source
                return
        if not has_copy:
            raise GoogleUnavailable


CERTIFICATES = Certificates()


def _fetched() -> tuple[dict[str, Any], float]:
    """Return the keys, and for how many seconds they hold. Raises OSError, ValueError, HTTPError, PyJWTError."""
    if settings.GOOGLE_CERTS_FILE:
        return _read(Path(settings.GOOGLE_CERTS_FILE).read_bytes()), SHORTEST
    plain = {"Accept-Encoding": "identity"}
    with requests.get(settings.GOOGLE_CERTS_URL, timeout=TIMEOUT, stream=True, allow_redirects=False, headers=plain) as answer:
        if answer.status_code != requests.codes.ok:
            raise ValueError(f"status {answer.status_code}")
        body = _body(answer)
        told = re.search(r"max-age=(\d{1,9})", answer.headers.get("Cache-Control", ""))
    kept_for = int(told[1]) if told else SHORTEST
    return _read(body), min(max(kept_for, SHORTEST), LONGEST)


def _body(answer: requests.Response) -> bytes:
    """Return what the host answers, as far as it comes in time. Raises ValueError, HTTPError."""
    body, deadline = b"", time.monotonic() + TIMEOUT
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ValueError("packed, which was not asked for")
    while part := answer.raw.read1(MAX_CERTIFICATES, decode_content=False):  # what has come, so that a trickle meets the deadline
        body += part
        if len(body) > MAX_CERTIFICATES or time.monotonic() > deadline:
            raise ValueError("too large or too slow")
    return body


def _read(text: bytes) -> dict[str, Any]:
    """Return the keys of a JSON Web Key Set (RFC 7517), or of an object from key id to PEM certificate or public key."""
    given = orjson.loads(text)
    if not isinstance(given, dict):
        raise ValueError("not a key set")
    if isinstance(given.get("keys"), list):
        keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(given).keys if key.key_id}
    else:
        keys = {key_id: _of_pem(str(pem).encode()) for key_id, pem in given.items()}
    if not keys:
        raise ValueError("no keys")
    return keys


def _of_pem(pem: bytes) -> Any:
    if b"BEGIN CERTIFICATE" in pem:
        return load_pem_x509_certificate(pem).public_key()
    return load_pem_public_key(pem)
