"""The hooks of drf-spectacular: which routes the document has, and the components that no view declares."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from core.http.openapi.envelope_schema import build_refusal_components
from core.http.openapi.headers import RESPONSE_HEADERS
from core.http.openapi.refusals import OF_NO_OPERATION

Endpoint = tuple[str, str, str, Any]
Json = dict[str, Any]


def keep_canonical_routes(endpoints: Sequence[Endpoint], **_: Any) -> list[Endpoint]:
    """Keep one route and one method for each operation: aliases and the mount at `/` stay out of the document."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/") and _is_canonical(endpoint[3], endpoint[2])]


def _is_canonical(callback: Callable[..., Any], method: str) -> bool:
    """Return whether the route is no alias, and the method the first one that its action answers to."""
    actions: dict[str, str] = getattr(callback, "actions", {})
    first = next((name for name, action in actions.items() if action == actions.get(method.lower())), method)
    return not getattr(callback, "is_alias", False) and first.upper() == method.upper()


def finalize_schema(result: Json, **_: Any) -> Json:
    """Add the body of refusals with all codes, the headers of responses, and the refusals that operations share."""
    operations: list[Json] = [operation for item in result["paths"].values() for operation in item.values()]
    codes = {code for op in operations for response in op["responses"].values() for code in response.get("x-codes", ())}
    codes |= {info.code for info in OF_NO_OPERATION}
    components = result["components"]
    components["schemas"] = dict(sorted({**components["schemas"], **build_refusal_components(codes)}.items()))
    components["headers"] = RESPONSE_HEADERS
    components["responses"] = _share_refusals(operations)
    return result


def _share_refusals(operations: list[Json]) -> Json:
    """Replace the most frequent refusal of each status by a reference; return these refusals by their component's name."""
    refusals = [(status, json.dumps(r)) for op in operations for status, r in op["responses"].items() if "x-codes" in r]
    most_frequent = {status: text for (status, text), uses in reversed(Counter(sorted(refusals)).most_common()) if uses > 1}
    for operation in operations:
        for status, response in operation["responses"].items():
            if json.dumps(response) == most_frequent.get(status):
                operation["responses"][status] = {"$ref": f"#/components/responses/Refusal{status}"}
    return {f"Refusal{status}": json.loads(text) for status, text in sorted(most_frequent.items())}
