"""Adds the envelope to the OpenAPI schema: wraps every response, describes every error, and forbids undeclared properties."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers

from core.pagination import COUNT_LIMIT

Method = TypeVar("Method", bound=Callable[..., Any])
Endpoint = tuple[str, str, str, Any]


class LinksResponse(serializers.Serializer[Any]):
    """The neighbouring pages as absolute URLs."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    page_size = serializers.IntegerField()


@extend_schema_field({"oneOf": [{"type": "integer"}, {"const": f"{COUNT_LIMIT}+"}]})
class CountField(serializers.Field[Any, Any, Any, Any]):
    """The total number of rows, or that it exceeds the limit."""


class CountedLinksResponse(LinksResponse):
    """The neighbouring pages and, if requested, the total number of rows."""

    count = CountField(required=False)


class CountedPaginationResponse(serializers.Serializer[Any]):
    """The top-level keys of a list that can be counted."""

    pagination = CountedLinksResponse()


class PaginationResponse(serializers.Serializer[Any]):
    """The top-level keys of a list."""

    pagination = LinksResponse()


def api_schema(
    response: Any,
    *,
    request: Any = None,
    statuses: Sequence[int] = (200,),
    extra: type[serializers.Serializer[Any]] | None = None,
    parameters: Sequence[OpenApiParameter] = (),
) -> Callable[[Method], Method]:
    """Describe a view method in the schema: its request body, its `data`, and further top-level keys (`extra`)."""

    def describe(method: Method) -> Method:
        method.extra_response = extra  # type: ignore[attr-defined]  # read by EnvelopeSchema
        decorator = extend_schema(request=request, responses=dict.fromkeys(statuses, response), parameters=list(parameters))
        return decorator(method)

    return describe


class EnvelopeSchema(AutoSchema):
    """drf-spectacular's schema with the envelope around each response."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        extra = self._extra_properties()
        for status, response in bodies.items():
            schema = next((media["schema"] for media in response.get("content", {}).values()), {"type": "null"})
            response["content"] = {"application/json": {"schema": _success(int(status), schema, extra)}}
            response["description"] = "Done"
        refusal: dict[str, Any] = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}}
        refusal["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
        bodies["4XX"] = {**refusal, "description": "The request was refused; `code` gives the reason"}
        bodies["5XX"] = {**refusal, "description": "Temporarily unavailable"}
        return bodies

    def _get_request_body(self, direction: Literal["request", "response"] = "request") -> dict[str, Any] | None:
        """Describe the body of a DELETE as well; drf-spectacular omits it."""
        method, self.method = self.method, "POST" if self.method == "DELETE" else self.method
        try:
            body: dict[str, Any] | None = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method
        return body

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Treat only serializers with `many=True` as lists, whatever the method is called."""
        return isinstance(serializer, serializers.ListSerializer)

    def get_operation_id(self) -> str:
        """Name an operation by its method and path, so that aliases and detail routes have distinct names."""
        parts = (part.strip("{}") for part in self.path.removeprefix("/api").split("/") if part)
        return "_".join((self.method.lower(), *(part.replace("-", "_") for part in parts)))

    def _extra_properties(self) -> dict[str, Any]:
        method = getattr(self.view, getattr(self.view, "action", None) or "", None)
        serializer = getattr(method, "extra_response", None)
        if serializer is None:
            return {}
        component = self.resolve_serializer(serializer(), "response")
        properties: dict[str, Any] = component.schema["properties"]
        return properties


def _success(status: int, data: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "success": {"const": True},
        "status": {"const": status},
        "message": {"type": "string"},
        "data": data,
        "warnings": {"type": "array", "items": {"type": "string"}},
        **extra,
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


REFUSAL: dict[str, Any] = {
    "type": "object",
    "description": "`message` is for people and may change, `code` is for programs and may not.",
    "properties": {
        "success": {"const": False},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "details": {"type": "object", "additionalProperties": {}},
    },
    "required": ["success", "status", "code", "message", "errors"],
    "additionalProperties": False,
}


RETRY_AFTER = {"description": "seconds after which the same request may succeed", "schema": {"type": "integer", "minimum": 1}}


def keep_api_routes(endpoints: Sequence[Endpoint], **_: Any) -> list[Endpoint]:
    """Keep only the `/api/…/` form of each route; the mount at `/` is an alias."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def finalize_schema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the error response, and forbid undeclared properties in all responses."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in schemas.items():
        if schema.get("type") == "object" and "properties" in schema and not name.endswith("Request"):
            schema.setdefault("additionalProperties", False)
    schemas["Refusal"] = REFUSAL
    result["components"]["headers"] = {"Retry-After": RETRY_AFTER}
    return result
