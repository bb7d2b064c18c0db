"""Writes one operation of the OpenAPI document, from `api_schema` and from what the view is."""

import inspect
from itertools import groupby
from types import SimpleNamespace
from typing import Any, Literal, cast

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework import serializers

from core.http.openapi import examples
from core.http.openapi.envelope_schema import NO_DATA, build_success_schema
from core.http.openapi.headers import refer
from core.http.openapi.operation import Operation, get_operation
from core.http.openapi.refusals import RefusalInfo, list_refusals

Direction = Literal["request", "response"]
Json = dict[str, Any]
JSON = "application/json"
REFUSAL = {"$ref": "#/components/schemas/Refusal"}
DESCRIPTIONS = {
    **{200: "Done", 201: "Created", 202: "Accepted", 400: "Invalid", 401: "Not signed in", 403: "Not allowed"},
    **{404: "Not found", 408: "Too slow", 409: "In conflict with the state of the shop", 411: "No length"},
    **{412: "Changed since", 413: "Too large", 414: "Address too long"},
    **{415: "Unsupported media type", 422: "Idempotency key reused", 429: "Too many requests", 500: "A fault of the shop"},
    **{502: "Refused by another service", 503: "Temporarily unavailable"},
}


def register_reply(registry: ComponentRegistry, component: Any) -> None:
    """Register the answer of an operation. Raises ValueError if another one has the same name."""
    if component in registry and registry[component].schema != component.schema:
        raise ValueError(f"Two operations have different answers called {component.name}; give one of them a `reply`")
    registry.register_on_missing(component)


class EnvelopeSchema(AutoSchema):
    """drf-spectacular's schema, with the envelope around each response and with every refusal."""

    @property
    def operation(self) -> Operation:
        """The description that `api_schema` gave the method."""
        return cast(Operation, get_operation(self.view))

    def is_excluded(self) -> bool:
        """Leave out what `api_schema` does not describe."""
        return get_operation(self.view) is None

    def get_operation(self, *args: Any) -> Json | None:
        """Describe the operation; say so if it needs no credentials, instead of leaving it out."""
        operation: Json | None = super().get_operation(*args)
        if operation is not None:
            operation["security"] = self.get_auth()
        return operation

    def get_operation_id(self) -> str:
        """Return the name that `api_schema` gives."""
        return self.operation.id

    def get_summary(self) -> str:
        """Return the first sentence of the docstring."""
        return self._split_docstring()[0]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular does
        """Return the rest of the docstring, else its only sentence."""
        summary, rest = self._split_docstring()
        return rest or f"{summary}."

    def get_tags(self) -> list[str]:
        """Return the tag of the operation, else the view's."""
        return [self.operation.tag or getattr(self.view, "schema_tag", "")]

    def get_override_parameters(self) -> list[Any]:
        """Return the declared parameters of the operation and of its view."""
        return [*getattr(self.view, "schema_parameters", ()), *self.operation.parameters]

    def get_response_serializers(self) -> Any:
        """Return the serializer of `data`; drf-spectacular would guess one from the view."""
        return self.operation.response

    def get_auth(self) -> list[Json]:
        """Return the alternatives: each scheme, and none at all where guests may call."""
        schemes: list[Json] = [scheme for scheme in super().get_auth() if scheme]
        return [*schemes, {}] if schemes and self._is_open_to_guests() else schemes

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: Direction) -> str:
        """Name `ProductResponse` Product and a partial `ProductInput` ProductPatch."""
        name = type(serializer).__name__.removesuffix("Response")
        return f"{name.removesuffix('Input')}Patch" if direction == "request" and serializer.partial else name

    def _get_serializer_name(self, serializer: Any, direction: Direction, bypass_extensions: bool = False) -> str:
        """Return the name without the suffix that drf-spectacular adds for the direction."""
        name: str = super()._get_serializer_name(serializer, "response", bypass_extensions)
        return self.get_serializer_name(serializer, direction) if direction == "request" else name

    def _split_docstring(self) -> tuple[str, str]:
        method = getattr(self.view, getattr(self.view, "action", self.method.lower()))
        summary, _, rest = " ".join((inspect.getdoc(method) or "").split()).partition(". ")
        return summary.removesuffix("."), rest

    def _is_open_to_guests(self) -> bool:
        guest: Any = SimpleNamespace(user=AnonymousUser(), method=self.method)
        return all(permission.has_permission(guest, self.view) for permission in self.view.get_permissions())

    def _get_request_body(self, direction: Direction = "request") -> Json | None:
        """Describe the body, also of a DELETE; drf-spectacular omits that."""
        serializer = self.operation.input
        if serializer is None or not self.operation.has_documented_body:
            return None
        component = self.resolve_serializer(serializer, "request")
        media = {"schema": component.ref, **examples.get_request_example(self.operation.id)}
        body: Json = {"content": dict.fromkeys(self.map_parsers(), media)}
        return {**body, "required": True} if component.schema.get("required") else body

    def _map_basic_serializer(self, serializer: Any, direction: Direction) -> Json:
        """Describe an object; of a partial update no field is required."""
        schema: Json = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and getattr(serializer, "partial", False):
            schema.pop("required", None)
        return schema

    def _get_response_bodies(self, direction: Direction = "response") -> Json:
        schema = self._build_reply()
        bodies: Json = {}
        for status in self.operation.statuses:
            media = {"schema": schema, **examples.get_response_example(self.operation.id, status)}
            bodies[str(status)] = {"description": DESCRIPTIONS[status], "headers": self._list_headers(), "content": {JSON: media}}
        if self._is_cached():
            bodies["304"] = {
                "description": "The copy that `If-None-Match` names is current",
                "headers": refer("X-Request-ID", "ETag"),
            }
        refusals = list_refusals(self.operation, self.view, self.method, is_open_to_guests=self._is_open_to_guests())
        for status, group in groupby(refusals, key=lambda info: info.status):
            bodies[str(status)] = _describe_refusals(status, list(group))
        return bodies

    def _build_reply(self) -> Json:
        """Register the component of the envelope and return its reference."""
        operation = self.operation
        data, name = self._describe_data()
        extra = {} if operation.extra is None else self._map_basic_serializer(operation.extra(), "response")
        name, schema = operation.reply or f"{name}Reply", build_success_schema(data, extra)
        component: Any = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema
        )
        register_reply(self.registry, component)
        reference: Json = component.ref
        return reference

    def _describe_data(self) -> tuple[Json, str]:
        """Return the schema of `data`, and its name."""
        response = self.operation.response
        if response is None:
            return NO_DATA, "Empty"
        if isinstance(response, serializers.ListSerializer):
            row = self.resolve_serializer(cast(Any, response.child), "response")
            return {"type": "array", "items": row.ref}, f"{row.name}List"
        component = self.resolve_serializer(response, "response")
        return component.ref, str(component.name)

    def _is_cached(self) -> bool:
        return getattr(self.view, "action", "") in getattr(self.view, "cached_actions", ())

    def _list_headers(self) -> Json:
        names = [*(("ETag",) if self._is_cached() else ()), *getattr(self.view, "response_headers", ())]
        return refer("X-Request-ID", *names, *self.operation.response_headers)


def _describe_refusals(status: int, refusals: list[RefusalInfo]) -> Json:
    """Return the response of a status, with the codes that it can have."""
    lines = [f"- `{info.code}`: {info.meaning}" for info in refusals]
    headers = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    return {
        "description": "\n".join((f"{DESCRIPTIONS[status]}. `code` is one of:", "", *lines)),
        "headers": refer("X-Request-ID", *headers),
        "content": {JSON: {"schema": REFUSAL, "example": examples.build_refusal_example(refusals)}},
        "x-codes": [info.code for info in refusals],
    }
