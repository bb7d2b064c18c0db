"""The gateway of carriers whose server answers in the shop's own form (docs/carriers.md), as the stand-in does."""

from collections.abc import Mapping, Sequence
from typing import Any

from orders.carriers.answers import fetch_json
from orders.carriers.events import CarrierEvent, read_event
from orders.exceptions import CarrierUnavailable


class HttpGateway:
    """Asks `GET <url>?number=A&number=B`, with the token as bearer, and reads `{"parcels": [{"number", "events": […]}]}`."""

    max_numbers = 50

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def fetch_events(self, numbers: Sequence[str]) -> Mapping[str, Sequence[CarrierEvent]]:
        """Return the events of each parcel in the answer. Raises CarrierUnavailable, CarrierRefused."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = fetch_json(self.url, [("number", number) for number in numbers], headers)
        parcels = answer.get("parcels") if isinstance(answer, dict) else None
        if not isinstance(parcels, list):
            raise CarrierUnavailable("The carrier's answer cannot be read")
        events: dict[str, list[CarrierEvent]] = {}
        for parcel in parcels:
            if isinstance(parcel, dict) and isinstance(parcel.get("number"), str):
                events.setdefault(parcel["number"], []).extend(_read_events(parcel.get("events")))
        return events


def _read_events(rows: Any) -> list[CarrierEvent]:
    events = (_read_event(row) for row in rows) if isinstance(rows, list) else ()
    return [event for event in events if event is not None]


def _read_event(row: Any) -> CarrierEvent | None:
    if not isinstance(row, dict):
        return None
    fields = {name: row.get(name) for name in ("code", "at", "text", "collected_minor")}
    return read_event(key=row.get("id"), **fields)
