"""The emulator's carrier: events that control calls put there, and faults"""

from typing import Any

import pytest

from tests.emulator.processes import ControlError, Emulator, Json, run_emulator

PATH = "/carrier/events"
EVENTS: list[Json] = [{"id": "1", "code": "in_transit", "at": "2026-11-28T18:05:00Z"}, {"id": "2", "code": 5, "note": None}]


def put(emulator: Emulator, number: str, *events: Json) -> Any:
    """Put events there."""
    return emulator.control("POST", "parcels", {"number": number, "events": list(events)})


def fetch(emulator: Emulator, query: str) -> Any:
    """Return the parcels in the answer of the carrier."""
    response = emulator.request("GET", f"{PATH}?{query}", Authorization="Bearer test_token")
    assert response.status == 200, response.text
    return response.json["parcels"]


def test_events_are_listed_as_they_were_put(emulator: Emulator) -> None:
    counts = [put(emulator, "A/1", *EVENTS)["events"], put(emulator, "A/1", EVENTS[0])["events"]]

    parcels = fetch(emulator, "number=A%2F1&number=B")

    assert counts == [2, 3]
    assert parcels == [{"number": "A/1", "events": [*EVENTS, EVENTS[0]]}]


def test_an_event_with_a_delay_is_listed_later(emulator: Emulator) -> None:
    put(emulator, "A", {**EVENTS[0], "delay": 60}, EVENTS[1])
    before = fetch(emulator, "number=A")

    emulator.advance_clock(61)

    assert before == [{"number": "A", "events": EVENTS[1:]}]
    assert fetch(emulator, "number=A") == [{"number": "A", "events": EVENTS}]


def test_events_are_doubled_and_reordered(emulator: Emulator) -> None:
    put(emulator, "A", *EVENTS)
    faults: tuple[Json, ...] = ({"duplicate": 1}, {"reorder": True}, {"tamper": {"parcels": []}})
    emulator.set_faults(*({"match": {"path": "carrier"}, "do": fault} for fault in faults))

    first, second, third = (fetch(emulator, "number=A") for _ in range(3))

    assert first == [{"number": "A", "events": EVENTS * 2}]
    assert second == [{"number": "A", "events": EVENTS[::-1]}]
    assert third == []


@pytest.mark.parametrize("query", ["", "name=A", "number=", "&".join(["number=A"] * 51)])
def test_one_to_fifty_numbers_are_asked_about(emulator: Emulator, query: str) -> None:
    response = emulator.request("GET", f"{PATH}?{query}", Authorization="Bearer test_token")

    assert response.status == 400
    assert response.json["error"]["message"] == "Ask about 1 to 50 numbers."


@pytest.mark.parametrize("token", ["", "Bearer live_token", "Basic test_token", "test_token"])
def test_a_test_token_is_needed(emulator: Emulator, token: str) -> None:
    response = emulator.request("GET", f"{PATH}?number=A", Authorization=token)

    assert response.status == 401


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"number": "", "events": []},
        {"number": 5, "events": []},
        {"number": "A", "events": {}},
        {"number": "A", "events": [5]},
        {"number": "A", "events": [{"delay": -1}]},
        {"number": "A", "events": [{"delay": "60"}]},
        {"number": "A", "events": [{}] * 20_001},
    ],
)
def test_what_is_no_event_is_refused(emulator: Emulator, payload: Json) -> None:
    with pytest.raises(ControlError) as error:
        emulator.control("POST", "parcels", payload)

    assert error.value.status == 400
    assert fetch(emulator, "number=A") == []


def test_parcels_are_kept_across_restarts(tmp_path: Any) -> None:
    file = str(tmp_path / "state.sqlite3")
    with run_emulator("", "--file", file) as emulator:
        put(emulator, "A", *EVENTS)

    with run_emulator("", "--file", file) as emulator:
        kept = fetch(emulator, "number=A")
        emulator.reset()

        assert kept == [{"number": "A", "events": EVENTS}]
        assert fetch(emulator, "number=A") == []
