"""The API under `/v1`: which path does what, and which parameters it takes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator import expanding, lists, parameters, refunds
from emulator.books import Books
from emulator.errors import ApiError

Json = dict[str, Any]
SESSION = "checkout.session"
SESSIONS = "checkout/sessions"


@dataclass(frozen=True)
class Route:
    """What is done for a method and a path, whose groups `act` gets after the parameters."""

    method: str
    path: str
    kind: str  # of the object that is answered, or of those in the list
    names: set[str]  # of the parameters
    act: Callable[..., Json]
    is_list: bool = False


class Api:
    """Answers for the account whose books these are."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.routes = (
            Route("POST", SESSIONS, SESSION, parameters.SESSION, books.create_session),
            self._list(SESSIONS, SESSION, "customer", "payment_intent", "payment_link", "status"),
            self._single(SESSIONS, SESSION),
            Route("POST", rf"{SESSIONS}/(\w+)/expire", SESSION, {"expand"}, lambda given, name: books.expire(name)),
            Route("GET", rf"{SESSIONS}/(\w+)/line_items", "item", parameters.LIST - {"created"}, self._lines, is_list=True),
            self._single("payment_intents", "payment_intent"),
            self._single("charges", "charge"),
            Route("POST", "refunds", "refund", parameters.REFUND, lambda given: refunds.create(books, given)),
            self._list("refunds", "refund", "charge", "payment_intent"),
            self._single("refunds", "refund"),
            Route("GET", "events", "event", parameters.LIST | {"type", "types"}, self._events, is_list=True),
            self._single("events", "event"),
            self._single("disputes", "dispute"),
        )

    def answer(self, method: str, path: str, given: Json) -> Json:
        """Return the JSON of an answer. Raises ApiError."""
        for route in self.routes:
            found = re.fullmatch(f"/v1/{route.path}/?", path)
            if route.method == method and found:
                parameters.known(given, route.names)
                wanted = expanding.wanted(given, route.kind, in_list=route.is_list)
                with self.books.lock:
                    return expanding.expanded(self.books, route.act(given, *found.groups()), wanted)
        raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")

    def _single(self, path: str, kind: str) -> Route:
        return Route("GET", rf"{path}/(\w+)", kind, {"expand"}, lambda given, name: self.books.of(kind, name))

    def _list(self, path: str, kind: str, *filters: str) -> Route:
        def act(given: Json) -> Json:
            wanted = {name: given[name] for name in filters if name in given}
            rows = [row for row in self._newest(kind) if all(row.get(name) == value for name, value in wanted.items())]
            return lists.page(rows, given, f"/v1/{path}")

        return Route("GET", path, kind, parameters.LIST | set(filters), act, is_list=True)

    def _lines(self, given: Json, name: str) -> Json:
        return expanding.lines(self.books.session(name), given)

    def _events(self, given: Json) -> Json:
        kinds = parameters.a_list(given["types"], "types") if "types" in given else None
        rows = [row for row in self._newest("event") if kinds is None or row["type"] in kinds]
        rows = [row for row in rows if "type" not in given or row["type"] == given["type"]]
        return lists.page(rows, given, "/v1/events")

    def _newest(self, kind: str) -> list[Json]:
        return list(reversed(self.books.all(kind).values()))
