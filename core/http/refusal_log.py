"""Log lines for refused calls (403, 429) with their caller, so that operators see who is turned away, and from where."""

import logging

from django.http import HttpRequest
from rest_framework.request import Request

from core import rate_limits
from core.http.client_ip import get_client_ip
from core.redaction import shorten

LOGGED_STATUSES = frozenset((403, 429))
logger = logging.getLogger("shop.refusals")


def log_refusal(request: HttpRequest | Request, status: int, reason: str) -> None:
    """Log one line, at most `refusal_log` of them per caller, so that refused calls cannot fill the log."""
    ip = get_client_ip(getattr(request, "_request", request))
    if rate_limits.is_within("refusal_log", rate_limits.get_caller_key(ip)):
        user_id = getattr(getattr(request, "user", None), "pk", None)
        message = "refused %s %r with %s (%s): caller %s, user %s"
        path, reason = shorten(request.path), shorten(reason)
        logger.warning(message, shorten(str(request.method), 20), path, status, reason, ip or "unknown", user_id or "none")
