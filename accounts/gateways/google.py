"""Sign in with Google: verifies ID tokens.

Checks signature, audience, issuer and expiry: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
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
JWT_PATTERN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MAX_CREDENTIAL_LENGTH = 8 * 1024  # characters
LEEWAY = 10  # seconds
FETCH_TIMEOUT = 3  # seconds
MAX_RESPONSE_SIZE = 64 * 1024  # bytes
RETRY_INTERVAL = 10  # seconds between two attempts while no certificates are cached
MIN_MAX_AGE, MAX_MAX_AGE = 5 * 60, 24 * 60 * 60  # seconds; limits for the max-age of Cache-Control


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified Google identity."""

    sub: str
    email: str
    email_verified: bool
    issued_at: int
    first_name: str = ""
    last_name: str = ""


def verify_id_token(credential: str, nonce: str | None = None) -> Identity:
    """Return the identity in an ID token. Raises GoogleNotConfigured, GoogleTokenInvalid, GoogleUnavailable."""
    audience = [client.strip() for client in settings.GOOGLE_CLIENT_ID.split(",") if client.strip()]
    if not audience:
        raise GoogleNotConfigured
    key = CERTIFICATES.get_key(_get_key_id(credential))
    if key is None:
        raise GoogleTokenInvalid
    try:
        claims = jwt.decode(
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
    if nonce is not None and claims.get("nonce") != nonce:
        raise GoogleTokenInvalid
    _check_audience(claims, audience)
    return _parse_identity(claims)


def _check_audience(claims: dict[str, Any], trusted: list[str]) -> None:
    """Refuse a token that was issued for another party, alone or too (OpenID Connect Core §3.1.3.7, steps 3 to 5).

    PyJWT accepts a list of audiences if one of them is ours. Every one must be, and so must `azp`, the party that the token was
    issued to, which a token for several audiences has to name.
    """
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not set(audiences) <= set(trusted) or (len(audiences) > 1 and "azp" not in claims):
        raise GoogleTokenInvalid
    if "azp" in claims and claims["azp"] not in trusted:
        raise GoogleTokenInvalid


def _get_key_id(credential: str) -> str:
    """Return the id of the signing key; malformed tokens are rejected before any network request."""
    if len(credential) > MAX_CREDENTIAL_LENGTH or not JWT_PATTERN.fullmatch(credential):
        raise GoogleTokenInvalid
    try:
        header = jwt.get_unverified_header(credential)
    except jwt.PyJWTError:
        raise GoogleTokenInvalid from None
    if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
        raise GoogleTokenInvalid
    return str(header["kid"])


def _parse_identity(claims: dict[str, Any]) -> Identity:
    sub, email, issued_at = claims["sub"], claims.get("email"), claims["iat"]
    if not isinstance(sub, str) or not 0 < len(sub) <= 255 or not (sub.isascii() and sub.isprintable()):
        raise GoogleTokenInvalid
    if not isinstance(email, str) or not isinstance(issued_at, int):
        raise GoogleTokenInvalid
    names = [_clean_name(value) for value in (claims.get("given_name"), claims.get("family_name"))]
    return Identity(sub, email, claims.get("email_verified") is True, issued_at, *names)


def _clean_name(value: object) -> str:
    """Return a name that the database can store."""
    return value.encode("utf-8", "ignore").decode().replace("\0", "")[:100] if isinstance(value, str) else ""


@dataclass
class Certificates:
    """A cache of Google's public keys by key id, which respects the max-age of the response."""

    keys: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    fetched_at: float = 0.0
    tried_source: str = ""
    tried_at: float = 0.0
    max_age: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def get_key(self, key_id: str) -> Any:
        """Return the key with this id, or None. An unknown id triggers a new fetch, at most once in five minutes.

        Raises GoogleUnavailable if no keys from the last 24 hours are cached.
        """
        with self.lock:
            now = time.time()
            source: str = settings.GOOGLE_CERTS_FILE or settings.GOOGLE_CERTS_URL
            age = now - self.fetched_at
            is_stale = source != self.source or age > self.max_age
            is_unknown = key_id not in self.keys and age > MIN_MAX_AGE
            if is_stale or is_unknown:
                self._refresh(source, now)
            return self.keys.get(key_id)

    def _refresh(self, source: str, now: float) -> None:
        """Fetch the keys; if that fails, or has just failed, keep using the cached keys."""
        is_cached = source == self.source and now - self.fetched_at <= MAX_MAX_AGE
        if now - self.tried_at > (MIN_MAX_AGE if is_cached else RETRY_INTERVAL) or source != self.tried_source:
            self.tried_at, self.tried_source = now, source
            try:
                self.keys, self.max_age = _fetch_keys()
            except (OSError, ValueError, HTTPError, jwt.PyJWTError) as error:  # requests' errors are OSErrors
                logger.error("could not fetch Google's certificates: %s", type(error).__name__)
            else:
                self.fetched_at, self.source = now, source
                return
        if not is_cached:
            raise GoogleUnavailable


CERTIFICATES = Certificates()


def _fetch_keys() -> tuple[dict[str, Any], float]:
    """Return the keys and their max-age in seconds. Raises OSError, ValueError, HTTPError, PyJWTError."""
    if settings.GOOGLE_CERTS_FILE:
        return _parse_keys(Path(settings.GOOGLE_CERTS_FILE).read_bytes()), MIN_MAX_AGE
    headers = {"Accept-Encoding": "identity"}
    with requests.get(
        settings.GOOGLE_CERTS_URL, timeout=FETCH_TIMEOUT, stream=True, allow_redirects=False, headers=headers
    ) as response:
        if response.status_code != requests.codes.ok:
            raise ValueError(f"status {response.status_code}")
        body = _read_body(response)
        match = re.search(r"max-age=(\d{1,9})", response.headers.get("Cache-Control", ""))
    max_age = int(match[1]) if match else MIN_MAX_AGE
    return _parse_keys(body), min(max(max_age, MIN_MAX_AGE), MAX_MAX_AGE)


def _read_body(response: requests.Response) -> bytes:
    """Return the response body, limited in size and time. Raises ValueError, HTTPError."""
    body, deadline = b"", time.monotonic() + FETCH_TIMEOUT
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ValueError("unexpected Content-Encoding")
    # read1 returns what is available, so that slow responses hit the deadline.
    while chunk := response.raw.read1(MAX_RESPONSE_SIZE, decode_content=False):
        body += chunk
        if len(body) > MAX_RESPONSE_SIZE or time.monotonic() > deadline:
            raise ValueError("too large or too slow")
    return body


def _parse_keys(text: bytes) -> dict[str, Any]:
    """Return the keys of a JSON Web Key Set (RFC 7517), or of an object from key id to PEM certificate or public key."""
    payload = orjson.loads(text)
    if not isinstance(payload, dict):
        raise ValueError("not a key set")
    if isinstance(payload.get("keys"), list):
        keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(payload).keys if key.key_id}
    else:
        keys = {key_id: _load_pem_key(str(pem).encode()) for key_id, pem in payload.items()}
    if not keys:
        raise ValueError("no keys")
    return keys


def _load_pem_key(pem: bytes) -> Any:
    if b"BEGIN CERTIFICATE" in pem:
        return load_pem_x509_certificate(pem).public_key()
    return load_pem_public_key(pem)
