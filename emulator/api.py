"""The API under `/v1`: its routes and the parameters that each accepts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator import expansion, pagination, parameters, refunds
from emulator.errors import ApiError
from emulator.state import State

Json = dict[str, Any]
SESSION = "checkout.session"
SESSIONS = "checkout/sessions"


@dataclass(frozen=True)
class Route:
    """A method and path; `handler` receives the request parameters, then the groups of the path."""

    method: str
    path: str
    kind: str  # type of the returned object, or of the objects in the returned list
    parameter_names: set[str]
    handler: Callable[..., Json]
    is_list: bool = False


class Api:
    """Dispatches requests to the handlers of one account."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.routes = (
            Route("POST", SESSIONS, SESSION, parameters.SESSION, state.create_session),
            self._list_route(SESSIONS, SESSION, "customer", "payment_intent", "payment_link", "status"),
            self._retrieve_route(SESSIONS, SESSION),
            Route("POST", rf"{SESSIONS}/(\w+)/expire", SESSION, {"expand"}, lambda params, object_id: state.expire(object_id)),
            Route("GET", rf"{SESSIONS}/(\w+)/line_items", "item", parameters.LIST - {"created"}, self._list_lines, is_list=True),
            self._retrieve_route("payment_intents", "payment_intent"),
            self._retrieve_route("charges", "charge"),
            Route("POST", "refunds", "refund", parameters.REFUND, lambda params: refunds.create_refund(state, params)),
            self._list_route("refunds", "refund", "charge", "payment_intent"),
            self._retrieve_route("refunds", "refund"),
            Route("GET", "events", "event", parameters.LIST | {"type", "types"}, self._list_events, is_list=True),
            self._retrieve_route("events", "event"),
            self._retrieve_route("disputes", "dispute"),
        )

    def handle(self, method: str, path: str, params: Json) -> Json:
        """Return the JSON body of the response. Raises ApiError."""
        for route in self.routes:
            match = re.fullmatch(f"/v1/{route.path}/?", path)
            if route.method == method and match:
                parameters.check_known(params, route.parameter_names)
                expand_paths = expansion.parse_expand(params, route.kind, in_list=route.is_list)
                with self.state.lock:
                    return expansion.expand(self.state, route.handler(params, *match.groups()), expand_paths)
        raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")

    def _retrieve_route(self, path: str, kind: str) -> Route:
        return Route("GET", rf"{path}/(\w+)", kind, {"expand"}, lambda params, object_id: self.state.get(kind, object_id))

    def _list_route(self, path: str, kind: str, *filters: str) -> Route:
        def handler(params: Json) -> Json:
            filter_values = {name: params[name] for name in filters if name in params}
            rows = [row for row in self._newest_first(kind) if all(row.get(name) == value for name, value in filter_values.items())]
            return pagination.paginate(rows, params, f"/v1/{path}")

        return Route("GET", path, kind, parameters.LIST | set(filters), handler, is_list=True)

    def _list_lines(self, params: Json, session_id: str) -> Json:
        return expansion.list_lines(self.state.get_session(session_id), params)

    def _list_events(self, params: Json) -> Json:
        kinds = parameters.parse_list(params["types"], "types") if "types" in params else None
        rows = [row for row in self._newest_first("event") if kinds is None or row["type"] in kinds]
        rows = [row for row in rows if "type" not in params or row["type"] == params["type"]]
        return pagination.paginate(rows, params, "/v1/events")

    def _newest_first(self, kind: str) -> list[Json]:
        return list(reversed(self.state.list_objects(kind).values()))
