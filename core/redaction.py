"""What a log line may hold: no secret, no control character, and no more than MAX_LINE characters.

Clients choose much of what is logged: paths, headers, keys. `RedactedFormatter` is the one place that cleans it, for every logger:
it cuts each line before a pattern reads it, so its cost does not depend on what a client sends. Each pattern is bounded, and
matches wherever it starts, so none of them scans the same characters twice. Log calls pass what a client sent through `shorten`.
"""

import logging
import re

MAX_LINE = 4096  # characters
MAX_TRACEBACK = 300  # lines; the last ones name the error
MAX_LOGGED_VALUE = 200  # characters of a single value that a client sent
PLACEHOLDER = "[hidden]"

# A signed token (JWT) or a part of one, and the value of a named secret in a query string, header or JSON.
JWT = re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{5,4096}(?:\.[A-Za-z0-9_-]{0,4096}){0,2}")
NAMED_SECRET = re.compile(
    r"((?:access_token|refresh_token|cart_token|order_token|session_key|sessionid|x-cart-token|x-session-key|x-order-token|authorization"
    r"|password|verification_code|credential|id_token|token|secret|api_key)[\"']?\s{0,8}[=:]\s{0,8}(?:bearer\s{1,8})?)"
    r"(?:\"[^\"]{0,4096}\"?|'[^']{0,4096}'?|[^\s\"'&;,}]{1,4096})",
    re.IGNORECASE,
)
# Control characters (C0, DEL, C1), line and paragraph separators, bidirectional marks, and surrogates, which cannot be encoded.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def redact(text: str) -> str:
    """Return the first MAX_LINE characters of the text, with its secrets replaced and its unprintable characters escaped."""
    cut = shorten(text, MAX_LINE)
    return UNPRINTABLE.sub(_escape, JWT.sub(PLACEHOLDER, NAMED_SECRET.sub(rf"\1{PLACEHOLDER}", cut)))


def shorten(text: str, length: int = MAX_LOGGED_VALUE) -> str:
    """Return at most `length` characters of the text, and how many it had."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class RedactedFormatter(logging.Formatter):
    """Formats a record as one redacted line. The lines of a traceback follow it indented, so that none passes for a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name in logging
        """Return the line of the record; the message's own line breaks are escaped."""
        record.message = UNPRINTABLE.sub(_escape, shorten(record.message, MAX_LINE))
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line and its traceback."""
        line, *traceback = super().format(record).split("\n")
        return "\n".join([redact(line), *(f"  {redact(rest)}" for rest in traceback[-MAX_TRACEBACK:])])
