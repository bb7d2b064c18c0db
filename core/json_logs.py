"""Log records as JSON, one object a line: `LOG_FORMAT=json`."""

from datetime import datetime
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter

from core.redaction import MAX_TRACEBACK, redact

FIELDS = {"levelname": "level", "name": "logger"}
PLAIN = (str, int, float, datetime, type(None))  # orjson writes them without asking for their text


class RedactedJsonFormatter(OrjsonFormatter):
    """Formats a record with its time, level, logger, request id, message and extra fields; every text is redacted.

    Extra fields that are no plain values are left out: Django adds the request, whose text holds the query string.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(request_id)s %(message)s", rename_fields=FIELDS, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the plain fields with their texts redacted; of a traceback, the last lines."""
        fields = super().process_log_record(log_data)
        return {name: _redact(name, value) for name, value in fields.items() if isinstance(value, PLAIN)}


def _redact(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "exc_info":
        return "\n".join(redact(line) for line in value.split("\n")[-MAX_TRACEBACK:])
    return redact(value)
