"""The origin rule, with rejected requests in the account event log."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest

from accounts import events
from accounts.api.access import get_client_info
from core import rate_limits
from core.http.origin import OriginMiddleware
from core.redaction import redact, shorten

logger = logging.getLogger("shop.origin")


class RecordedOriginMiddleware(OriginMiddleware):
    """Records rejected requests, rate limited per caller so that a foreign page cannot fill the table."""

    def refused(self, request: HttpRequest) -> None:
        """Log and record a rejected write."""
        super().refused(request)
        client = get_client_info(request)
        if not rate_limits.is_within("csrf_event", rate_limits.get_caller_key(client.ip)):
            return
        origin, path = (redact(shorten(text)) for text in (request.META.get("HTTP_ORIGIN", ""), request.path))
        try:
            events.record_event(events.Event.CSRF_REFUSED, client, origin=origin, path=path)
        except DatabaseError as error:  # the request is rejected anyway
            logger.error("could not record a rejected request: %s", error)
