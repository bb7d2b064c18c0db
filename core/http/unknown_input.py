"""Names the keys of a body that no field reads, and the query parameters that no view reads.

Clients send back what they got. A key of the answer that no field reads is named only if it came with another value than the
object has after the write, or had before it: the client tried to change it, or has an outdated copy.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from core.http.envelope import Reply, encode
from core.http.inputs import MAX_KEY_LENGTH, MAX_UNKNOWN_KEYS, Input
from core.http.openapi.operation import Operation, get_operation
from core.http.parsers import get_body

# Parameters that advertising networks and cache busters append to any address.
IGNORED_PARAMETER = re.compile(
    r"_.*|cb|ts|utm_.+|mc_[ce]id|gad_.+|li_fat_id|srsltid|igshid|(?:g|f|d|y|fb|ms|tt|tw)clid|[gw]braid", re.IGNORECASE
)


def find_unknown_input(request: Request, view: Any, reply: Reply) -> list[str]:
    """Return a warning for each key of the body and each query parameter that was ignored; at most 20 of each."""
    operation = get_operation(view)
    if operation is None:
        return []
    warnings = list(_iterate_ignored_keys(request, operation, reply))
    return warnings + [f"Unknown query parameter: {name}" for name in _find_unknown_parameters(request, operation)]


def _iterate_ignored_keys(request: Request, operation: Operation, reply: Reply) -> Iterator[str]:
    # A body that the view did not read may be anything, and is not read now.
    is_read = request.method not in SAFE_METHODS and isinstance(getattr(request, "_full_data", None), dict)
    serializer = (operation.input or Input()) if is_read else None
    if not isinstance(serializer, Input):
        return
    answer: Mapping[str, Any] = reply.data if isinstance(reply.data, Mapping) else {}
    copies = (answer, reply.previous)
    sent = get_body(request).items()
    body = {key: value for key, value in sent if key in serializer.fields or not _is_copied(key, value, copies)}
    for key in serializer.find_unknown_keys(body):
        warning = f"{'Read-only' if key in answer and key in body else 'Unknown'} field: {key}"
        hint = serializer.hints.get(key)
        yield f"{warning}. {hint}" if hint else warning


def _is_copied(key: str, value: Any, copies: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether one of the objects has this value."""
    return any(key in copy and value == orjson.loads(encode({key: copy[key]}))[key] for copy in copies)


def _find_unknown_parameters(request: Request, operation: Operation) -> list[str]:
    query = request._request.GET
    if not query:
        return []
    known = {parameter.name for parameter in operation.parameters if parameter.location == OpenApiParameter.QUERY}
    unknown = [name[:MAX_KEY_LENGTH] for name in query if name not in known and not IGNORED_PARAMETER.fullmatch(name)]
    return unknown[:MAX_UNKNOWN_KEYS]
