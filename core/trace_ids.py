"""Adds the ids of the trace to log records; used only if `settings.TRACING` is set."""

import logging

from opentelemetry import trace


class TraceIdFilter(logging.Filter):
    """Adds the ids of the trace and the span to the log records of a request or job, under OpenTelemetry's names for them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the ids. Every record is logged."""
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            record.trace_id, record.span_id = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
        return True
