"""Traces: what a span holds, and what becomes of it; tests/startup/test_tracing.py sends them to a collector"""

import logging
from collections.abc import Iterator, Sequence

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection
from django.db.backends.signals import connection_created
from django.db.utils import OperationalError
from django.test import Client
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.resources import SERVICE_NAME
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from pytest_django import Settings

from core import outbox, tracing
from core.trace_ids import TraceIdFilter

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["otlp", "console"])
def spans(settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[InMemorySpanExporter]:
    """What is recorded, in a shop that has started with traces."""
    providers: list[TracerProvider] = []
    memory, textmap, job_context = InMemorySpanExporter(), propagate.get_global_textmap(), outbox.job_context
    settings.TRACING = request.param
    settings.MIDDLEWARE = [
        "core.http.request_id.RequestIdMiddleware",
        "core.http.tracing.TracingMiddleware",
        *settings.MIDDLEWARE[1:],
    ]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(trace, "set_tracer_provider", providers.append)
    monkeypatch.setattr("core.tracing.BatchSpanProcessor", lambda _: SimpleSpanProcessor(memory))
    apps.get_app_config("core").ready()
    monkeypatch.setattr(tracing, "tracer", providers[0].get_tracer("tests"))
    tracing.trace_connection(connection)
    tracing.trace_connection(connection)
    yield memory
    connection.execute_wrappers.remove(tracing.trace_statement)
    connection_created.disconnect(tracing.trace_connection)
    outbox.job_context = job_context
    propagate.set_global_textmap(textmap)
    URLLib3Instrumentor().uninstrument()
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)
    assert tracing.trace_statement not in connection.execute_wrappers


def get_spans(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Return the spans by name; of several with one name, the last."""
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_request_is_a_span_with_its_statements(client: Client, spans: InMemorySpanExporter) -> None:
    client.get("/api/products/4711/?email=ada@example.com", headers={"X-Request-ID": "abc-1"})

    found = get_spans(spans)
    server = found["GET /api/products/{product}/"]
    assert dict(server.attributes or {}) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "request.id": "abc-1",
        "http.route": "/api/products/{product}/",
        "http.response.status_code": 404,
    }
    assert server.status.status_code is StatusCode.UNSET
    assert found["SELECT"].parent == server.context
    assert (found["SELECT"].attributes or {})["db.system.name"] == connection.vendor
    assert "4711" not in str((found["SELECT"].attributes or {})["db.query.text"])


def test_a_trace_is_continued_without_what_a_client_adds_to_it(client: Client, spans: InMemorySpanExporter) -> None:
    trace_id, email = "0af7651916cd43dd8448eb211c80319c", "ada@example.com"
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01", "tracestate": f"shop={email}", "baggage": f"user={email}"}

    client.get("/api/config/", headers=headers)

    server = get_spans(spans)["GET /api/config/"]
    assert f"{server.context.trace_id:032x}" == trace_id
    assert [span.name for span in spans.get_finished_spans() if email in span.to_json()] == []


def test_a_fault_is_marked(client: Client, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("products.api.views.ProductViewSet.list", lambda *_: 1 / 0)

    assert client.generic("GET", "/api/products/").status_code == 500

    assert get_spans(spans)["GET /api/products/"].status.status_code is StatusCode.ERROR


def test_probes_are_not_recorded(client: Client, spans: InMemorySpanExporter) -> None:
    assert client.get("/readyz").status_code == 200

    assert spans.get_finished_spans() == ()


def test_of_a_failed_statement_only_the_type_of_its_error_is_kept(spans: InMemorySpanExporter) -> None:
    with (
        pytest.raises((ProgrammingError, OperationalError)) as raised,
        tracing.recording("page", trace.SpanKind.INTERNAL, {}),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT nothing FROM nowhere WHERE email = %s", ["ada@example.com"])

    statement = get_spans(spans)["SELECT"]
    assert statement.status.status_code is StatusCode.ERROR
    assert (statement.attributes or {})["error.type"] == type(raised.value).__name__
    assert "ada@example.com" not in statement.to_json()
    assert statement.events == ()


@pytest.mark.parametrize("sql", ["SELECT 1", "\nSELECT\n    1", "select\t1"])
def test_a_span_has_the_name_of_the_operation_however_the_statement_is_laid_out(spans: InMemorySpanExporter, sql: str) -> None:
    with tracing.recording("page", trace.SpanKind.INTERNAL, {}), connection.cursor() as cursor:
        cursor.execute(sql)

    assert set(get_spans(spans)) == {"SELECT", "page"}


def test_a_job_is_a_span_with_the_id_of_its_request(spans: InMemorySpanExporter) -> None:
    outbox.enqueue("unknown_kind", {"email": "ada@example.com"})

    assert outbox.run_due() == (0, 1)

    job = get_spans(spans)["job unknown_kind"]
    assert {name: (job.attributes or {})[name] for name in ("job.kind", "job.attempt", "error.type")} == {
        "job.kind": "unknown_kind",
        "job.attempt": 1,
        "error.type": "KeyError",
    }
    assert str((job.attributes or {})["request.id"]).startswith("job-")
    assert "ada@example.com" not in job.to_json()


def test_log_records_have_the_ids_of_the_trace(spans: InMemorySpanExporter) -> None:
    outside, inside = (logging.makeLogRecord({}) for _ in range(2))

    TraceIdFilter().filter(outside)
    with tracing.recording("page", trace.SpanKind.INTERNAL, {}) as span:
        TraceIdFilter().filter(inside)

    assert not hasattr(outside, "trace_id")
    assert inside.__dict__["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert inside.__dict__["span_id"] == f"{span.get_span_context().span_id:016x}"


@pytest.mark.once
def test_the_service_is_called_shop_unless_the_operator_calls_it_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [tracing._build_resource().attributes[SERVICE_NAME]]
    monkeypatch.setenv("OTEL_SERVICE_NAME", "lamps")
    names.append(tracing._build_resource().attributes[SERVICE_NAME])

    assert names == ["shop", "lamps"]


class Collector(SpanExporter):
    """An exporter whose collector answers, or does not."""

    result = SpanExportResult.FAILURE
    is_shut_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Return the result."""
        return self.result

    def shutdown(self) -> None:
        """Note it."""
        self.is_shut_down = True

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have sent everything."""
        return True


@pytest.mark.once
def test_an_outage_of_the_collector_is_one_line_and_its_end_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shop.tracing")
    collector = Collector()
    exporter = tracing.QuietExporter(collector)
    span = ReadableSpan("page", status=trace.Status(StatusCode.ERROR, "ada@example.com is unknown"))

    for collector.result in (
        SpanExportResult.FAILURE,
        SpanExportResult.FAILURE,
        SpanExportResult.SUCCESS,
        SpanExportResult.SUCCESS,
    ):
        assert exporter.export([span]) is collector.result
    exporter.shutdown()

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert (collector.is_shut_down, exporter.force_flush()) == (True, True)
