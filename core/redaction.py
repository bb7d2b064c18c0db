"""Keeps secrets out of the logs by replacing tokens, keys and codes in log lines."""

import logging
import re

# A signed token (JWT), and the value of a named secret in a query string, header or JSON.
JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
NAMED_SECRET = re.compile(
    r"((?:access_token|refresh_token|cart_token|order_token|session_key|sessionid|x-cart-token|x-session-key|x-order-token|authorization"
    r"|password|verification_code|credential|id_token|token|secret|api_key)[\"']?\s*[=:]\s*(?:bearer\s+)?)(?:\"[^\"]*\"|'[^']*'|[^\s\"'&;,}]+)",
    re.IGNORECASE,
)
PLACEHOLDER = "[hidden]"


def redact(text: str) -> str:
    """Return the text with its secrets replaced."""
    return JWT.sub(PLACEHOLDER, NAMED_SECRET.sub(rf"\1{PLACEHOLDER}", text))


class RedactedFormatter(logging.Formatter):
    """Formats a record with its traceback and redacts the result."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line."""
        return redact(super().format(record))
