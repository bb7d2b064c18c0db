"""One span for each request; only in MIDDLEWARE with `settings.TRACING`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from opentelemetry import propagate
from opentelemetry.trace import SpanKind, StatusCode

from core.http.access import METHODS, get_route
from core.http.hosts import PROBES
from core.request_ids import get_request_id
from core.tracing import recording


class TracingMiddleware:
    """Records a request by its route, as part of the caller's trace if it sends `traceparent` (W3C Trace Context).

    The span holds no path, query string, address, header, cookie or body. The caller's `tracestate` is ignored, because it may hold
    anything and would go on to the collector and to Stripe. Probes are not recorded.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return self.get_response(request)
        method = request.method if request.method in METHODS else "_OTHER"
        attributes = {"http.request.method": method, "url.scheme": request.scheme, "request.id": get_request_id()}
        context = propagate.extract({"traceparent": request.headers.get("traceparent", "")})
        with recording(str(method), SpanKind.SERVER, attributes, context) as span:
            response = self.get_response(request)
            route = get_route(request)
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": response.status_code})
            if response.status_code >= 500:
                span.set_status(StatusCode.ERROR)
        return response
