"""The API under `/v1`: which path does what, expanding, and pages of lists."""

import re
from collections.abc import Callable
from typing import Any

from emulator import parameters, shapes
from emulator.books import Books
from emulator.errors import ApiError, invalid

Json = dict[str, Any]
RANGES: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda at, bound: at > bound,
    "gte": lambda at, bound: at >= bound,
    "lt": lambda at, bound: at < bound,
    "lte": lambda at, bound: at <= bound,
}
SESSIONS = r"checkout/sessions"


class Api:
    """Answers for the account whose books these are."""

    def __init__(self, books: Books) -> None:
        self.books = books
        one = self._one
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Json]]] = [
            (method, re.compile(f"/v1/{path}/?"), act)
            for method, path, act in (
                ("POST", SESSIONS, books.create_session),
                ("GET", SESSIONS, self._sessions),
                ("GET", rf"{SESSIONS}/(\w+)", lambda given, name: books.session(name)),
                ("POST", rf"{SESSIONS}/(\w+)/expire", lambda given, name: books.expire(name)),
                ("GET", rf"{SESSIONS}/(\w+)/line_items", self._lines),
                ("GET", r"payment_intents/(\w+)", one("intents", "payment_intent")),
                ("GET", r"charges/(\w+)", one("charges", "charge")),
                ("POST", r"refunds", books.create_refund),
                ("GET", r"refunds", self._refunds),
                ("GET", r"refunds/(\w+)", one("refunds", "refund")),
                ("GET", r"events", self._events),
                ("GET", r"events/(\w+)", one("events", "event")),
                ("GET", r"disputes/(\w+)", one("disputes", "dispute")),
            )
        ]

    def answer(self, method: str, path: str, given: Json) -> Json:
        """Return the JSON of an answer. Raises ApiError."""
        wanted = given.get("expand") or []
        for own, pattern, act in self.routes:
            found = pattern.fullmatch(path)
            if own == method and found:
                with self.books.lock:
                    return self._expanded(act(given, *found.groups()), wanted if isinstance(wanted, list) else [wanted])
        raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")

    def _one(self, table: str, what: str) -> Callable[..., Json]:
        return lambda given, name: self.books.of(table, what, name)

    def _sessions(self, given: Json) -> Json:
        parameters.known(given, parameters.LIST | {"customer", "customer_details", "payment_intent", "payment_link", "status"})
        rows = [row for row in self.books.sessions.values() if _has(row, given, "payment_intent", "status")]
        return _page(rows, given, "/v1/checkout/sessions")

    def _lines(self, given: Json, name: str) -> Json:
        rows = self.books.session(name)["_lines"]
        return _page(list(reversed(rows)), given, f"/v1/checkout/sessions/{name}/line_items")

    def _refunds(self, given: Json) -> Json:
        parameters.known(given, parameters.LIST | {"charge", "payment_intent"})
        rows = [row for row in self.books.refunds.values() if _has(row, given, "charge", "payment_intent")]
        return _page(rows, given, "/v1/refunds")

    def _events(self, given: Json) -> Json:
        parameters.known(given, parameters.LIST | {"delivery_success", "type", "types"})
        kinds = given.get("types") or ([given["type"]] if "type" in given else [])
        rows = [row for row in self.books.events.values() if not kinds or row["type"] in kinds]
        return _page(rows, given, "/v1/events")

    def _expanded(self, answer: Json, wanted: list[str]) -> Json:
        """Return a copy in which ids are replaced by the objects that the caller wants with them."""
        if answer["object"] == "list":
            inner = [path.removeprefix("data.") for path in wanted if path.startswith("data.")]
            return {**answer, "data": [self._expanded(row, inner) for row in answer["data"]]}
        shown = shapes.public(answer)
        for path in sorted(wanted):
            self._expand(shown, answer, path)
        return shown

    def _expand(self, shown: Json, stored: Json, path: str) -> None:
        head, _, rest = path.partition(".")
        if head == "line_items":
            shown[head] = _page(
                list(reversed(stored["_lines"])), {"limit": "100"}, f"/v1/checkout/sessions/{stored['id']}/line_items"
            )
            return
        tables = {"payment_intent": "intents", "latest_charge": "charges", "charge": "charges"}
        if head not in tables or head not in shown:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        value = shown[head]
        if isinstance(value, str):
            shown[head] = shapes.public(getattr(self.books, tables[head])[value])
        if rest and shown[head] is not None:
            self._expand(shown[head], shown[head], rest)


def _has(row: Json, given: Json, *names: str) -> bool:
    return all(row.get(name) == given[name] for name in names if name in given)


def _page(rows: list[Json], given: Json, url: str) -> Json:
    """Return a page of a list, the newest first. Raises ApiError."""
    limit = parameters.whole(given.get("limit", "10"), "limit", least=1)
    if limit > 100:
        raise invalid("This value must be less than or equal to 100.", "limit")
    found = [row for row in reversed(rows) if _is_within(row, given.get("created"))]
    after = given.get("starting_after")
    if after is not None:
        ids = [row["id"] for row in found]
        if after not in ids:
            raise invalid(f"No such object: '{after}'", "starting_after", "resource_missing")
        found = found[ids.index(after) + 1 :]
    return shapes.listed([shapes.public(row) for row in found[:limit]], url, has_more=len(found) > limit)


def _is_within(row: Json, created: Any) -> bool:
    if created is None:
        return True
    if not isinstance(created, dict):
        return bool(row["created"] == parameters.whole(created, "created"))
    for name, bound in created.items():
        if name not in RANGES:
            raise invalid(f"Received unknown parameter: created[{name}]", f"created[{name}]", "parameter_unknown")
        if not RANGES[name](row["created"], parameters.whole(bound, f"created[{name}]")):
            return False
    return True
