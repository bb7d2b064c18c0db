"""OPTIONS"""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.tests.factories import make_access_token, make_user
from tests.schema_client import SchemaClient


def list_routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    """Return an address of each route of the API."""
    routes: list[str] = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").replace("/?", "/")
        if isinstance(pattern, URLResolver):
            routes += list_routes(pattern.url_patterns, path)
        else:
            routes.append("/" + re.sub(r"\(\?P<\w+>(?:\[[^]]*\]|[^)\[])*\)", "1", path).replace(r"\.", "."))
    return [route for route in routes if route.startswith("/api/")]


@pytest.mark.sampled
@pytest.mark.parametrize("is_signed_in", [False, True])
@pytest.mark.parametrize("route", sorted(set(list_routes(get_resolver().url_patterns))))
def test_every_route_answers_with_the_methods_it_has_or_refuses(api: SchemaClient, route: str, is_signed_in: bool) -> None:
    if is_signed_in:
        api.bearer(make_access_token(make_user(is_staff=True, is_superuser=True)))

    response = api.options(route)

    body = response.json()
    if response.status_code == 200:
        assert body == {"success": True, "status": 200, "message": "OK", "data": None, "warnings": []}
        assert "OPTIONS" in response["Allow"]
    else:
        assert (response.status_code, body["code"]) in {(401, "not_authenticated"), (403, "permission_denied"), (404, "not_found")}


def test_it_does_not_describe_answers_as_inputs(api: SchemaClient) -> None:
    response = api.options("/api/cart/")

    assert response["Allow"] == "GET, POST, DELETE, HEAD, OPTIONS"
    assert response.json()["data"] is None
