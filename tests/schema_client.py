"""An API client that checks each answer against the OpenAPI schema, so that every test is one of the documentation too."""

import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

JSON = "application/json"


@cache
def schema() -> dict[str, Any]:
    """Return the schema as `/api/schema/` publishes it."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return generated


@cache
def routes() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each documented path, those without parameters first."""
    paths = sorted(schema()["paths"], key=lambda path: (path.count("{"), -len(path)))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path.rstrip("/"))) + "/?$"), path) for path in paths]


def expected_body(method: str, path: str, status: int) -> dict[str, Any] | None:
    """Return the schema of the body; None where the schema does not know the answer."""
    plain = path.partition("?")[0]
    plain = plain if plain.startswith("/api/") else f"/api{plain}"
    documented = next((name for pattern, name in routes() if pattern.match(plain)), None)
    operation = schema()["paths"].get(documented or "", {}).get(method.lower())
    if operation is None:
        return {"$ref": "#/components/schemas/Refusal"} if status >= 400 else None
    answers = operation["responses"]
    answer = answers.get(str(status)) or answers.get(f"{status // 100}XX")
    body: dict[str, Any] | None = answer["content"][JSON]["schema"] if answer else None
    return body


def check(method: str, path: str, status: int, body: Any) -> None:
    """Fail where the answer is not what the schema promises."""
    expected = expected_body(method, path, status)
    assert expected is not None, f"{method} {path} answered {status}, which the schema does not know"
    root = {"components": schema()["components"], **expected}
    problems = [f"{'.'.join(map(str, e.path))}: {e.message}"[:500] for e in Draft202012Validator(root).iter_errors(body)]
    assert not problems, f"{method} {path} {status} is not what the schema says: {problems}"
    assert body["status"] == status


class SchemaClient(APIClient):
    """The REST framework's client with that check; `bearer` signs it in by token."""

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Send, and check what comes back."""
        response = super().generic(method, path, *args, **kwargs)
        if method in ("OPTIONS", "HEAD") or "/schema" in path or "/docs" in path:
            return response
        assert response["Content-Type"] == JSON, f"{method} {path} answered {response['Content-Type']}"
        if "healthz" not in path and "readyz" not in path:
            check(method, path, response.status_code, response.json())
        return response

    def bearer(self, token: str) -> "SchemaClient":
        """Send this access token with every request."""
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return self
