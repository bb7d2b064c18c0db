"""The gateway for DHL in docs/carriers.md works as it stands there"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from orders.carriers.events import CarrierEvent
from orders.carriers.links import get_tracking_url
from orders.carriers.registry import find_carrier, get_gateway
from orders.exceptions import CarrierRefused, CarrierUnavailable
from orders.models import Shipment
from orders.tests.parcels.carrier_servers import CarrierServer, run_carrier_server
from orders.tests.parcels.parcels import get_status, make_cash_order, send
from store.environment_carriers import parse_carrier_tokens, parse_carriers
from tests.processes import ROOT

DOCUMENT = (ROOT / "docs" / "carriers.md").read_text()
NUMBER = "7777777770"


@pytest.fixture
def server(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CarrierServer]:
    """DHL's server; the shop has the settings and the module of the document."""
    code = re.findall(r"```python\n# carrier_dhl\.py\n(.*?)```", DOCUMENT, re.DOTALL)
    (example,) = re.findall(r"```\nCARRIERS=(dhl.*)\nCARRIER_TOKENS=(.*)\n```", DOCUMENT)
    (tmp_path / "carrier_dhl.py").write_text(code[0])
    monkeypatch.syspath_prepend(tmp_path)
    settings.CARRIERS = parse_carriers(example[0])
    settings.CARRIER_TOKENS = parse_carrier_tokens(example[1], settings.CARRIERS)
    with run_carrier_server() as server:
        get_gateway(find_carrier("DHL"))
        monkeypatch.setattr("carrier_dhl.URL", server.url)
        yield server
    del sys.modules["carrier_dhl"]


def make_row(code: str, at: str, **fields: Any) -> dict[str, Any]:
    """Return an event of DHL's."""
    address = {"addressLocality": "Bonn", "countryCode": "DE"}
    return {
        "timestamp": at,
        "location": {"address": address},
        "statusCode": code,
        "status": code,
        "description": "In Bonn",
        **fields,
    }


def make_answer(*rows: dict[str, Any], number: str = NUMBER, **fields: Any) -> bytes:
    """Return DHL's answer about one shipment; its newest event comes first, and is also its status."""
    shipment = {"id": number, "service": "express", "status": rows[0], "events": list(rows), **fields}
    return json.dumps({"shipments": [shipment]}).encode()


def fetch(number: str = NUMBER) -> list[CarrierEvent]:
    """Return what the gateway reports about a shipment."""
    return list(get_gateway(find_carrier("dhl")).fetch_events([number])[number])


def test_the_events_of_a_shipment_are_read(server: CarrierServer) -> None:
    codes = ("delivered", "failure", "transit", "pre-transit", "unknown")
    rows = [make_row(code, f"2026-11-28T{20 - index}:00:00", description=code) for index, code in enumerate(codes)]
    server.body = make_answer(*rows)

    events = fetch()

    known = ("delivered", "failed", "in_transit", "other", "other")
    at = datetime(2026, 11, 28, 20, tzinfo=UTC)
    assert [(event.code, event.at, event.text) for event in events[:5]] == [
        (code, at - timedelta(hours=index), codes[index]) for index, code in enumerate(known)
    ]
    assert events[5:] == events[:1]
    assert len({event.key for event in events}) == 5
    ((params, headers),) = server.requests
    assert (params, headers["dhl-api-key"]) == ([("trackingNumber", NUMBER)], "the-api-key")
    assert get_tracking_url("DHL", NUMBER) == f"https://www.dhl.com/global-en/home/tracking.html?tracking-id={NUMBER}"


def test_a_shipment_that_went_back_to_its_sender_is_returned(server: CarrierServer) -> None:
    server.body = make_answer(
        make_row("delivered", "2026-11-28T20:00:00"), make_row("failure", "2026-11-27T20:00:00"), returnFlag=True
    )

    assert [event.code for event in fetch()] == ["returned", "failed", "returned"]


def test_a_shipment_that_dhl_does_not_know_has_no_events(server: CarrierServer) -> None:
    server.body = make_answer(make_row("delivered", "2026-11-28T20:00:00"), number="another")
    of_another = fetch()
    server.status, server.body = 404, b'{"title": "No result found", "status": 404}'

    assert (of_another, fetch()) == ([], [])


@pytest.mark.parametrize(("status", "raised"), [(401, CarrierRefused), (429, CarrierUnavailable), (500, CarrierUnavailable)])
def test_a_refusal_is_told_apart_from_an_outage(server: CarrierServer, status: int, raised: type[Exception]) -> None:
    server.status = status

    with pytest.raises(raised):
        fetch()


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"shipments": {}}', b"<html>"])
def test_an_answer_in_another_form_is_an_outage(server: CarrierServer, body: bytes) -> None:
    server.body = body

    with pytest.raises(CarrierUnavailable):
        fetch()


@pytest.mark.parametrize("shipment", [{}, {"events": 5, "status": []}, {"events": [None, 5, {}, {"statusCode": ["transit"]}]}])
def test_a_damaged_shipment_has_no_events(server: CarrierServer, shipment: dict[str, Any]) -> None:
    server.body = json.dumps({"shipments": [5, {"id": NUMBER, **shipment}]}).encode()

    assert fetch() == []


@pytest.mark.django_db
def test_a_parcel_is_delivered_when_dhl_says_so(server: CarrierServer) -> None:
    order = make_cash_order()
    parcel = send(order)
    Shipment.objects.update(carrier="dhl")
    at = (timezone.now() - timedelta(hours=2)).replace(tzinfo=None, microsecond=0).isoformat()
    server.body = make_answer(make_row("delivered", at), number=parcel.tracking_number)

    call_command("track_parcels", verbosity=0)

    assert get_status(order) == ("delivered", "succeeded", 7000)
