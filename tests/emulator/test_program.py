"""python -m emulator: a program of its own, with its arguments, its control and its file"""

import ast
import socket
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.emulator.processes import TOKEN, Emulator, Refused, running, started
from tests.emulator.stripe_clients import Shop, shopping
from tests.emulator.webhook_receivers import Receiver, receiving
from tests.processes import ROOT
from tests.services import free_port


def test_it_imports_nothing_but_the_standard_library() -> None:
    files = sorted((ROOT / "emulator").rglob("*.py"))
    imported = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                imported.add(str(node.module).partition(".")[0])

    assert len(files) > 10
    assert imported - sys.stdlib_module_names == {"emulator"}


def test_the_shop_imports_nothing_of_it() -> None:
    found = [
        str(file)
        for folder in ("accounts", "carts", "orders", "products", "store")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "emulator")
        or (isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == "emulator" for alias in node.names))
    ]

    assert found == []


def test_it_is_heard_on_the_loopback_interface_alone(emulator: Emulator) -> None:
    port = urlsplit(emulator.url).port
    assert port is not None

    with socket.socket() as here, socket.socket() as elsewhere:
        assert here.connect_ex(("127.0.0.1", port)) == 0
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0  # is answered where a server listens on every address


def test_it_says_that_it_is_there(emulator: Emulator) -> None:
    for path in ("/", "/healthz"):
        answer = emulator.ask("GET", path)
        assert (answer.status, answer.text) == (200, "A stand-in for Stripe Checkout. No money moves.\n")
    assert emulator.ask("GET", "/elsewhere").status == 404


def test_it_ends_when_it_is_told_to() -> None:
    with running() as emulator:
        assert emulator.stop() == 0


def test_control_without_a_token_does_not_start() -> None:
    with started("--port", "0", "--control") as process:
        process.communicate(timeout=10)

    assert process.returncode == 2


def test_a_port_that_is_taken_is_said_to_be(emulator: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
    port = str(urlsplit(emulator.url).port)

    with started("--port", port) as process:
        process.communicate(timeout=10)

    assert process.returncode == 1
    assert f"cannot listen on port {port}" in capfd.readouterr().err


def test_it_takes_the_port_and_the_address_that_it_is_given() -> None:
    port = free_port()
    with running("", "--port", str(port), "--public-url", "http://pay.example") as emulator:
        assert emulator.url == "http://pay.example"
        with shopping(f"http://127.0.0.1:{port}") as shop:
            session = shop.open()
            assert session.url == f"http://pay.example/pay/{session.id}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "ledger"), ("GET", "requests"), ("GET", "deliveries"), ("POST", "reset"), ("POST", "clock"), ("PUT", "faults")),
        *(("POST", "sessions/cs_test_none/pay"), ("POST", "deliveries/evt_none/resend"), ("GET", "elsewhere")),
    ],
)
def test_the_control_is_closed_without_its_token(emulator: Emulator, method: str, path: str) -> None:
    for headers in ({}, {"X_Emulator_Token": ""}, {"X_Emulator_Token": "guess"}, {"Authorization": f"Bearer {TOKEN}"}):
        answer = emulator.ask(method, f"/_emu/{path}", "{}" if method != "GET" else "", **headers)

        assert answer.status == 403


def test_there_is_no_control_unless_it_is_asked_for() -> None:
    process = started("--port", "0", EMULATOR_TOKEN=TOKEN)
    try:
        assert process.stdout is not None
        emulator = Emulator(process, process.stdout.readline().strip().rpartition(" ")[2])
        for token in (TOKEN, ""):
            assert emulator.ask("GET", "/_emu/ledger", X_Emulator_Token=token).status == 404
        assert emulator.api("GET", "/v1/events").status == 200
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "clock"), ("POST", "ledger"), ("POST", "sessions/x/explode"), ("POST", "refunds/x/pay"), ("GET", "sessions/x/pay")],
)
def test_the_control_does_nothing_that_it_does_not_know(emulator: Emulator, method: str, path: str) -> None:
    with pytest.raises(Refused) as caught:
        emulator.control(method, path)

    assert caught.value.status == 404


def test_the_control_refuses_what_it_cannot_read(emulator: Emulator) -> None:
    for body in ("{", "[]", "[" * 100_000, '{"advance": "soon"}', '{"advance": 1e400}', f'{{"advance": {"9" * 30}}}', "{}", "\xff"):
        assert emulator.ask("POST", "/_emu/clock", body, X_Emulator_Token=TOKEN).status == 400
    for body in ("[]", '{"seconds": 1e400}', '{"seconds": NaN}'):
        assert emulator.ask("POST", "/_emu/deliveries/wait", body, X_Emulator_Token=TOKEN).status == 400


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_is_not_used_is_refused_in_json(emulator: Emulator, shop: Shop, method: str) -> None:
    page = f"/pay/{shop.open().id}"

    for path, status in (("/", 405), (page, 405), ("/v1/events", 404), ("/elsewhere", 404)):
        answer = emulator.api(method, path)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
        assert method == "HEAD" or answer.json["error"]["type"] == "invalid_request_error"


def test_what_is_no_request_is_refused_in_json(emulator: Emulator) -> None:
    assert emulator.ask("WHIM", "/").json["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("webhook", ["shop.example", "ftp://shop.example", "http://", "http://shop.example:port"])
def test_a_webhook_without_an_address_does_not_start(webhook: str) -> None:
    with started("--port", "0", "--webhook", webhook) as process:
        process.communicate(timeout=10)

    assert process.returncode == 2


def test_a_file_that_cannot_be_is_said_not_to(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with started("--port", "0", "--file", str(tmp_path / "nowhere" / "books")) as process:
        process.communicate(timeout=10)

    assert process.returncode == 1
    assert "cannot keep its books" in capfd.readouterr().err


def test_the_ledger_tells_the_money_of_each_session(emulator: Emulator, shop: Shop) -> None:
    shop.open(client_reference_id="A")
    paid = shop.open(client_reference_id="B", metadata={"payment": "p-2"})
    session = emulator.pay(paid.id)
    refund = shop.refund(payment_intent=session["payment_intent"], amount=700)
    shop.refund(payment_intent=session["payment_intent"], amount=300)
    emulator.fail_refund(refund.id)

    first, second = emulator.ledger()

    assert (first["order"], first["payment"], first["status"], first["captured"], first["refunded"]) == ("A", "p-1", "open", 0, 0)
    assert second == {
        **{"session": paid.id, "order": "B", "payment": "p-2", "status": "complete", "payment_status": "paid"},
        **{"currency": "usd", "captured": 2000, "refunded": 300},
    }


def test_many_come_at_once(emulator: Emulator, shop: Shop, webhooks: Receiver) -> None:
    def come(number: int) -> None:
        for _ in range(5):
            emulator.pay(shop.open(client_reference_id=str(number)).id)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(come, range(8)))

    assert emulator.wait()
    assert [row["captured"] for row in emulator.ledger()] == [2000] * 40
    assert sorted(row["order"] for row in emulator.ledger()) == sorted(str(number) for number in range(8) for _ in range(5))
    assert len({event["id"] for event in webhooks.events()}) == 160


def test_the_log_of_requests_tells_what_was_asked(emulator: Emulator, shop: Shop) -> None:
    session = shop.open("p-1")
    emulator.api("GET", "/v1/events?limit=0")
    emulator.ask("GET", "/v1/events")

    opened, refused, keyless = emulator.requests()

    assert (opened["method"], opened["path"], opened["key"]) == ("POST", "/v1/checkout/sessions", "p-1")
    assert (opened["status"], opened["version"]) == (200, "2026-10-28.endive")
    assert opened["params"]["line_items"][0]["price_data"]["unit_amount"] == "2000"
    assert opened["params"]["success_url"] == session.success_url
    assert (refused["status"], refused["params"]) == (400, {"limit": "0"})
    assert keyless["status"] == 401


def test_a_reset_forgets_everything(emulator: Emulator, shop: Shop) -> None:
    first = shop.open("p-1")
    emulator.pay(first.id)
    emulator.clock(1_000)
    assert emulator.wait()

    emulator.reset()

    assert (emulator.ledger(), emulator.requests(), emulator.deliveries()) == ([], [], [])
    assert shop.v1.events.list().data == []
    second = shop.open("p-1")
    assert second.id != first.id
    assert second.created < first.created + 900


def test_the_books_outlive_a_restart(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "books.sqlite3"))
    with running("", *file) as emulator, shopping(emulator.url) as shop:
        is_open, paid = shop.open(), shop.open(line_items=[line_of("Lamp"), line_of("Bulb")])
        session = emulator.pay(paid.id)
        charge = str(shop.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)
        shop.refund(payment_intent=session["payment_intent"], amount=100)
        emulator.dispute(charge)
        before = everything(shop), emulator.ledger()

    with running("", *file) as emulator, shopping(emulator.url) as shop:
        assert (everything(shop), emulator.ledger()) == before
        assert [row.description for row in shop.sessions.line_items.list(paid.id).data] == ["Lamp", "Bulb"]
        assert shop.v1.charges.retrieve(charge).disputed is True
        assert emulator.pay(is_open.id)["payment_status"] == "paid"
        assert emulator.refund_charge(charge)["amount"] == 3900


def line_of(name: str) -> dict[str, object]:
    """Return a line of 20 USD."""
    return {"price_data": {"currency": "usd", "unit_amount": 2000, "product_data": {"name": name}}, "quantity": 1}


def everything(shop: Shop) -> list[dict[str, object]]:
    """Return all that the API lists."""
    lists = (shop.sessions.list(), shop.v1.refunds.list(), shop.v1.events.list({"limit": 100}))
    return [row.to_dict() for rows in lists for row in rows.data]


def test_the_books_outlive_a_kill(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "books.sqlite3"))
    with running("", *file) as emulator, shopping(emulator.url) as shop:
        session = shop.open().id
        emulator.ask("POST", f"/pay/{session}", "act=pay")
        emulator.process.kill()

    with running("", *file) as emulator, shopping(emulator.url) as shop:
        assert shop.sessions.retrieve(session).payment_status == "paid"
        assert len(shop.v1.events.list().data) == 4


def test_a_reset_empties_the_file(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "books.sqlite3"))
    with running("", *file) as emulator, shopping(emulator.url) as shop:
        shop.open()
        emulator.reset()

    with running("", *file) as emulator:
        assert emulator.ledger() == []


def test_only_what_has_changed_is_written(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    with (
        running("", "--file", str(path)) as emulator,
        shopping(emulator.url) as shop,
        closing(sqlite3.connect(path, isolation_level=None)) as file,
    ):
        for _ in range(3):
            shop.open()
        file.execute("CREATE TABLE written (kind TEXT)")
        file.execute("CREATE TRIGGER made AFTER INSERT ON kept BEGIN INSERT INTO written VALUES (new.kind); END")
        file.execute("CREATE TRIGGER changed AFTER UPDATE ON kept BEGIN INSERT INTO written VALUES (new.kind); END")

        everything(shop)
        emulator.ask("POST", f"/pay/{shop.sessions.list().data[0].id}", "act=decline")

        kinds = [kind for (kind,) in file.execute("SELECT kind FROM written ORDER BY kind")]
        assert kinds == ["checkout.session", "event", "event", "payment_intent"]


def test_a_key_outlives_a_restart(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "books.sqlite3"))
    with running("", *file) as emulator, shopping(emulator.url) as shop:
        first = shop.open("p-1").id

    with running("", *file) as emulator, shopping(emulator.url) as shop:
        assert shop.open("p-1").id == first


def test_an_event_that_has_not_arrived_outlives_a_restart(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "books.sqlite3"))
    with receiving() as receiver:
        receiver.answers = [500] * 4
        with running(receiver.url, *file, pace=60) as emulator, shopping(emulator.url) as shop:
            emulator.pay(shop.open().id)
            receiver.wait_for(4)

        with running(receiver.url, *file):
            receiver.wait_for(8, 1)
