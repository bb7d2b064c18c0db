"""Keeps secrets out of the logs: whatever a line quotes of a request, tokens, keys and codes in it are blotted out."""

import logging
import re

# A signed token (JWT); the value behind the name of a secret, as a query string, a header or JSON has it.
TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
NAMED = re.compile(
    r"((?:access_token|refresh_token|cart_token|order_token|session_key|sessionid|x-cart-token|x-session-key|x-order-token|authorization"
    r"|password|verification_code|credential|id_token|token|secret|api_key)[\"']?\s*[=:]\s*(?:bearer\s+)?)(?:\"[^\"]*\"|'[^']*'|[^\s\"'&;,}]+)",
    re.IGNORECASE,
)
BLOT = "[hidden]"


def clean(text: str) -> str:
    """Return the text without the secrets in it."""
    return TOKEN.sub(BLOT, NAMED.sub(rf"\1{BLOT}", text))


class RedactedFormatter(logging.Formatter):
    """Formats a line, with its traceback, and cleans it as a whole."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it may be kept."""
        return clean(super().format(record))
