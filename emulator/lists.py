"""Pages of lists: by cursor and by time."""

from collections.abc import Callable
from typing import Any

from emulator import parameters, shapes
from emulator.errors import invalid

Json = dict[str, Any]
RANGES: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda at, bound: at > bound,
    "gte": lambda at, bound: at >= bound,
    "lt": lambda at, bound: at < bound,
    "lte": lambda at, bound: at <= bound,
}
LARGEST = 100  # rows


def page(rows: list[Json], given: Json, url: str) -> Json:
    """Return a page of rows that are in the order of the list. Raises ApiError."""
    limit = parameters.whole(given.get("limit", "10"), "limit", least=1)
    if limit > LARGEST:
        raise invalid(f"This value must be less than or equal to {LARGEST}.", "limit")
    if "starting_after" in given and "ending_before" in given:
        raise invalid("Give one of starting_after and ending_before.", "ending_before")
    fits = _within(given.get("created"))
    found = [row for row in rows if fits(row)]
    if "ending_before" in given:
        found = found[: _place(found, given, "ending_before")]
        return shapes.listed(found[-limit:], url, has_more=len(found) > limit)
    if "starting_after" in given:
        found = found[_place(found, given, "starting_after") + 1 :]
    return shapes.listed(found[:limit], url, has_more=len(found) > limit)


def _place(rows: list[Json], given: Json, cursor: str) -> int:
    ids = [row["id"] for row in rows]
    if given[cursor] not in ids:
        raise invalid(f"No such object: '{given[cursor]}'", cursor, "resource_missing")
    return ids.index(given[cursor])


def _within(created: Any) -> Callable[[Json], bool]:
    if created is None:
        return lambda row: True
    if not isinstance(created, dict):
        at = parameters.whole(created, "created")
        return lambda row: bool(row["created"] == at)
    parameters.known(created, set(RANGES), "created")
    bounds = [(RANGES[name], parameters.whole(bound, f"created[{name}]")) for name, bound in created.items()]
    return lambda row: all(holds(row["created"], bound) for holds, bound in bounds)
