"""Renders responses as JSON in the envelope."""

from collections.abc import Mapping
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.http.envelope import Refusal, Reply, encode, failure, success
from core.http.unknown_input import find_unknown_input


class EnvelopeRenderer(BaseRenderer):
    """Renders the envelope with orjson. A plain Response is wrapped too, so no view can omit the envelope."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        """Return the body of the response."""
        context = renderer_context or {}
        response: Response = context["response"]
        if isinstance(response, Refusal):
            return encode(data)
        if isinstance(response, Reply):
            response.unknown_input = find_unknown_input(context["request"], context["view"], response)
            warnings = [*response.warnings, *response.unknown_input]
            return encode(success(data, response.message, status=response.status_code, warnings=warnings, extra=response.extra))
        if response.status_code >= 400:
            return encode(failure(response.status_code, "error", str(data)))
        return encode(success(data, "OK", status=response.status_code))


class JSONOnlyNegotiation(BaseContentNegotiation):
    """Content negotiation that ignores `Accept`: the API always answers with JSON, never with 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for the body's content type, or None (415)."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the view's first renderer."""
        return renderers[0], renderers[0].media_type
