"""python -m emulator: the program, its arguments, its control API and its data file"""

import ast
import socket
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.emulator.processes import TOKEN, ControlError, Emulator, run_emulator, start_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop
from tests.emulator.webhook_receivers import WebhookReceiver, run_receiver
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
    imports = [
        str(file)
        for folder in ("accounts", "carts", "orders", "products", "store")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "emulator")
        or (isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == "emulator" for alias in node.names))
    ]

    assert imports == []


def test_it_is_heard_on_the_loopback_interface_alone(emulator: Emulator) -> None:
    port = urlsplit(emulator.url).port
    assert port is not None

    with socket.socket() as local_socket, socket.socket() as elsewhere:
        assert local_socket.connect_ex(("127.0.0.1", port)) == 0
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0  # succeeds if a server listens on every address


def test_it_answers_a_health_check(emulator: Emulator) -> None:
    response = emulator.request("GET", "/healthz")

    assert (response.status, response.text) == (200, "A stand-in for Stripe Checkout. No money moves.\n")
    assert emulator.request("GET", "/elsewhere").status == 404


def test_it_ends_when_it_is_told_to() -> None:
    with run_emulator() as emulator:
        assert emulator.stop() == 0


def test_control_without_a_token_does_not_start() -> None:
    with start_emulator("--port", "0", "--control") as process:
        process.communicate(timeout=60)

    assert process.returncode == 2


def test_a_taken_port_is_reported(emulator: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
    port = str(urlsplit(emulator.url).port)

    with start_emulator("--port", port) as process:
        process.communicate(timeout=60)

    assert process.returncode == 1
    assert f"cannot listen on port {port}" in capfd.readouterr().err


def test_it_takes_the_port_and_the_address_that_it_is_given() -> None:
    port = free_port()
    with run_emulator("", "--port", str(port), "--public-url", "http://pay.example") as emulator:
        assert emulator.url == "http://pay.example"
        with connect_shop(f"http://127.0.0.1:{port}") as shop:
            session = shop.open_session()
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
        response = emulator.request(method, f"/_emu/{path}", "{}" if method != "GET" else "", **headers)

        assert response.status == 403


def test_there_is_no_control_unless_it_is_asked_for() -> None:
    process = start_emulator("--port", "0", EMULATOR_TOKEN=TOKEN)
    try:
        assert process.stdout is not None
        emulator = Emulator(process, process.stdout.readline().strip().rpartition(" ")[2])
        for token in (TOKEN, ""):
            assert emulator.request("GET", "/_emu/ledger", X_Emulator_Token=token).status == 404
        assert emulator.api("GET", "/v1/events").status == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "clock"), ("POST", "ledger"), ("POST", "sessions/x/explode"), ("POST", "refunds/x/pay"), ("GET", "sessions/x/pay")],
)
def test_the_control_does_nothing_that_it_does_not_know(emulator: Emulator, method: str, path: str) -> None:
    with pytest.raises(ControlError) as excinfo:
        emulator.control(method, path)

    assert excinfo.value.status == 404


def test_the_control_refuses_what_it_cannot_read(emulator: Emulator) -> None:
    for body in ("{", "[]", "[" * 100_000, '{"advance": "soon"}', '{"advance": 1e400}', f'{{"advance": {"9" * 30}}}', "{}", "\xff"):
        assert emulator.request("POST", "/_emu/clock", body, X_Emulator_Token=TOKEN).status == 400
    for body in ("[]", '{"seconds": 1e400}', '{"seconds": NaN}'):
        assert emulator.request("POST", "/_emu/deliveries/wait", body, X_Emulator_Token=TOKEN).status == 400


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_is_not_used_is_refused_in_json(emulator: Emulator, shop: StripeShop, method: str) -> None:
    page = f"/pay/{shop.open_session().id}"

    for path, status in (("/", 405), (page, 405), ("/v1/events", 404), ("/elsewhere", 404)):
        response = emulator.api(method, path)
        assert (response.status, response.headers["Content-Type"]) == (status, "application/json")
        assert method == "HEAD" or response.json["error"]["type"] == "invalid_request_error"


def test_what_is_no_request_is_refused_in_json(emulator: Emulator) -> None:
    assert emulator.request("WHIM", "/").json["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("webhook", ["shop.example", "ftp://shop.example", "http://", "http://shop.example:port"])
def test_a_webhook_without_an_address_does_not_start(webhook: str) -> None:
    with start_emulator("--port", "0", "--webhook", webhook) as process:
        process.communicate(timeout=60)

    assert process.returncode == 2


def test_an_unusable_file_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with start_emulator("--port", "0", "--file", str(tmp_path / "missing" / "emulator")) as process:
        process.communicate(timeout=60)

    assert process.returncode == 1
    assert "cannot store its state" in capfd.readouterr().err


def test_the_ledger_lists_the_money_of_each_session(emulator: Emulator, shop: StripeShop) -> None:
    shop.open_session(client_reference_id="A")
    paid = shop.open_session(client_reference_id="B", metadata={"payment": "p-2"})
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


def test_many_come_at_once(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    def come(number: int) -> None:
        for _ in range(5):
            emulator.pay(shop.open_session(client_reference_id=str(number)).id)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(come, range(8)))

    assert emulator.wait_for_deliveries()
    assert [row["captured"] for row in emulator.ledger()] == [2000] * 40
    assert sorted(row["order"] for row in emulator.ledger()) == sorted(str(number) for number in range(8) for _ in range(5))
    assert len({event["id"] for event in webhooks.events()}) == 160


def test_the_request_log_lists_the_calls(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session("p-1")
    emulator.api("GET", "/v1/events?limit=0")
    emulator.request("GET", "/v1/events")

    opened, refused, keyless = emulator.requests()

    assert (opened["method"], opened["path"], opened["key"]) == ("POST", "/v1/checkout/sessions", "p-1")
    assert (opened["status"], opened["version"]) == (200, "2026-10-28.endive")
    assert opened["params"]["line_items"][0]["price_data"]["unit_amount"] == "2000"
    assert opened["params"]["success_url"] == session.success_url
    assert (refused["status"], refused["params"]) == (400, {"limit": "0"})
    assert keyless["status"] == 401


def test_a_reset_forgets_everything(emulator: Emulator, shop: StripeShop) -> None:
    first = shop.open_session("p-1")
    emulator.pay(first.id)
    emulator.advance_clock(1_000)
    assert emulator.wait_for_deliveries()

    emulator.reset()

    assert (emulator.ledger(), emulator.requests(), emulator.deliveries()) == ([], [], [])
    assert shop.v1.events.list().data == []
    second = shop.open_session("p-1")
    assert second.id != first.id
    assert second.created < first.created + 900


def test_the_state_outlives_a_restart(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "emulator.sqlite3"))
    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        is_open, paid = shop.open_session(), shop.open_session(line_items=[make_line_item("Lamp"), make_line_item("Bulb")])
        session = emulator.pay(paid.id)
        charge = str(shop.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)
        shop.refund(payment_intent=session["payment_intent"], amount=100)
        emulator.dispute(charge)
        before = list_everything(shop), emulator.ledger()

    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        assert (list_everything(shop), emulator.ledger()) == before
        assert [row.description for row in shop.sessions.line_items.list(paid.id).data] == ["Lamp", "Bulb"]
        assert shop.v1.charges.retrieve(charge).disputed is True
        assert emulator.pay(is_open.id)["payment_status"] == "paid"
        assert emulator.refund_charge(charge)["amount"] == 3900


def make_line_item(name: str) -> dict[str, object]:
    """Return a line item of 20 USD."""
    return {"price_data": {"currency": "usd", "unit_amount": 2000, "product_data": {"name": name}}, "quantity": 1}


def list_everything(shop: StripeShop) -> list[dict[str, object]]:
    """Return everything that the API lists."""
    lists = (shop.sessions.list(), shop.v1.refunds.list(), shop.v1.events.list({"limit": 100}))
    return [row.to_dict() for rows in lists for row in rows.data]


def test_the_state_outlives_a_kill(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "emulator.sqlite3"))
    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        session = shop.open_session().id
        emulator.request("POST", f"/pay/{session}", "act=pay")
        emulator.process.kill()

    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        assert shop.sessions.retrieve(session).payment_status == "paid"
        assert len(shop.v1.events.list().data) == 4


def test_a_reset_empties_the_file(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "emulator.sqlite3"))
    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        shop.open_session()
        emulator.reset()

    with run_emulator("", *file) as emulator:
        assert emulator.ledger() == []


def test_only_what_has_changed_is_written(tmp_path: Path) -> None:
    path = tmp_path / "emulator.sqlite3"
    with (
        run_emulator("", "--file", str(path)) as emulator,
        connect_shop(emulator.url) as shop,
        closing(sqlite3.connect(path, isolation_level=None)) as file,
    ):
        for _ in range(3):
            shop.open_session()
        file.execute("CREATE TABLE written (kind TEXT)")
        file.execute("CREATE TRIGGER made AFTER INSERT ON kept BEGIN INSERT INTO written VALUES (new.kind); END")
        file.execute("CREATE TRIGGER changed AFTER UPDATE ON kept BEGIN INSERT INTO written VALUES (new.kind); END")

        list_everything(shop)
        emulator.request("POST", f"/pay/{shop.sessions.list().data[0].id}", "act=decline")

        kinds = [kind for (kind,) in file.execute("SELECT kind FROM written ORDER BY kind")]
        assert kinds == ["checkout.session", "event", "event", "payment_intent"]


def test_a_key_outlives_a_restart(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "emulator.sqlite3"))
    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        first = shop.open_session("p-1").id

    with run_emulator("", *file) as emulator, connect_shop(emulator.url) as shop:
        assert shop.open_session("p-1").id == first


def test_an_event_that_has_not_arrived_outlives_a_restart(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "emulator.sqlite3"))
    with run_receiver() as receiver:
        receiver.answers = [500] * 4
        with run_emulator(receiver.url, *file, pace=60) as emulator, connect_shop(emulator.url) as shop:
            emulator.pay(shop.open_session().id)
            receiver.wait_for(4)

        with run_emulator(receiver.url, *file):
            receiver.wait_for(8, 1)
