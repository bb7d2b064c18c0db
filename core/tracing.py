"""Traces for OpenTelemetry: requests, SQL, jobs, and calls to other services (docs/operations.md).

This module is imported only if `settings.TRACING` is set, so a shop without traces needs none of the packages. The
instrumentations of Django and psycopg are not used: they record addresses of clients and query strings (decision 50). What is
recorded here holds no value that a client chose, apart from the ids of a request and its trace.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core import outbox
from core.models import Job
from core.redaction import shorten
from core.request_ids import get_request_id

logger = logging.getLogger("shop.tracing")
tracer = trace.get_tracer("shop")
MAX_STATEMENT = 4000  # characters


def start(exporter_name: str) -> None:
    """Record spans in this process and send them in the background: `otlp` to a collector, `console` to standard output.

    Call it in the process that records them, after a fork, because the thread that sends them does not survive one.
    """
    exporter = QuietExporter(ConsoleSpanExporter() if exporter_name == "console" else OTLPSpanExporter())
    # Events hold exceptions, whose messages may quote e-mail addresses.
    provider = TracerProvider(resource=_build_resource(), span_limits=SpanLimits(max_events=0))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(TraceContextTextMapPropagator())  # no baggage: it would go on to Stripe
    connection_created.connect(trace_connection)
    outbox.job_context = trace_job
    URLLib3Instrumentor().instrument(url_filter=lambda url: url.partition("?")[0])
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # QuietExporter reports instead


def _build_resource() -> Resource:
    """Return what the OTEL_ variables say of this service, whose name is `shop` if they give none."""
    resource = Resource.create()
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        return resource.merge(Resource({SERVICE_NAME: "shop"}))
    return resource


class QuietExporter(SpanExporter):
    """Sends spans without the texts of errors, and logs one line when the collector goes away, and one when it is back."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter = exporter
        self.is_failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; those that cannot be sent are lost."""
        for span in spans:
            span._status = Status(span.status.status_code)  # its description is the message of an exception
        result = self.exporter.export(spans)
        has_failed = result is not SpanExportResult.SUCCESS
        if has_failed and not self.is_failing:
            logger.warning("traces cannot be sent to the collector, and are lost until it answers")
        elif self.is_failing and not has_failed:
            logger.info("traces are sent to the collector again")
        self.is_failing = has_failed
        return result

    def shutdown(self) -> None:
        """Stop the exporter without waiting for a collector that does not answer."""
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send the spans that are waiting."""
        return self.exporter.force_flush(timeout_millis)


def trace_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Record the statements of a new connection."""
    if trace_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(trace_statement)


def trace_statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Execute a statement within a span, if a request or job is being recorded. The span has placeholders in place of values."""
    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    statement = str(sql)
    operation = statement.lstrip("( \n").split(maxsplit=1)[0].upper()
    attributes = {
        "db.system.name": context["connection"].vendor,
        "db.operation.name": operation,
        "db.query.text": shorten(statement, MAX_STATEMENT),
    }
    with recording(operation, SpanKind.CLIENT, attributes):
        return execute(sql, params, many, context)


@contextmanager
def recording(name: str, kind: SpanKind, attributes: dict[str, Any], context: Any = None) -> Iterator[trace.Span]:
    """Record a span, with the type of an exception but not its message."""
    with tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


@contextmanager
def trace_job(job: Job) -> Iterator[None]:
    """Record a background job with the id of the request that enqueued it."""
    attributes = {"job.kind": job.kind, "job.id": job.pk, "job.attempt": job.attempts, "request.id": get_request_id()}
    with recording(f"job {job.kind}", SpanKind.CONSUMER, attributes):
        yield
