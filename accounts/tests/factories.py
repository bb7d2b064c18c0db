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
    """Make a customer with the password PASSWORD."""
    return User.objects.create_user(email, PASSWORD, **fields)


def access_token(user: User, market: str = "") -> str:
    """Sign the user in and return his access token."""
    return sessions.start(user, "password", ClientInfo(market=market)).access


def sign_in(email: str = "ada@example.com", **headers: str) -> tuple[str, str]:
    """Sign in from a device of its own and return access and refresh token."""
    given = {"email": email, "password": PASSWORD, "mode": "token"}
    response = SchemaClient().post("/api/auth/login/", given, headers=headers)
    assert response.status_code == 200, response.json()
    data = response.json()["data"]
    return data["access_token"], data["refresh_token"]


def me(access: str) -> Any:
    """Ask with this access token who is signed in."""
    return SchemaClient().bearer(access).get("/api/auth/me/")


def refresh(token: object) -> Any:
    """Refresh by token."""
    return SchemaClient().post("/api/auth/refresh/", {"refresh_token": token})


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says, unchecked."""
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def forge(token: str, *, key: str | None = None, alg: str = "HS256", digest: str = "sha256", **claims: Any) -> str:
    """Return the token with other claims (None leaves one out), signed anew by the shop's key or another."""
    said = {name: value for name, value in {**claims_of(token), **claims}.items() if value is not None}
    text = ".".join(_packed(json.dumps(part).encode()) for part in ({"alg": alg, "typ": "JWT"}, said))
    secret = (settings.JWT_SIGNING_KEY if key is None else key).encode()
    signature = b"" if alg == "none" else hmac.new(secret, text.encode(), getattr(hashlib, digest)).digest()
    return f"{text}.{_packed(signature)}"


def expired(token: str) -> str:
    """Return the token as it will be when it has been over for a minute."""
    now = int(time.time())
    return forge(token, iat=now - 3_660, exp=now - 60)


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sell(folder: Path, *names: str) -> list[int]:
    """Put products on sale by an import, and return their ids in this order."""
    rows = [{"sku": name.replace(" ", "-"), "name": name, "category": "Home", "price": "20.00", "stock": 50} for name in names]
    (folder / "sold.json").write_text(json.dumps(rows))
    call_command("import_products", file=folder / "sold.json", verbosity=0)
    shown = SchemaClient().get("/api/products/").json()["data"]
    ids = {product["name"]: product["id"] for product in shown}
    return [ids[name] for name in names]
