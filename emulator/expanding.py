"""`expand`: objects in an answer where their ids would be (https://docs.stripe.com/api/expanding_objects)."""

from typing import Any

from emulator import lists, parameters, shapes
from emulator.books import Books
from emulator.errors import invalid

Json = dict[str, Any]
DEEPEST = 4
LINES = "line_items"
INNER = {  # what can be shown in an object, and which kind it is
    "checkout.session": {"payment_intent": "payment_intent", LINES: LINES},
    "payment_intent": {"latest_charge": "charge"},
    "charge": {"payment_intent": "payment_intent"},
    "refund": {"charge": "charge", "payment_intent": "payment_intent"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
}


def wanted(given: Json, kind: str, *, in_list: bool) -> list[str]:
    """Return what a caller wants to see within objects of this kind. Raises ApiError where it cannot be shown."""
    asked = given.get("expand", [])
    paths = parameters.a_list([asked] if isinstance(asked, str) else asked, "expand")
    return [_checked(path, kind, in_list) for path in paths]


def _checked(path: str, kind: str, in_list: bool) -> str:
    rest = path.removeprefix("data.") if in_list else path
    parts, inner = rest.split("."), kind
    for part in parts:
        inner = INNER.get(inner, {}).get(part, "")
    if (in_list and rest == path) or not inner or len(parts) > DEEPEST:
        raise invalid(f"This property cannot be expanded ({path[:100]}).", "expand")
    return rest


def expanded(books: Books, stored: Json, paths: list[str]) -> Json:
    """Return a copy that shows the objects at these paths; of a list, in each of its rows."""
    if stored["object"] == "list":
        return {**stored, "data": [expanded(books, row, paths) for row in stored["data"]]}
    shown = shapes.public(stored)
    for head in {path.partition(".")[0] for path in paths}:
        rest = [path.partition(".")[2] for path in paths if path.startswith(f"{head}.")]
        if head == LINES:
            shown[head] = lines(stored, {"limit": str(lists.LARGEST)})
        elif shown[head] is not None:
            shown[head] = expanded(books, books.of(INNER[stored["object"]][head], shown[head]), rest)
    return shown


def lines(session: Json, given: Json) -> Json:
    """Return a page of the lines of a session. Raises ApiError."""
    return lists.page(session["_lines"], given, f"/v1/checkout/sessions/{session['id']}/line_items")
