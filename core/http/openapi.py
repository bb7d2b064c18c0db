"""Teaches the schema about the envelope: every answer is wrapped, every refusal described, and nothing undescribed may be said."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers

from core.pagination import COUNTED

Method = TypeVar("Method", bound=Callable[..., Any])
Endpoint = tuple[str, str, str, Any]


class LinksResponse(serializers.Serializer[Any]):
    """The neighbours of a page, as absolute addresses."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    page_size = serializers.IntegerField()


@extend_schema_field({"oneOf": [{"type": "integer"}, {"const": f"{COUNTED}+"}]})
class CountField(serializers.Field[Any, Any, Any, Any]):
    """How many rows there are in all; beyond the limit only that."""


class CountedLinksResponse(LinksResponse):
    """The neighbours of a page and, where it was asked for, how many rows there are in all."""

    count = CountField(required=False)


class CountedPaginationResponse(serializers.Serializer[Any]):
    """What stands beside a list that can be counted."""

    pagination = CountedLinksResponse()


class PaginationResponse(serializers.Serializer[Any]):
    """What stands beside a list."""

    pagination = LinksResponse()


def api_schema(
    response: Any,
    *,
    request: Any = None,
    statuses: Sequence[int] = (200,),
    extra: type[serializers.Serializer[Any]] | None = None,
    parameters: Sequence[OpenApiParameter] = (),
) -> Callable[[Method], Method]:
    """Describe a view method to the schema: its request body, its `data`, and further top-level keys (`extra`)."""

    def describe(method: Method) -> Method:
        method.extra_response = extra  # type: ignore[attr-defined]  # read by EnvelopeSchema
        described = extend_schema(request=request, responses=dict.fromkeys(statuses, response), parameters=list(parameters))
        return described(method)

    return describe


class EnvelopeSchema(AutoSchema):
    """drf-spectacular's schema, with the envelope around each answer."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        extra = self._extra_properties()
        for status, response in bodies.items():
            schema = next((media["schema"] for media in response.get("content", {}).values()), {"type": "null"})
            response["content"] = {"application/json": {"schema": _success(int(status), schema, extra)}}
            response["description"] = "Done"
        refusal: dict[str, Any] = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}}
        refusal["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
        bodies["4XX"] = {**refusal, "description": "Refused; `code` says why"}
        bodies["5XX"] = {**refusal, "description": "Not possible now"}
        return bodies

    def _get_request_body(self, direction: Literal["request", "response"] = "request") -> dict[str, Any] | None:
        """Describe the body of a DELETE too, where it takes one; drf-spectacular leaves it out."""
        method, self.method = self.method, "POST" if self.method == "DELETE" else self.method
        try:
            body: dict[str, Any] | None = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method
        return body

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Only what is described with `many=True` is a list, whatever the method is called."""
        return isinstance(serializer, serializers.ListSerializer)

    def get_operation_id(self) -> str:
        """Name an operation by its method and path, so that an alias and a route with an id each have a name of their own."""
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


RETRY_AFTER = {"description": "seconds, where the same request may do later", "schema": {"type": "integer", "minimum": 1}}


def documented_routes(endpoints: Sequence[Endpoint], **_: Any) -> list[Endpoint]:
    """Keep the `/api/…/` form of each route; the bare mount answers the same."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def close_answers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the refusal, and let no answer hold a key that is not described."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in schemas.items():
        if schema.get("type") == "object" and "properties" in schema and not name.endswith("Request"):
            schema.setdefault("additionalProperties", False)
    schemas["Refusal"] = REFUSAL
    result["components"]["headers"] = {"Retry-After": RETRY_AFTER}
    return result
