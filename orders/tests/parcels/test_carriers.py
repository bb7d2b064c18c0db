"""Carriers: their names and links, and what their gateways make of the answers that they get"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from orders.carriers import answers
from orders.carriers.events import CarrierEvent, read_event
from orders.carriers.http_gateway import HttpGateway
from orders.carriers.links import get_carrier_name, get_tracking_url
from orders.carriers.manual import ManualGateway
from orders.carriers.registry import find_carrier, get_gateway, normalize_carrier
from orders.exceptions import CarrierRefused, CarrierUnavailable
from orders.fulfilment.parcels import sending
from orders.models import OrderEvent, Shipment
from orders.tests.parcels.carrier_servers import CarrierServer, run_carrier_server
from orders.tests.parcels.parcels import STAFF, make_cash_order, pack

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
UNKNOWN_CODES: tuple[Any, ...] = (None, 3, [], "", "Delivered")
NO_AMOUNTS: tuple[Any, ...] = (-1, "70", 7.5, True, 10**30)
NO_TIMES: tuple[Any, ...] = (
    *(None, "", "yesterday", 1793534400, [], {}, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("1999-12-31T23:59:59Z", "2999-01-01T00:00:00Z"),
)
EVENT = {"id": "1", "code": "delivered", "at": "2026-11-01T12:00:00Z", "text": "At the door"}


@pytest.fixture(autouse=True)
def carriers(settings: Settings) -> None:
    """The shop knows two carriers."""
    settings.CARRIERS = {
        "post": ("India Post", "https://post.example/track?id={number}&again={number}", ""),
        "van": ("Our van", "", ""),
    }


@pytest.fixture
def server() -> Iterator[CarrierServer]:
    """The server of a carrier."""
    with run_carrier_server() as server:
        yield server


def test_a_known_carrier_is_recognized_by_code_and_name_in_any_case() -> None:
    spellings = ("post", "POST", "India Post", " india   POST ")

    assert [normalize_carrier(text) for text in spellings] == ["post"] * 4
    assert [normalize_carrier(text) for text in ("", "  ", " Fast  Couriers ", "posts")] == ["", "", "Fast Couriers", "posts"]


def test_names_and_links_are_those_of_the_settings() -> None:
    names = [get_carrier_name(carrier) for carrier in ("post", "India post", "Fast", "")]
    links = [get_tracking_url(carrier, "A/1 ?&#é") for carrier in ("post", "INDIA POST")]

    assert names == ["India Post", "India Post", "Fast", ""]
    assert links == ["https://post.example/track?id=A%2F1%20%3F%26%23%C3%A9&again=A%2F1%20%3F%26%23%C3%A9"] * 2
    assert [get_tracking_url(*parcel) for parcel in (("post", ""), ("van", "1"), ("Fast", "1"), ("", "1"))] == [None] * 4


@pytest.mark.django_db
def test_parcels_store_the_code_of_a_known_carrier() -> None:
    shipment = pack(make_cash_order())
    sending.set_tracking(STAFF, shipment.pk, carrier="our VAN", tracking_number="1")
    entered = Shipment.objects.get().carrier

    sending.ship_parcel(STAFF, shipment.pk, carrier="India Post", tracking_number="2")

    assert (entered, Shipment.objects.get().carrier) == ("van", "post")
    assert OrderEvent.objects.filter(kind="shipped").get().data["carrier"] == "post"


def test_each_carrier_has_its_gateway(settings: Settings) -> None:
    settings.CARRIERS = {
        "fast": ("Fast", "", "https://fast.example/events"),
        "own": ("Own", "", f"{__name__}.OwnGateway"),
        "van": ("Our van", "", ""),
        **{code: (code, "", path) for code, path in (("gone", "orders.carriers.gone.Gateway"), ("bad", f"{__name__}.EVENT"))},
    }
    settings.CARRIER_TOKENS = {"fast": "of fast", "own": "of own"}

    fast, own, van, unknown = (get_gateway(find_carrier(code)) for code in ("fast", "own", "van", "other"))

    assert isinstance(fast, HttpGateway)
    assert (fast.url, fast.token) == ("https://fast.example/events", "of fast")
    assert isinstance(own, OwnGateway)
    assert own.token == "of own"
    assert isinstance(van, ManualGateway)
    assert isinstance(unknown, ManualGateway)
    assert van.fetch_events(["1"]) == {}
    for code in ("gone", "bad"):
        with pytest.raises(CarrierRefused, match=rf"^The gateway of {code} cannot be loaded from \S+: \w+Error$"):
            get_gateway(find_carrier(code))
    settings.CARRIERS = {"bad": ("Bad", "", "builtins.str")}
    with pytest.raises(CarrierRefused, match=r"^The gateway of bad does not say how many numbers it takes$"):
        get_gateway(find_carrier("bad"))


class OwnGateway(ManualGateway):
    """A gateway of the operator's."""

    def __init__(self, token: str) -> None:
        self.token = token


def test_numbers_are_asked_about_with_the_token(server: CarrierServer) -> None:
    server.body = json.dumps({"parcels": [{"number": "A&B", "events": [EVENT, EVENT]}]}).encode()

    events = HttpGateway(server.url, "secret").fetch_events(["A&B", "C D"])

    event = CarrierEvent("1", "delivered", AT, "At the door")
    assert events == {"A&B": [event, event]}
    ((params, headers),) = server.requests
    assert params == [("number", "A&B"), ("number", "C D")]
    assert headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({}, CarrierEvent("1", "delivered", AT, "At the door")),
        ({"id": 7}, CarrierEvent("7", "delivered", AT, "At the door")),
        ({"id": None}, CarrierEvent("2026-11-01T12:00:00+00:00 delivered At the door", "delivered", AT, "At the door")),
        ({"id": "a\0b"}, CarrierEvent("ab", "delivered", AT, "At the door")),
        ({"code": "teleported"}, CarrierEvent("1", "other", AT, "At the door")),
        *(({"code": code}, CarrierEvent("1", "other", AT, "At the door")) for code in UNKNOWN_CODES),
        ({"at": "2026-11-01T12:00:00"}, CarrierEvent("1", "delivered", AT, "At the door")),
        ({"at": "2026-11-01T17:30:00+05:30"}, CarrierEvent("1", "delivered", AT, "At the door")),
        ({"text": " At\0 the\n\ndoor "}, CarrierEvent("1", "delivered", AT, "At the door")),
        ({"text": {"en": "At the door"}}, CarrierEvent("1", "delivered", AT)),
        ({"text": "x" * 9000}, CarrierEvent("1", "delivered", AT, "x" * 300)),
        ({"collected_minor": 0}, CarrierEvent("1", "delivered", AT, "At the door", 0)),
        *(({"collected_minor": amount}, None) for amount in NO_AMOUNTS),
        *(({"at": at}, None) for at in NO_TIMES),
    ],
)
def test_what_a_carrier_sends_is_read_or_left_out(
    server: CarrierServer, fields: dict[str, Any], event: CarrierEvent | None
) -> None:
    rows: list[Any] = [{**EVENT, **fields}, {**EVENT, "id": "next"}, None, 5, "event", []]
    server.body = json.dumps({"parcels": [{"number": "A", "events": rows}]}).encode()

    events = HttpGateway(server.url, "").fetch_events(["A"])

    assert events == {"A": [*([event] if event else []), CarrierEvent("next", "delivered", AT, "At the door")]}


def test_long_keys_stay_apart() -> None:
    first, second = (read_event(key="k" * 300 + end, code="delivered", at=AT) for end in "12")

    assert first is not None
    assert second is not None
    assert first.key != second.key
    assert {len(first.key), len(second.key)} == {64}


def test_an_event_of_the_near_future_is_read() -> None:
    now = timezone.now()

    near, far = (read_event(code="in_transit", at=now + timedelta(hours=hours)) for hours in (14, 25))

    assert (near is None, far is None) == (False, True)


@pytest.mark.parametrize(
    "parcels", [None, {}, "A", [None, 5, {}, {"number": 5}, {"number": "A"}, {"number": "A", "events": {}}, {"events": []}]]
)
def test_an_answer_without_events_is_no_answer_or_an_empty_one(server: CarrierServer, parcels: Any) -> None:
    server.body = json.dumps({"parcels": parcels}).encode()
    gateway = HttpGateway(server.url, "")

    if isinstance(parcels, list):
        assert gateway.fetch_events(["A"]) == {"A": []}
    else:
        with pytest.raises(CarrierUnavailable, match="cannot be read"):
            gateway.fetch_events(["A"])


@pytest.mark.parametrize(
    ("status", "headers", "raised"),
    [
        *((status, {}, CarrierUnavailable) for status in (429, 500, 503)),
        *((status, {}, CarrierRefused) for status in (204, 400, 401, 403, 404)),
        (302, {"Location": "http://127.0.0.1:1/"}, CarrierRefused),
    ],
)
def test_a_refusal_is_told_apart_from_an_outage(
    server: CarrierServer, status: int, headers: dict[str, str], raised: type[Exception]
) -> None:
    server.status, server.headers = status, headers

    with pytest.raises(raised) as error:
        HttpGateway(server.url, "secret").fetch_events(["A"])

    assert "secret" not in str(error.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{", b"[]", b"null", b"5", b"\xff", b"[" * 100_000, b" " * (answers.MAX_ANSWER_SIZE + 1), b"x" * 10**7],
)
def test_an_answer_that_cannot_be_read_is_an_outage(server: CarrierServer, body: bytes) -> None:
    server.body = body

    with pytest.raises(CarrierUnavailable):
        HttpGateway(server.url, "").fetch_events(["A"])


def test_a_slow_or_missing_server_is_an_outage(server: CarrierServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "READ_TIMEOUT", 0.2)
    server.headers = {"Content-Length": "1000"}  # more than comes

    for url in (server.url, "http://127.0.0.1:1/events"):
        with pytest.raises(CarrierUnavailable):
            HttpGateway(url, "").fetch_events(["A"])
