"""An API client that checks each response against the OpenAPI schema, so that every test also tests the documentation."""

import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

JSON = "application/json"


@cache
def get_schema() -> dict[str, Any]:
    """Return the schema as `/api/schema/` publishes it."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return generated


@cache
def get_routes() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each documented path, those without parameters first."""
    paths = sorted(get_schema()["paths"], key=lambda path: (path.count("{"), -len(path)))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path.rstrip("/"))) + "/?$"), path) for path in paths]


def get_body_schema(method: str, path: str, status: int) -> dict[str, Any] | None:
    """Return the schema of the body, or None if the schema does not document this response."""
    plain = path.partition("?")[0]
    plain = plain if plain.startswith("/api/") else f"/api{plain}"
    documented = next((name for pattern, name in get_routes() if pattern.match(plain)), None)
    operation = get_schema()["paths"].get(documented or "", {}).get(method.lower())
    if operation is None:
        return {"$ref": "#/components/schemas/Refusal"} if status >= 400 else None
    responses = operation["responses"]
    response = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    body: dict[str, Any] | None = response["content"][JSON]["schema"] if response else None
    return body


def check_response(method: str, path: str, status: int, body: Any) -> None:
    """Fail if the response does not match the schema."""
    expected = get_body_schema(method, path, status)
    assert expected is not None, f"{method} {path} answered {status}, which the schema does not document"
    root = {"components": get_schema()["components"], **expected}
    problems = [f"{'.'.join(map(str, e.path))}: {e.message}"[:500] for e in Draft202012Validator(root).iter_errors(body)]
    assert not problems, f"{method} {path} {status} does not match the schema: {problems}"
    assert body["status"] == status


class SchemaClient(APIClient):
    """REST framework's client with that check; `bearer` signs it in with a token."""

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Send the request and check the response."""
        response = super().generic(method, path, *args, **kwargs)
        if method in ("OPTIONS", "HEAD") or "/schema" in path or "/docs" in path:
            return response
        assert response["Content-Type"] == JSON, f"{method} {path} answered {response['Content-Type']}"
        if "healthz" not in path and "readyz" not in path:
            check_response(method, path, response.status_code, response.json())
        return response

    def bearer(self, token: str) -> "SchemaClient":
        """Send this access token with every request."""
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return self
