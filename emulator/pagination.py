"""List pagination by cursor, and filtering by creation time."""

from collections.abc import Callable
from typing import Any

from emulator import objects, parameters
from emulator.errors import invalid

Json = dict[str, Any]
RANGES: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda at, bound: at > bound,
    "gte": lambda at, bound: at >= bound,
    "lt": lambda at, bound: at < bound,
    "lte": lambda at, bound: at <= bound,
}
MAX_LIMIT = 100  # rows


def paginate(rows: list[Json], params: Json, url: str) -> Json:
    """Return a page of rows, which are already in list order. Raises ApiError."""
    limit = parameters.parse_integer(params.get("limit", "10"), "limit", minimum=1)
    if limit > MAX_LIMIT:
        raise invalid(f"This value must be less than or equal to {MAX_LIMIT}.", "limit")
    if "starting_after" in params and "ending_before" in params:
        raise invalid("Give one of starting_after and ending_before.", "ending_before")
    is_in_range = _created_filter(params.get("created"))
    rows = [row for row in rows if is_in_range(row)]
    if "ending_before" in params:
        rows = rows[: _find_position(rows, params, "ending_before")]
        return objects.build_list(rows[-limit:], url, has_more=len(rows) > limit)
    if "starting_after" in params:
        rows = rows[_find_position(rows, params, "starting_after") + 1 :]
    return objects.build_list(rows[:limit], url, has_more=len(rows) > limit)


def _find_position(rows: list[Json], params: Json, cursor: str) -> int:
    ids = [row["id"] for row in rows]
    if params[cursor] not in ids:
        raise invalid(f"No such object: '{params[cursor]}'", cursor, "resource_missing")
    return ids.index(params[cursor])


def _created_filter(created: Any) -> Callable[[Json], bool]:
    if created is None:
        return lambda row: True
    if not isinstance(created, dict):
        at = parameters.parse_integer(created, "created")
        return lambda row: bool(row["created"] == at)
    parameters.check_known(created, set(RANGES), "created")
    bounds = [(RANGES[name], parameters.parse_integer(bound, f"created[{name}]")) for name, bound in created.items()]
    return lambda row: all(compare(row["created"], bound) for compare, bound in bounds)
