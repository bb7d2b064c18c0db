"""Google, as tests have it: a key pair of our own, the certificates that hold its public half, and the tokens that it signs."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from jwt import api_jws
from jwt.algorithms import RSAAlgorithm
from pytest_django import Settings

from accounts.gateways import google
from tests.schema_client import SchemaClient

CLIENT = "shop.apps.googleusercontent.com"
SUB = "110169484474386276334"
EMAIL = "ada@example.com"


@cache
def key(name: str = "first") -> RSAPrivateKey:
    """Return the private key of this name, which is its id too."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str = "first") -> str:
    """Return its public half in PEM."""
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_pem(name: str = "first") -> str:
    """Return a certificate of its public half, signed by itself, in PEM."""
    who, day = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime(2026, 1, 1)  # noqa: DTZ001 - UTC is meant
    unsigned = x509.CertificateBuilder(who, who, key(name).public_key(), 1, day, day + timedelta(days=3_650))
    return unsigned.sign(key(name), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def key_set(*names: str) -> str:
    """Return the public halves as a JSON Web Key Set, which is how Google publishes them."""
    keys = [{**RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True), "kid": name, "alg": "RS256"} for name in names]
    return json.dumps({"keys": keys})


def claims(**other: Any) -> dict[str, Any]:
    """Return what Google says of a person; None leaves a claim out."""
    now = int(time.time())
    said = {
        **{"iss": "https://accounts.google.com", "aud": CLIENT, "azp": CLIENT, "sub": SUB, "iat": now, "exp": now + 3_600},
        **{"email": EMAIL, "email_verified": True, "name": "Ada Byron", "given_name": "Ada", "family_name": "Byron"},
    }
    return {name: value for name, value in {**said, **other}.items() if value is not None}


def token(*, kid: object = "first", signed_by: str = "first", **other: Any) -> str:
    """Return an ID token with these claims."""
    return api_jws.encode(json.dumps(claims(**other)).encode(), key(signed_by), "RS256", {"kid": kid} if kid else {})


def packed(part: bytes) -> str:
    """Return a part of a token as it is written."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return a token with any header and any signature."""
    text = f"{packed(json.dumps(header).encode())}.{packed(json.dumps(claims()).encode())}"
    return f"{text}.{packed(sign(text.encode()))}"


def hmac_token(algorithm: str = "HS256", digest: str = "sha256") -> str:
    """Return a token whose secret is our public key, as all know it."""
    header = {"alg": algorithm, "typ": "JWT", "kid": "first"}
    return by_hand(header, lambda text: hmac.new(public_pem().encode(), text, getattr(hashlib, digest)).digest())


def sign_in_configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the shop take tokens of the key `first`, and begin without certificates in memory."""
    (folder / "certificates").write_text(key_set("first"))
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CERTS_FILE = CLIENT, str(folder / "certificates")
    monkeypatch.setattr(google, "CERTIFICATES", google.Certificates())


def post(credential: object, **given: Any) -> Any:
    """Sign in with Google, as a caller who keeps nothing."""
    return SchemaClient().post("/api/auth/google/", {"credential": credential, **given})
