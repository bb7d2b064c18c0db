"""OTEL_…: traces of requests, SQL, calls to Stripe and jobs reach a collector, without personal data"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import outbox
from orders.tests.factories import ADDRESS
from products.tests.factories import make_product
from store import env_file
from tests.crashes import make_environment
from tests.emulator.processes import KEY, Emulator
from tests.processes import PRODUCTION, ROOT, run, run_script, serving
from tests.remote_shop import RemoteShop
from tests.services import free_port
from tests.startup.collector import Collector, Span, collecting

pytestmark = [pytest.mark.django_db(transaction=True)]
EMAIL = "ada@example.com"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PLACED = "POST /api/orders/create/"


def make_variables(collector: Collector, emulator: Emulator) -> dict[str, str]:
    """Return an environment with traces, in which the shop takes cards at the emulator."""
    return make_environment(
        STRIPE_SECRET_KEY=KEY,
        STRIPE_API_BASE=emulator.url,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="100",  # milliseconds
        LOG_FORMAT="json",
        ACCESS_LOG="1",
    )


def place_card_order(shop: RemoteShop) -> None:
    """Let a guest order a lamp by card, as a part of the trace of a shop front, and search for their own address."""
    lamp = make_product("Lamp", sku="LAMP")
    trace = {"X-Request-ID": "front-1", "traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01", "baggage": f"user={EMAIL}"}
    shop.place_order(lamp.pk, "stripe", **trace)
    shop.call(f"/api/products/?search={EMAIL}", headers={"Cookie": f"city={EMAIL}"})


def is_child_of(parent: Span, pattern: str, span: Span) -> bool:
    """Return whether a span is a child of this one and its name, statement or address matches the pattern."""
    text = " ".join((span.name, *span.attributes.values()))
    return span.parent_id == parent.span_id and re.search(pattern, text) is not None


@pytest.mark.sampled
def test_a_collector_gets_the_spans_of_a_request_and_no_personal_data(
    emulator: Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    with collecting() as collector:
        with serving(make_variables(collector, emulator)) as port:
            place_card_order(RemoteShop(port))
            search = collector.wait_for(lambda span: span.name == "GET /api/products/")
            placed = collector.wait_for(lambda span: span.name == PLACED)
            RemoteShop(port).call("/healthz")
        spans = collector.spans  # the rest comes when the server stops
        bodies = b"".join(collector.bodies)

    assert (placed.service, placed.trace_id, placed.parent_id) == ("shop", TRACE_ID, "b7ad6b7169203331")
    assert placed.attributes == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "request.id": "front-1",
        "http.route": "/api/orders/create/",
        "http.response.status_code": "201",
    }
    assert any(is_child_of(placed, r"INSERT INTO \"orders_order\" .*%s", span) for span in spans)
    assert any(is_child_of(placed, r"POST .*/v1/checkout/sessions( |$)", span) for span in spans)
    assert any(is_child_of(search, "SELECT", span) for span in spans)
    assert [span.name for span in spans if "healthz" in span.name] == []
    for secret in (EMAIL, "98765", ADDRESS["line1"], ADDRESS["full_name"], "127.0.0.1:" + str(port), "Python-urllib"):
        assert secret.encode() not in bodies
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert [line["trace_id"] for line in lines if line["message"].startswith(PLACED)] == [TRACE_ID]


def test_the_worker_of_the_jobs_sends_theirs(emulator: Emulator) -> None:
    outbox.enqueue("unknown_kind", {"email": EMAIL})

    with collecting() as collector:
        command = [sys.executable, "manage.py", "run_jobs", "--once"]
        subprocess.run(command, cwd=ROOT, env=make_variables(collector, emulator), check=True, capture_output=True, timeout=60)
        (job,) = [span for span in collector.spans if span.name == "job unknown_kind"]

    assert (job.attributes["job.kind"], job.attributes["error.type"]) == ("unknown_kind", "KeyError")
    assert EMAIL.encode() not in b"".join(collector.bodies)


def read_until(capfd: pytest.CaptureFixture[str], words: str) -> str:
    """Return what servers log until these words, for which it waits at most a minute."""
    text, deadline = "", time.monotonic() + 60
    while words not in text:
        assert time.monotonic() < deadline, text
        time.sleep(0.2)
        text += capfd.readouterr().err
    return text


@pytest.mark.once
def test_a_collector_that_is_away_costs_one_line_and_no_request(emulator: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
    away = Collector(free_port())

    with serving(make_variables(away, emulator)) as port:
        RemoteShop(port).call("/healthz")
        for _ in range(3):
            start = time.monotonic()
            RemoteShop(port).call("/api/config/")
            assert time.monotonic() - start < 5
            time.sleep(0.3)
        text = read_until(capfd, "cannot be sent")
        with collecting(away.port):
            RemoteShop(port).call("/api/config/")
            text += read_until(capfd, "are sent to the collector again")

    warnings = [line for line in text.splitlines() if '"shop.access"' not in line and '"level"' in line]
    assert [json.loads(line)["message"] for line in warnings] == [
        "traces cannot be sent to the collector, and are lost until it answers",
        "traces are sent to the collector again",
    ]
    assert "Traceback" not in text


# redis imports the metrics of OpenTelemetry if they are installed; they send nothing.
LIST_MODULES = """
import sys
from store.wsgi import application
from django.test import Client
Client(SERVER_NAME="shop.example").get("/healthz")
traces = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.instrumentation", "core.tracing", "core.http.tracing")
print(json.dumps([name for name in sys.modules if name.startswith(traces)]))
"""
WITHOUT_PACKAGES = "import sys; sys.modules['opentelemetry'] = None\n"


@pytest.mark.once
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_a_shop_without_traces_imports_nothing_for_them(project: Path, variables: dict[str, str]) -> None:
    assert run_script(project, LIST_MODULES, **PRODUCTION, **variables) == []


@pytest.mark.once
def test_a_shop_without_traces_needs_no_package_for_them(project: Path) -> None:
    assert run_script(project, WITHOUT_PACKAGES + LIST_MODULES, **PRODUCTION) == []


@pytest.mark.once
def test_without_the_packages_the_shop_does_not_start_and_says_what_to_install(project: Path) -> None:
    start = "import store.wsgi"

    done = run(project, "-c", WITHOUT_PACKAGES + start, **PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")

    assert done.returncode != 0
    assert "Run pip install -r requirements-otel.txt, or set OTEL_SDK_DISABLED=true." in done.stderr


@pytest.mark.once
def test_lines_of_the_env_file_reach_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "OTEL_SERVICE_NAME=lamps\nOTEL_TRACES_SAMPLER=always_on\nOTEL_TRACES_EXPORTER=\nSHOP_NAME=Lamps\n"
    )
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)

    env_file.export(tmp_path / ".env", "OTEL_")

    assert (os.environ.pop("OTEL_SERVICE_NAME"), os.environ["OTEL_TRACES_SAMPLER"]) == ("lamps", "always_off")
    assert {"SHOP_NAME", "OTEL_TRACES_EXPORTER"}.isdisjoint(os.environ)
