"""The description of a view method, for the OpenAPI document and for the warnings about unknown input."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from core.exceptions import DomainError

Method = TypeVar("Method", bound=Callable[..., Any])
RefusalClass = type[DomainError]


@dataclass(frozen=True)
class Operation:
    """The description of a view method. `response` is its `data`, `extra` the further top-level keys."""

    id: str
    response: Any
    request: Any = None
    statuses: Sequence[int] = (200,)
    extra: type[serializers.Serializer[Any]] | None = None
    parameters: Sequence[OpenApiParameter] = ()
    refusals: Sequence[RefusalClass] = ()
    reply: str = ""
    response_headers: Sequence[str] = ()
    tag: str = ""
    has_documented_body: bool = True

    @cached_property
    def input(self) -> serializers.Serializer[Any] | None:
        """A serializer of the body that names its fields: one for all requests, because making it is expensive."""
        serializer: serializers.Serializer[Any] | None = self.request() if isinstance(self.request, type) else self.request
        return serializer


def api_schema(response: Any, *, operation_id: str, **description: Any) -> Callable[[Method], Method]:
    """Describe a view method in the schema.

    `response` is the serializer of its `data`, or None. Of the further arguments (fields of `Operation`): `request` is the
    serializer of the body; `refusals` are the exceptions that it raises, without those that follow from the view (see
    `openapi.refusals`); `reply` names the component of the envelope, by default after the data; `tag` overrides the view's;
    without `has_documented_body` the document leaves the body out.
    """
    operation = Operation(operation_id, response, **description)

    def describe(method: Method) -> Method:
        method.operation = operation  # type: ignore[attr-defined]  # read by get_operation
        return method

    return describe


def get_operation(view: Any) -> Operation | None:
    """Return the description of the method that handles the view's request, if it has one."""
    name = getattr(view, "action", None) or getattr(view.request, "method", None) or ""
    operation: Operation | None = getattr(getattr(view, name, None) or getattr(view, name.lower(), None), "operation", None)
    return operation
