"""Google for tests: our own key pairs, the certificates with their public keys, and ID tokens signed with them."""

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

CLIENT_ID = "shop.apps.googleusercontent.com"
SUB = "110169484474386276334"
EMAIL = "ada@example.com"


@cache
def get_private_key(name: str = "first") -> RSAPrivateKey:
    """Return the private key with this name, which is also its key id."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def make_public_pem(name: str = "first") -> str:
    """Return the public key in PEM."""
    return get_private_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def make_certificate_pem(name: str = "first") -> str:
    """Return a self-signed certificate of the public key in PEM."""
    subject, valid_from = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime(2026, 1, 1)  # noqa: DTZ001 - taken as UTC
    unsigned = x509.CertificateBuilder(
        subject, subject, get_private_key(name).public_key(), 1, valid_from, valid_from + timedelta(days=3_650)
    )
    return unsigned.sign(get_private_key(name), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def make_key_set(*names: str) -> str:
    """Return the public keys as a JSON Web Key Set, which is how Google publishes them."""
    keys = [
        {**RSAAlgorithm.to_jwk(get_private_key(name).public_key(), as_dict=True), "kid": name, "alg": "RS256"} for name in names
    ]
    return json.dumps({"keys": keys})


def make_claims(**overrides: Any) -> dict[str, Any]:
    """Return the claims of an ID token; None removes a claim."""
    now = int(time.time())
    defaults = {
        **{"iss": "https://accounts.google.com", "aud": CLIENT_ID, "azp": CLIENT_ID, "sub": SUB, "iat": now, "exp": now + 3_600},
        **{"email": EMAIL, "email_verified": True, "name": "Ada Byron", "given_name": "Ada", "family_name": "Byron"},
    }
    return {name: value for name, value in {**defaults, **overrides}.items() if value is not None}


def make_id_token(*, kid: object = "first", signed_by: str = "first", **overrides: Any) -> str:
    """Return an ID token with these claims."""
    return api_jws.encode(
        json.dumps(make_claims(**overrides)).encode(), get_private_key(signed_by), "RS256", {"kid": kid} if kid else {}
    )


def encode_part(part: bytes) -> str:
    """Return a base64url-encoded part of a token."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def make_raw_token(header: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return a token with any header and any signature."""
    text = f"{encode_part(json.dumps(header).encode())}.{encode_part(json.dumps(make_claims()).encode())}"
    return f"{text}.{encode_part(sign(text.encode()))}"


def make_hmac_token(algorithm: str = "HS256", digest: str = "sha256") -> str:
    """Return an HMAC token with the public key as its secret."""
    header = {"alg": algorithm, "typ": "JWT", "kid": "first"}
    return make_raw_token(header, lambda text: hmac.new(make_public_pem().encode(), text, getattr(hashlib, digest)).digest())


def configure_google_sign_in(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Accept tokens signed with the key `first`, and start with an empty certificate cache."""
    (folder / "certificates").write_text(make_key_set("first"))
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CERTS_FILE = CLIENT_ID, str(folder / "certificates")
    monkeypatch.setattr(google, "CERTIFICATES", google.Certificates())


def post_credential(credential: object, **extra: Any) -> Any:
    """Sign in with Google, with a client that keeps no cookies."""
    return SchemaClient().post("/api/auth/google/", {"credential": credential, **extra})
