"""The catalog and who calls it: an old cookie is ignored, a bad Bearer token is told"""

import pytest

from products.tests.factories import make_product
from tests.schema_client import SchemaClient

ADDRESSES = ["/api/products/", "/api/products/lamp/"]
BAD = ["nonsense", "a.b.c", "", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."]


def sign_up(api: SchemaClient, **headers: str) -> str:
    """Make an account by token and return its access token."""
    given = {"email": "ada@example.com", "password": "a lamp on the hill", "mode": "token"}
    token: str = api.post("/api/auth/register/", given, headers=headers).json()["data"]["access_token"]
    return token


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("cookie", BAD)
def test_a_bad_access_cookie_is_ignored(api: SchemaClient, address: str, cookie: str) -> None:
    make_product()
    api.cookies["access_token"] = cookie

    assert api.get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_cookie_of_an_ended_session_is_ignored(api: SchemaClient, address: str) -> None:
    make_product()
    token = sign_up(api)
    api.post("/api/auth/logout/", headers={"Authorization": f"Bearer {token}"})
    api.cookies["access_token"] = token

    assert api.get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("token", [*BAD, "a b"])
def test_a_bad_bearer_token_is_refused(api: SchemaClient, address: str, token: str) -> None:
    make_product()

    response = api.get(address, headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_bearer_token_of_an_ended_session_is_refused(api: SchemaClient, address: str) -> None:
    make_product()
    api.bearer(sign_up(api)).post("/api/auth/logout/")

    response = api.get(address)

    assert response.status_code == 401
    assert response.json()["code"] == "session_revoked"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_bad_bearer_token_beats_a_good_cookie(api: SchemaClient, address: str) -> None:
    make_product()
    api.cookies["access_token"] = sign_up(api)

    assert api.get(address, headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.parametrize(("headers", "currency"), [({}, "USD"), ({"X-Market": "in"}, "INR")])
def test_the_market_of_the_sign_in_holds_where_the_request_names_none(
    api: SchemaClient, headers: dict[str, str], currency: str
) -> None:
    make_product(prices={"us": "1.00"})
    api.bearer(sign_up(api, **{"X-Market": "us"}))

    shown = api.get("/api/products/", headers=headers).json()["data"]

    assert [product["currency"] for product in shown] == [currency]
