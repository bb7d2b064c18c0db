"""Users, sessions and tokens for tests."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from accounts import sessions
from accounts.client_info import ClientInfo
from accounts.models import User
from tests.schema_client import SchemaClient

PASSWORD = "a lamp on the hill"


def make_user(email: str = "ada@example.com", **fields: Any) -> User:
    """Create a customer with the password PASSWORD."""
    return User.objects.create_user(email, PASSWORD, **fields)


def make_access_token(user: User, market: str = "") -> str:
    """Sign the user in and return the access token."""
    return sessions.start_session(user, "password", ClientInfo(market=market)).access


def sign_in(email: str = "ada@example.com", **headers: str) -> tuple[str, str]:
    """Sign in on a new device and return the access and refresh tokens."""
    credentials = {"email": email, "password": PASSWORD, "mode": "token"}
    response = SchemaClient().post("/api/auth/login/", credentials, headers=headers)
    assert response.status_code == 200, response.json()
    data = response.json()["data"]
    return data["access_token"], data["refresh_token"]


def get_me(access: str) -> Any:
    """Request the profile with this access token."""
    return SchemaClient().bearer(access).get("/api/auth/me/")


def refresh_tokens(token: object) -> Any:
    """Refresh with a token in the body."""
    return SchemaClient().post("/api/auth/refresh/", {"refresh_token": token})


def decode_claims(token: str) -> dict[str, Any]:
    """Return the claims of a token, without verifying it."""
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def forge_token(token: str, *, key: str | None = None, alg: str = "HS256", digest: str = "sha256", **claims: Any) -> str:
    """Return the token with other claims (None removes a claim), signed with the shop's key or another one."""
    payload = {name: value for name, value in {**decode_claims(token), **claims}.items() if value is not None}
    text = ".".join(_encode_part(json.dumps(part).encode()) for part in ({"alg": alg, "typ": "JWT"}, payload))
    secret = (settings.JWT_SIGNING_KEY if key is None else key).encode()
    signature = b"" if alg == "none" else hmac.new(secret, text.encode(), getattr(hashlib, digest)).digest()
    return f"{text}.{_encode_part(signature)}"


def make_expired(token: str) -> str:
    """Return the token as if it had expired a minute ago."""
    now = int(time.time())
    return forge_token(token, iat=now - 3_660, exp=now - 60)


def _encode_part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sell_products(folder: Path, *names: str) -> list[int]:
    """Import products and return their ids in the order of the names."""
    rows = [{"sku": name.replace(" ", "-"), "name": name, "category": "Home", "price": "20.00", "stock": 50} for name in names]
    (folder / "sold.json").write_text(json.dumps(rows))
    call_command("import_products", file=folder / "sold.json", verbosity=0)
    products = SchemaClient().get("/api/products/").json()["data"]
    ids = {product["name"]: product["id"] for product in products}
    return [ids[name] for name in names]
