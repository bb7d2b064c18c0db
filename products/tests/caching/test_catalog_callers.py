"""The catalog and its callers: an old cookie is ignored, a bad Bearer token is refused"""

import pytest

from products.tests.factories import make_product
from tests.schema_client import SchemaClient

URLS = ["/api/products/", "/api/products/lamp/"]
BAD = ["nonsense", "a.b.c", "", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."]


def sign_up(api: SchemaClient, **headers: str) -> str:
    """Register in token mode and return the access token."""
    credentials = {"email": "ada@example.com", "password": "a lamp on the hill", "mode": "token"}
    token: str = api.post("/api/auth/register/", credentials, headers=headers).json()["data"]["access_token"]
    return token


@pytest.mark.sampled
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("cookie", BAD)
def test_a_bad_access_cookie_is_ignored(api: SchemaClient, url: str, cookie: str) -> None:
    make_product()
    api.cookies["access_token"] = cookie

    assert api.get(url).status_code == 200


@pytest.mark.parametrize("url", URLS)
def test_the_cookie_of_an_ended_session_is_ignored(api: SchemaClient, url: str) -> None:
    make_product()
    token = sign_up(api)
    api.post("/api/auth/logout/", headers={"Authorization": f"Bearer {token}"})
    api.cookies["access_token"] = token

    assert api.get(url).status_code == 200


@pytest.mark.sampled
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("token", [*filter(None, BAD), "a b"])
def test_a_bad_bearer_token_is_refused(api: SchemaClient, url: str, token: str) -> None:
    make_product()

    response = api.get(url, headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("url", URLS)
def test_the_bearer_token_of_an_ended_session_is_refused(api: SchemaClient, url: str) -> None:
    make_product()
    api.bearer(sign_up(api)).post("/api/auth/logout/")

    response = api.get(url)

    assert response.status_code == 401
    assert response.json()["code"] == "session_revoked"


@pytest.mark.parametrize("url", URLS)
def test_a_bad_bearer_token_beats_a_good_cookie(api: SchemaClient, url: str) -> None:
    make_product()
    api.cookies["access_token"] = sign_up(api)

    assert api.get(url, headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.parametrize(("headers", "currency"), [({}, "USD"), ({"X-Market": "in"}, "INR")])
def test_the_market_of_the_sign_in_holds_where_the_request_names_none(
    api: SchemaClient, headers: dict[str, str], currency: str
) -> None:
    make_product(prices={"us": "1.00"})
    api.bearer(sign_up(api, **{"X-Market": "us"}))

    data = api.get("/api/products/", headers=headers).json()["data"]

    assert [product["currency"] for product in data] == [currency]
