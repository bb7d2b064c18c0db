"""A stand-in for a collector of OpenTelemetry: takes OTLP over HTTP with protobuf, and keeps the spans."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A span, with its trace and its parent as hexadecimal ids."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    service: str
    attributes: dict[str, str]


@dataclass
class Collector:
    """What has arrived: the bodies as text, and the spans in them."""

    port: int = 0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The value of OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[Span]:
        """Every span that has arrived."""
        return [span for body in list(self.bodies) for span in parse_spans(body)]

    def wait_for(self, is_met: Callable[[Span], bool]) -> Span:
        """Return the first span that meets the condition; wait for it at most half a minute."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for span in self.spans:
                if is_met(span):
                    return span
            time.sleep(0.1)
        raise AssertionError([span.name for span in self.spans])


def parse_spans(body: bytes) -> Iterator[Span]:
    """Yield the spans of a request to the collector."""
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {item.key: item.value.string_value for item in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {item.key: item.value.string_value or str(item.value.int_value) for item in span.attributes}
                ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                yield Span(span.name, *ids, names["service.name"], attributes)


@contextmanager
def collecting(port: int = 0) -> Iterator[Collector]:
    """Run a collector on this port, or a free one."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    collector.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
