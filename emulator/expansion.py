"""The `expand` parameter: include objects in a response instead of their ids (https://docs.stripe.com/api/expanding_objects)."""

from typing import Any

from emulator import objects, pagination, parameters
from emulator.errors import invalid
from emulator.state import State

Json = dict[str, Any]
MAX_DEPTH = 4
LINE_ITEMS = "line_items"
EXPANDABLE = {  # object type -> property -> type of the expanded object
    "checkout.session": {"payment_intent": "payment_intent", LINE_ITEMS: LINE_ITEMS},
    "payment_intent": {"latest_charge": "charge"},
    "charge": {"payment_intent": "payment_intent"},
    "refund": {"charge": "charge", "payment_intent": "payment_intent"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
}


def parse_expand(params: Json, kind: str, *, in_list: bool) -> list[str]:
    """Return the property paths to expand in objects of this kind. Raises ApiError if one cannot be expanded."""
    value = params.get("expand", [])
    paths = parameters.parse_list([value] if isinstance(value, str) else value, "expand")
    return [_check_path(path, kind, in_list) for path in paths]


def _check_path(path: str, kind: str, in_list: bool) -> str:
    rest = path.removeprefix("data.") if in_list else path
    parts, inner = rest.split("."), kind
    for part in parts:
        inner = EXPANDABLE.get(inner, {}).get(part, "")
    if (in_list and rest == path) or not inner or len(parts) > MAX_DEPTH:
        raise invalid(f"This property cannot be expanded ({path[:100]}).", "expand")
    return rest


def expand(state: State, stored: Json, paths: list[str]) -> Json:
    """Return a public copy with the objects at these paths expanded; in a list, expand each row."""
    if stored["object"] == "list":
        return {**stored, "data": [expand(state, row, paths) for row in stored["data"]]}
    body = objects.to_public(stored)
    for head in {path.partition(".")[0] for path in paths}:
        rest = [path.partition(".")[2] for path in paths if path.startswith(f"{head}.")]
        if head == LINE_ITEMS:
            body[head] = list_lines(stored, {"limit": str(pagination.MAX_LIMIT)})
        elif body[head] is not None:
            body[head] = expand(state, state.get(EXPANDABLE[stored["object"]][head], body[head]), rest)
    return body


def list_lines(session: Json, params: Json) -> Json:
    """Return a page of the session's line items. Raises ApiError."""
    return pagination.paginate(session["_lines"], params, f"/v1/checkout/sessions/{session['id']}/line_items")
