"""An API client that checks each response against the OpenAPI schema, so that every test also tests the documentation."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator
from jsonschema_rs import Draft202012Validator
from rest_framework.test import APIClient

from core.http.openapi.refusals import OF_NO_OPERATION

JSON = "application/json"
REFUSAL = {"$ref": "#/components/schemas/Refusal"}
CODES_OF_NO_OPERATION = {info.code for info in OF_NO_OPERATION} | {"not_found", "bad_host", "bad_request", "unknown_market"}


@cache
def get_schema() -> dict[str, Any]:
    """Return the schema as `/api/schema/` publishes it."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return generated


@cache
def get_operations() -> dict[str, dict[str, Any]]:
    """Return the described operations by name."""
    return {op["operationId"]: op for item in get_schema()["paths"].values() for op in item.values()}


@cache
def get_strict_components() -> dict[str, Any]:
    """Return the schemas of the document, closed: clients ignore undeclared properties, tests do not."""
    components: dict[str, Any] = copy.deepcopy(get_schema()["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return components


def find_operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the description of the view that answers, also under an alias of its route; None if none is described."""
    try:
        view = resolve(unquote(path.partition("?")[0])).func
    except Resolver404:
        return None
    view_class = getattr(view, "cls", None)
    name = getattr(view, "actions", {}).get(method.lower(), method.lower())
    operation = getattr(getattr(view_class, name, None), "operation", None)
    return None if operation is None else get_operations()[operation.id]


@cache
def compile_schema(schema: str) -> Draft202012Validator:
    """Return the validator of a schema in JSON, which may refer to the components of the document."""
    return Draft202012Validator({"components": get_strict_components(), **json.loads(schema)})


def find_problems(body: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Yield what in a body contradicts its schema."""
    errors = compile_schema(json.dumps(schema)).iter_errors(body)
    return (f"{'.'.join(map(str, error.instance_path))}: {error.message}"[:500] for error in errors)


def resolve_response(operation: dict[str, Any], status: int) -> dict[str, Any]:
    """Return the described response of a status. Raises KeyError."""
    response: dict[str, Any] = operation["responses"][str(status)]
    reference = response.get("$ref", "").rpartition("/")[2]
    return get_schema()["components"]["responses"][reference] if reference else response


def check_response(method: str, path: str, status: int, body: Any) -> None:
    """Fail if the response does not match the schema, or if the refusal has a code that the operation does not declare."""
    operation = find_operation(method, path)
    if operation is None:
        assert status >= 400, f"{method} {path} answered {status}, and the schema does not describe it"
        schema, codes = REFUSAL, CODES_OF_NO_OPERATION
    else:
        name = operation["operationId"]
        assert str(status) in operation["responses"], f"{name} answered {status} {body.get('code')}, which is not described"
        response = resolve_response(operation, status)
        schema, codes = response["content"][JSON]["schema"], response.get("x-codes", ())
    problems = list(find_problems(body, schema))
    assert not problems, f"{method} {path} {status} does not match the schema: {problems}"
    assert (body["status"], body["success"]) == (status, status < 400)
    if status >= 400:
        assert body["message"] == body["detail"] == get_message(body)
    assert status < 400 or body["code"] in codes, f"{method} {path} {status}: {body['code']} is not among {sorted(codes)}"


def get_message(body: dict[str, Any]) -> str:
    """Return the message that a refusal must have: the sentence of the only field, unless old clients expect another text."""
    errors: list[list[str]] = list(body["errors"].values())
    if not errors:
        return str(body["message"])
    return "Validation failed" if len(errors) > 1 or body["code"] in ("out_of_stock", "own_product") else errors[0][0]


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
