"""`manage.py track_parcels`: what carriers report is asked for once an hour, and recorded parcel by parcel"""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from core.shutdown import ShutdownFlag
from orders.carriers.events import CarrierEvent
from orders.carriers.registry import find_carrier
from orders.exceptions import CarrierUnavailable
from orders.fulfilment.parcels import outcomes, polling
from orders.models import Order, Shipment, TrackingEvent
from orders.tests.parcels.carrier_servers import CarrierServer, run_carrier_server
from orders.tests.parcels.parcels import get_status, list_problems, make_cash_order, pack, send
from orders.tests.parcels.test_carrier_events import describe, make_events
from tests.emulator.processes import Emulator

pytestmark = pytest.mark.django_db
TOKEN = "test_token_of_the_shop"


@pytest.fixture(autouse=True)
def carriers(settings: Settings) -> None:
    """Parcels of the tests are sent by a carrier with a gateway; another one has none."""
    settings.CARRIERS = {"fast": ("Post", "", ""), "van": ("Our van", "", "")}
    settings.CARRIER_TOKENS = {"fast": TOKEN}


@pytest.fixture
def server(settings: Settings) -> Iterator[CarrierServer]:
    """The carrier's server, which knows nothing yet."""
    with run_carrier_server() as server:
        server.body = json.dumps({"parcels": []}).encode()
        settings.CARRIERS = {**settings.CARRIERS, "fast": ("Post", "", server.url)}
        yield server


@pytest.fixture
def stand_in(settings: Settings, emulator: Emulator) -> Emulator:
    """The stand-in is the carrier."""
    settings.CARRIERS = {**settings.CARRIERS, "fast": ("Post", "", f"{emulator.url}/carrier/events")}
    return emulator


def track(**options: Any) -> tuple[int, list[str]]:
    """Run the command; return its exit code, and the lines that it prints."""
    out, code = StringIO(), 0
    try:
        call_command("track_parcels", stdout=out, stderr=out, **options)
    except SystemExit as error:
        code = int(str(error.code))
    return code, out.getvalue().splitlines()


def make_event(key: str, code: str, hours: int = 1, **fields: Any) -> dict[str, Any]:
    """Return an event of some hours ago as the carrier sends it."""
    return {"id": key, "code": code, "at": (timezone.now() - timedelta(hours=hours)).isoformat(), "text": "by van", **fields}


def make_answer(events: dict[str, list[dict[str, Any]]]) -> bytes:
    """Return the carrier's answer about these parcels."""
    return json.dumps({"parcels": [{"number": number, "events": rows} for number, rows in events.items()]}).encode()


def wait(time: timedelta = polling.INTERVAL) -> None:
    """Let this time pass since the carrier was asked."""
    Shipment.objects.exclude(tracked_at=None).update(tracked_at=timezone.now() - time - timedelta(seconds=1))


def put(stand_in: Emulator, number: str, *events: dict[str, Any]) -> None:
    """Let the stand-in know of these events."""
    stand_in.control("POST", "parcels", {"number": number, "events": list(events)})


def test_a_parcel_is_delivered_when_its_carrier_says_so(stand_in: Emulator) -> None:
    order = make_cash_order()
    parcel = send(order)
    put(stand_in, parcel.tracking_number, make_event("1", "in_transit", 2), make_event("2", "delivered", collected_minor=6500))

    first, again = track(), track()

    assert first == (0, ["asked about 1 parcels, 2 new events, 0 need attention"])
    assert again == (0, ["asked about 0 parcels, 0 new events, 0 need attention"])
    assert get_status(order) == ("delivered", "succeeded", 6500)
    assert list(TrackingEvent.objects.values_list("code", "text")) == [("in_transit", "by van"), ("delivered", "by van")]
    assert [row["params"] for row in stand_in.requests()] == [{"number": [parcel.tracking_number]}]
    assert list_problems() == []


def test_a_parcel_is_asked_about_once_an_hour(stand_in: Emulator) -> None:
    parcel = send(make_cash_order())
    put(stand_in, parcel.tracking_number, make_event("1", "in_transit"), make_event("2", "out_for_delivery", delay=5400))
    counts = [track()[1], track()[1]]
    wait()
    counts.append(track()[1])
    stand_in.advance_clock(5400)
    wait()

    counts.append(track()[1])

    parts = [(1, 1), (0, 0), (1, 0), (1, 1)]
    assert counts == [[f"asked about {asked} parcels, {new} new events, 0 need attention"] for asked, new in parts]
    assert Shipment.objects.get().carrier_status == "out_for_delivery"


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, 1),
        *(({"state": state}, 1) for state in ("packed", "failed", "returning", "lost")),
        *(({"state": state}, 0) for state in ("delivered", "returned", "cancelled")),
        *(({"carrier": carrier}, 1) for carrier in ("FAST", "post", "Post")),
        *(({"carrier": carrier}, 0) for carrier in ("", "van", "Faster")),
        ({"state": "delivered", "delivered_at": timedelta(days=2)}, 1),
        ({"state": "delivered", "delivered_at": timedelta(days=2), "tracked_at": timedelta()}, 0),
        ({"state": "delivered", "delivered_at": timedelta(days=4)}, 0),
        ({"tracking_number": ""}, 0),
        ({"created_at": timedelta(days=91)}, 0),
        ({"tracked_at": timedelta(minutes=50)}, 0),
    ],
)
def test_parcels_are_asked_about_on_their_way_and_shortly_after(server: CarrierServer, changes: dict[str, Any], asked: int) -> None:
    send(make_cash_order())
    now = timezone.now()
    Shipment.objects.update(**{name: now - value if isinstance(value, timedelta) else value for name, value in changes.items()})

    code, lines = track()

    assert (code, lines) == (0, [f"asked about {asked} parcels, 0 new events, 0 need attention"])
    assert len(server.requests) == asked


def test_a_delivered_parcel_is_asked_about_daily(stand_in: Emulator) -> None:
    order = make_cash_order()
    parcel = send(order)
    put(stand_in, parcel.tracking_number, make_event("2", "delivered"))
    counts = [track()[1]]
    put(stand_in, parcel.tracking_number, make_event("1", "delivered", 2), make_event("0", "in_transit", 3))
    for time in (polling.INTERVAL, polling.LATE_INTERVAL):
        wait(time)
        counts.append(track()[1])

    parts = [(1, 1), (0, 0), (1, 2)]
    assert counts == [[f"asked about {asked} parcels, {new} new events, 0 need attention"] for asked, new in parts]
    assert Shipment.objects.get().delivered_at == TrackingEvent.objects.get(key="1").at
    assert get_status(order) == ("delivered", "succeeded", 7000)


def test_one_carrier_can_be_asked_alone(server: CarrierServer, settings: Settings) -> None:
    settings.CARRIERS = {**settings.CARRIERS, "slow": ("Slow", "", "http://127.0.0.1:1/")}
    send(make_cash_order())

    assert track(carrier="slow") == (0, ["asked about 0 parcels, 0 new events, 0 need attention"])
    assert track(carrier="POST") == (0, ["asked about 1 parcels, 0 new events, 0 need attention"])
    for carrier, sentence in (
        ("other", "CARRIERS has no carrier with this code or name"),
        ("van", "Our van has no gateway in CARRIERS"),
    ):
        with pytest.raises(CommandError, match=f"^{sentence}.$"):
            track(carrier=carrier)


def test_a_damaged_answer_about_one_parcel_leaves_the_others_alone(server: CarrierServer) -> None:
    order = make_cash_order()
    parcels = [send(order, lamp=1) for _ in range(3)]
    first, second, third = (parcel.tracking_number for parcel in parcels)
    server.body = b"<html>" * 10
    delivered = [make_event("1", "delivered")]
    server.by_number = {first: make_answer({first: delivered}), second: b"x" * 10**7, third: make_answer({third: delivered})}

    code, lines = track()

    attention = "attention: carrier fast: The carrier's answer is too large or too slow"
    assert (code, lines) == (2, [attention, "asked about 2 parcels, 2 new events, 1 need attention"])
    assert list(Shipment.objects.values_list("state", flat=True)) == ["delivered", "shipped", "delivered"]
    assert [[value for _, value in params] for params, _ in server.requests] == [[first, second, third], [first], [second], [third]]


def test_ten_thousand_events_are_cut_to_the_latest(server: CarrierServer) -> None:
    parcel = send(make_cash_order())
    start = timezone.now() - timedelta(days=3)
    events = [
        {"id": str(index), "code": "in_transit", "at": (start + timedelta(seconds=index)).isoformat()} for index in range(10_000)
    ]
    server.body = make_answer({parcel.tracking_number: [*events[::-1], make_event("last", "delivered")], "unasked": events[:1]})

    code, lines = track()

    assert (code, lines) == (0, ["asked about 1 parcels, 500 new events, 0 need attention"])
    assert Shipment.objects.get().state == "delivered"
    assert TrackingEvent.objects.order_by("at").first() == TrackingEvent.objects.get(key="9501")


def test_a_carrier_that_does_not_answer_is_left_alone_until_the_next_run(server: CarrierServer) -> None:
    order = make_cash_order(units=5)
    for _ in range(5):
        send(order, lamp=1)
    server.status = 503

    code, lines = track()

    assert code == 2
    assert lines == [
        "attention: carrier fast: The carrier answers with the status 503",
        "attention: carrier fast: the rest of its parcels was not asked about",
        "asked about 0 parcels, 0 new events, 2 need attention",
    ]
    assert len(server.requests) == 4  # all at once, then three alone
    assert Shipment.objects.filter(tracked_at=None).count() == 2
    server.status = 200
    assert track() == (0, ["asked about 2 parcels, 0 new events, 0 need attention"])


def test_no_gateway_of_the_operators_breaks_the_tracking_of_other_carriers(server: CarrierServer, settings: Settings) -> None:
    order = make_cash_order()
    gateways = {"gone": "Gone", "broken": "Broken", "strange": "Strange"}
    for carrier in (*gateways, "fast"):
        parcel = send(order) if carrier == "fast" else send(order, lamp=1)
        Shipment.objects.filter(pk=parcel.pk).update(carrier=carrier)
    own = {carrier: (carrier, "", f"{__name__}.{name}") for carrier, name in gateways.items()}
    settings.CARRIERS = {**own, **settings.CARRIERS}

    code, lines = track()

    assert (code, lines) == (
        2,
        [
            f"attention: carrier gone: The gateway of gone cannot be loaded from {__name__}.Gone: ImportError",
            "attention: carrier broken: its gateway fails with KeyError",
            "attention: carrier strange: its gateway returns no events by number",
            "asked about 1 parcels, 0 new events, 3 need attention",
        ],
    )


class Broken:
    """A gateway with a fault."""

    max_numbers = 10

    def __init__(self, token: str) -> None:
        assert not token

    def fetch_events(self, numbers: list[str]) -> Any:
        """Fail."""
        raise KeyError(numbers[0])


class Strange(Broken):
    """A gateway that returns something else."""

    def fetch_events(self, numbers: list[str]) -> Any:
        """Return no mapping."""
        return numbers


def test_a_parcel_whose_events_cannot_be_recorded_leaves_the_others_alone(
    server: CarrierServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_cash_order()
    first, second = send(order, lamp=1), send(order)
    numbers = (first.tracking_number, second.tracking_number)
    server.body = make_answer({number: [make_event("1", "delivered")] for number in numbers})
    deliver = outcomes.deliver

    def fail_once(*args: Any, **kwargs: Any) -> None:
        if args[2].pk == first.pk:
            raise RuntimeError("no")
        deliver(*args, **kwargs)

    monkeypatch.setattr(outcomes, "deliver", fail_once)

    code, lines = track()

    attention = f"attention: carrier fast: parcel {numbers[0]}: RuntimeError: no"
    assert (code, lines) == (2, [attention, "asked about 2 parcels, 1 new events, 1 need attention"])
    assert list(Shipment.objects.values_list("state", flat=True)) == ["shipped", "delivered"]
    assert TrackingEvent.objects.get().shipment_id == second.pk


def test_a_claimed_parcel_is_not_claimed_again() -> None:
    carrier = find_carrier("fast")
    assert carrier is not None
    order = make_cash_order()
    parcels = [send(order, lamp=1) for _ in range(3)]
    due = polling.list_due_parcels(carrier)
    Shipment.objects.filter(pk=parcels[2].pk).update(tracking_number="corrected")

    claims = [polling.claim_parcels(carrier, due) for _ in range(2)]

    assert due == [(parcel.pk, parcel.tracking_number) for parcel in parcels]
    assert claims == [dict(due[:2]), {}]
    assert polling.list_due_parcels(carrier) == [(parcels[2].pk, "corrected")]


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_share_the_parcels() -> None:
    carrier = find_carrier("fast")
    assert carrier is not None
    order = make_cash_order(units=9)
    parcels = [send(order, lamp=1).pk for _ in range(9)]
    due, start = polling.list_due_parcels(carrier), Barrier(4)

    def claim(_: int) -> list[int]:
        try:
            start.wait(60)
            return list(polling.claim_parcels(carrier, due))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        claims = [pk for claimed in pool.map(claim, range(4)) for pk in claimed]

    assert sorted(claims) == parcels


def test_a_loop_goes_on_whatever_happens(server: CarrierServer, monkeypatch: pytest.MonkeyPatch) -> None:
    send(make_cash_order())
    server.status = 503
    waits: list[float] = []

    def wait_once(flag: ShutdownFlag, seconds: float) -> bool:
        waits.append(seconds)
        wait()
        server.status = 200
        return len(waits) == 2

    monkeypatch.setattr(ShutdownFlag, "wait", wait_once)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    try:
        code, lines = track(loop=600)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    assert (code, waits) == (0, [600, 600])
    assert lines[1:] == [
        "asked about 0 parcels, 0 new events, 1 need attention",
        "asked about 1 parcels, 0 new events, 0 need attention",
    ]


def test_a_quiet_run_tells_what_needs_attention_only(server: CarrierServer) -> None:
    send(make_cash_order())
    quiet = track(verbosity=0)
    server.status = 401
    wait()

    assert quiet == (0, [])
    assert track(verbosity=0) == (2, ["attention: carrier fast: The carrier answers with the status 401"])


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_carrier_is_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CARRIERS = {"fast": ("Post", "", f"{__name__}.Broken")}
    send(make_cash_order())
    open_transactions = []

    def fetch(self: Broken, numbers: list[str]) -> Any:
        open_transactions.append(connection.in_atomic_block)
        raise CarrierUnavailable

    monkeypatch.setattr(Broken, "fetch_events", fetch)
    settings.CARRIER_TOKENS = {}

    track()

    assert open_transactions == [False]


def test_events_from_the_carrier_end_alike_in_any_order(stand_in: Emulator) -> None:
    order = make_cash_order()
    shipment = pack(order)
    Shipment.objects.update(carrier="fast")
    events, ends = make_events(), []
    orders = list(permutations(events))

    for index, reordered in enumerate(orders[:: len(orders) // 8]):
        number = f"number {index}"
        Shipment.objects.filter(pk=shipment.pk).update(tracking_number=number)
        faults = [{"match": {"path": "/carrier/"}, "times": -1, "do": {"duplicate": 1, "reorder": bool(index % 2)}}]
        stand_in.set_faults(*(faults if index % 3 else []))
        with transaction.atomic():
            for event in reordered:
                sent = {"id": event.key, "code": event.code, "at": event.at.isoformat(), "text": event.text}
                put(stand_in, number, sent, *([sent] if index % 2 else []))
                assert track()[0] == 0
                wait(polling.LATE_INTERVAL)
            ends.append({**describe(order), "tracking_number": ""})
            transaction.set_rollback(True)

    assert len(ends) >= 8
    assert [end for end in ends if end != ends[0]] == []
    assert ends[0]["state"] == "delivered"
    assert Order.objects.get().status == "processing"  # all of this was rolled back


@pytest.mark.parametrize("fault", [{"status": 500}, {"close": "before"}, {"bad_json": True}, {"tamper": {"parcels": 5}}])
def test_faults_of_the_stand_in_are_told_and_change_nothing(stand_in: Emulator, fault: dict[str, Any]) -> None:
    order = make_cash_order()
    parcel = send(order)
    put(stand_in, parcel.tracking_number, make_event("1", "delivered"))
    stand_in.set_faults({"match": {"path": "/carrier/events"}, "times": 1, "do": fault})

    code, lines = track()

    assert (code, lines[-1]) == (2, "asked about 0 parcels, 0 new events, 1 need attention")
    assert get_status(order) == ("shipped", "created", 0)
    wait()
    assert track() == (0, ["asked about 1 parcels, 1 new events, 0 need attention"])
    assert get_status(order) == ("delivered", "succeeded", 7000)


def test_the_stand_in_takes_no_live_token(stand_in: Emulator, settings: Settings) -> None:
    settings.CARRIER_TOKENS = {"fast": "live_secret"}
    send(make_cash_order())

    code, lines = track()

    assert (code, lines[0]) == (2, "attention: carrier fast: The carrier answers with the status 401")


def test_a_run_leaves_out_what_another_run_has_asked_about_meanwhile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CARRIERS, settings.CARRIER_TOKENS = {"fast": ("Post", "", f"{__name__}.Broken")}, {}
    order = make_cash_order()
    parcels = [send(order, lamp=1) for _ in range(3)]
    questions: list[list[str]] = []

    def fetch(self: Broken, numbers: list[str]) -> dict[str, Any]:
        questions.append(numbers)
        if len(questions) == 1:
            assert track() == (0, ["asked about 2 parcels, 0 new events, 0 need attention"])
        return {}

    monkeypatch.setattr(Broken, "max_numbers", 1)
    monkeypatch.setattr(Broken, "fetch_events", fetch)

    assert track() == (0, ["asked about 1 parcels, 0 new events, 0 need attention"])

    assert questions == [[parcel.tracking_number] for parcel in parcels]


def test_a_parcel_that_was_deleted_while_its_carrier_was_asked_needs_no_attention(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CARRIERS, settings.CARRIER_TOKENS = {"fast": ("Post", "", f"{__name__}.Broken")}, {}
    order = make_cash_order()
    first, second = send(order, lamp=1), send(order)

    def fetch(self: Broken, numbers: list[str]) -> dict[str, Any]:
        Shipment.objects.filter(pk=first.pk).delete()
        return {number: [CarrierEvent("1", "in_transit", timezone.now())] for number in numbers}

    monkeypatch.setattr(Broken, "fetch_events", fetch)

    assert track() == (0, ["asked about 2 parcels, 1 new events, 0 need attention"])

    assert TrackingEvent.objects.get().shipment_id == second.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_usable", [True, False], ids=["the connection is kept", "the connection is lost"])
def test_a_run_goes_on_after_a_fault_of_the_database_unless_its_connection_is_lost(
    server: CarrierServer, monkeypatch: pytest.MonkeyPatch, *, is_usable: bool
) -> None:
    order = make_cash_order()
    numbers = [send(order, lamp=1).tracking_number, send(order).tracking_number]
    server.body = make_answer({number: [make_event("1", "in_transit")] for number in numbers})
    failures: list[str] = []

    def fail_once(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'INSERT INTO "orders_trackingevent"' in sql and not failures:
            failures.append(sql)
            raise OperationalError("lock timeout")
        return execute(sql, params, many, context)

    monkeypatch.setattr(connection, "is_usable", lambda: is_usable)

    with connection.execute_wrapper(fail_once):
        result = track()

    about_parcel = f"attention: carrier fast: parcel {numbers[0]}: the database did not answer: lock timeout"
    kept = [about_parcel, "asked about 2 parcels, 1 new events, 1 need attention"]
    lost = ["attention: the database did not answer: lock timeout", "asked about 0 parcels, 0 new events, 1 need attention"]
    assert result == (2, kept if is_usable else lost)
    assert list(TrackingEvent.objects.values_list("shipment__tracking_number", flat=True)) == (numbers[1:] if is_usable else [])
    wait()
    assert track() == (0, [f"asked about 2 parcels, {1 if is_usable else 2} new events, 0 need attention"])
