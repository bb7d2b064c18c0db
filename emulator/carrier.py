"""A carrier: its parcels, and the events that control calls put there. `GET /carrier/events?number=A&number=B` lists them."""

from typing import Any
from urllib.parse import parse_qs

from emulator.errors import ApiError
from emulator.state import State

Json = dict[str, Any]
PATH = "/carrier/events"
KIND = "parcel"
MAX_NUMBERS = 50  # in a call
MAX_EVENTS = 20_000  # of a parcel
MAX_DELAY = 10**9  # seconds


def put_events(state: State, params: Json) -> Json:
    """Add events to a parcel, which is new if the number is. Raises ApiError.

    They are listed in the order in which they came, doubled if they came twice, and as they are: `id`, `code`, `at`, `text` and
    `collected_minor` may have any value. One with `delay` is listed so many seconds later by the emulator's clock.
    """
    number, events = params.get("number"), params.get("events")
    if not isinstance(number, str) or not number:
        raise ApiError(400, "number is the tracking number of a parcel.")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ApiError(400, "events is a list of objects.")
    with state.lock:
        parcel = state.rows[KIND].get(number, {"object": KIND, "id": number, "events": []})
        if len(parcel["events"]) + len(events) > MAX_EVENTS:
            raise ApiError(400, f"A parcel has up to {MAX_EVENTS} events.")
        parcel["events"] += [_build_event(event, state.now()) for event in events]
        state.record(parcel)
        return {"number": number, "events": len(parcel["events"])}


def list_parcels(state: State, query: str, fault: Json) -> Json:
    """Return the parcels of these numbers that are known, with the events that have happened. Raises ApiError.

    The faults `duplicate` and `reorder` repeat all events so many times, and list them backwards.
    """
    numbers = parse_qs(query).get("number", [])
    if not 1 <= len(numbers) <= MAX_NUMBERS:
        raise ApiError(400, f"Ask about 1 to {MAX_NUMBERS} numbers.", param="number")
    with state.lock:
        parcels = [state.rows[KIND][number] for number in numbers if number in state.rows[KIND]]
        body = {"parcels": [{"number": parcel["id"], "events": _list_events(parcel, state.now(), fault)} for parcel in parcels]}
    return {**body, **fault.get("tamper", {})}


def _build_event(event: Json, now: int) -> Json:
    delay = event.get("delay", 0)
    if type(delay) is not int or not 0 <= delay <= MAX_DELAY:
        raise ApiError(400, f"delay is a number of seconds up to {MAX_DELAY}.")
    return {"listed_at": now + delay, "event": {name: value for name, value in event.items() if name != "delay"}}


def _list_events(parcel: Json, now: int, fault: Json) -> list[Json]:
    events: list[Json] = [row["event"] for row in parcel["events"] if row["listed_at"] <= now] * (1 + fault.get("duplicate", 0))
    return events[::-1] if fault.get("reorder") else events
