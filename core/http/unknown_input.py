"""Names the keys of a body that no field reads, and the query parameters that no view reads."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from core.http.inputs import MAX_KEY_LENGTH, MAX_UNKNOWN_KEYS, Input
from core.http.openapi.operation import Operation, get_operation

# Parameters that advertising networks and cache busters append to any address.
IGNORED_PARAMETER = re.compile(
    r"_.*|cb|ts|utm_.+|mc_[ce]id|gad_.+|li_fat_id|srsltid|igshid|(?:g|f|d|y|fb|ms|tt|tw)clid|[gw]braid", re.IGNORECASE
)


def find_unknown_input(request: Request, view: Any) -> list[str]:
    """Return a warning for each key of the body and each query parameter that was ignored; at most 20 of each."""
    operation = get_operation(view)
    if operation is None:
        return []
    warnings = [f"Unknown field: {key}" for key in _find_unknown_keys(request, operation)]
    return warnings + [f"Unknown query parameter: {name}" for name in _find_unknown_parameters(request, operation)]


def _find_unknown_keys(request: Request, operation: Operation) -> list[str]:
    # A body that the view did not read may be anything, and is not read now.
    if request.method in SAFE_METHODS or not isinstance(getattr(request, "_full_data", None), dict):
        return []
    serializer = operation.get_input() or Input()
    return serializer.find_unknown_keys(request.data) if isinstance(serializer, Input) else []


def _find_unknown_parameters(request: Request, operation: Operation) -> list[str]:
    query = request._request.GET
    if not query:
        return []
    known = {parameter.name for parameter in operation.parameters if parameter.location == OpenApiParameter.QUERY}
    unknown = [name[:MAX_KEY_LENGTH] for name in query if name not in known and not IGNORED_PARAMETER.fullmatch(name)]
    return unknown[:MAX_UNKNOWN_KEYS]
