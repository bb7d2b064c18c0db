"""Invalid access cookies: reads of the catalog continue as guest, writes are refused"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuthSession, User
from accounts.tests.factories import forge_token, make_access_token, make_expired, make_user, sell_products
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

READS = ["/api/products/", "/api/products/lamp/", "/api/products/categories/", "/api/products/?search=lamp", "/api/config/"]
WRITES: dict[str, Callable[[SchemaClient], Any]] = {
    "POST": lambda api: api.post("/api/products/", {"name": "Mug", "price": "5.00"}),
    "POST create": lambda api: api.post("/api/products/create/", {"name": "Mug", "price": "5.00"}),
    "PUT": lambda api: api.put("/api/products/lamp/", {"name": "Mug", "price": "5.00"}),
    "PATCH": lambda api: api.patch("/api/products/lamp/", {"name": "Mug"}),
    "DELETE": lambda api: api.delete("/api/products/lamp/"),
    "POST stock": lambda api: api.post("/api/products/lamp/stock/", {"delta": 1, "reason": "received"}),
    "POST variant": lambda api: api.post("/api/products/lamp/variants/", {"price": "5.00"}),
    "POST category": lambda api: api.post("/api/products/categories/", {"name": "Mugs"}),
    "PATCH category": lambda api: api.patch("/api/products/categories/1/", {"name": "Mugs"}),
}


def make_nonsense(good: str) -> str:
    """Return a string that is not a token."""
    return "nonsense"


def forge_signature(good: str) -> str:
    """Return a token signed with another key."""
    return forge_token(good, key="another key of at least thirty-two bytes")


def revoke_session(good: str) -> str:
    """Delete the session of the token."""
    AuthSession.objects.all().delete()
    return good


def ban_user(good: str) -> str:
    """Deactivate the user of the token."""
    User.objects.update(is_active=False)
    return good


BAD_COOKIES = [
    (make_nonsense, "token_invalid", True),
    (forge_signature, "token_invalid", True),
    (make_expired, "token_expired", False),
    (revoke_session, "session_revoked", True),
    (ban_user, "account_disabled", True),
]


@pytest.fixture
def cookie(api: SchemaClient, tmp_path: Path) -> str:
    """A valid access cookie of a staff user, in a shop that sells a lamp."""
    sell_products(tmp_path, "Lamp")
    return make_access_token(make_user(is_staff=True, is_superuser=True))


@pytest.mark.parametrize("address", READS)
@pytest.mark.parametrize(("spoil", "code", "is_over"), BAD_COOKIES)
def test_who_reads_with_it_is_a_guest(
    api: SchemaClient, cookie: str, address: str, spoil: Callable[[str], str], code: str, is_over: bool
) -> None:
    api.cookies["access_token"] = spoil(cookie)

    response = api.get(address)

    assert response.status_code == 200
    assert not response.cookies
    assert api.head(address).status_code == 200


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("spoil", "code", "is_over"), BAD_COOKIES)
def test_who_writes_with_it_is_told(
    api: SchemaClient, cookie: str, write: str, spoil: Callable[[str], str], code: str, is_over: bool
) -> None:
    before = api.get("/api/products/lamp/").json()["data"]
    api.cookies["access_token"] = spoil(cookie)

    response = WRITES[write](api)

    assert response.status_code == 401
    assert response.json()["code"] == code
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert sorted(response.cookies) == (["access_token", "refresh_token"] if is_over else [])
    assert SchemaClient().get("/api/products/lamp/").json()["data"] == before
    assert len(SchemaClient().get("/api/products/").json()["data"]) == 1
    assert len(SchemaClient().get("/api/products/categories/").json()["data"]) == 1


@pytest.mark.parametrize("write", ["POST", "PATCH"])
def test_the_good_cookie_writes(api: SchemaClient, cookie: str, write: str) -> None:
    api.cookies["access_token"] = cookie

    assert WRITES[write](api).status_code == {"POST": 201, "PATCH": 200}[write]


def test_a_guest_who_writes_is_asked_to_sign_in(api: SchemaClient, cookie: str) -> None:
    for write in WRITES.values():
        response = write(api)
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_who_reads_with_a_bad_cookie_does_not_see_what_only_staff_see(api: SchemaClient, cookie: str) -> None:
    api.cookies["access_token"] = cookie
    api.patch("/api/products/lamp/", {"is_active": False})
    as_staff = api.get("/api/products/lamp/")
    api.cookies["access_token"] = make_expired(cookie)

    as_guest = api.get("/api/products/lamp/")

    assert (as_staff.status_code, as_guest.status_code) == (200, 404)


def test_the_market_of_a_bad_cookie_counts_for_nothing(api: SchemaClient, cookie: str) -> None:
    api.cookies["access_token"] = make_expired(make_access_token(make_user("eve@example.com", market="us"), "us"))

    assert [row["currency"] for row in api.get("/api/products/").json()["data"]] == ["INR"]
