"""The origin rule, with its refusals in the log of accounts."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest

from accounts import events
from accounts.api.access import client_info
from core import rate_limits
from core.exceptions import TooManyRequests
from core.http.origin import OriginMiddleware

logger = logging.getLogger("shop.origin")


class RecordedOriginMiddleware(OriginMiddleware):
    """Notes a refusal, so many of one caller and no more: a foreign page must not fill a table."""

    def refused(self, request: HttpRequest) -> None:
        """Write a row about the refusal."""
        super().refused(request)
        place = client_info(request)
        try:
            rate_limits.count("csrf_event", rate_limits.caller_key(place.ip))
        except TooManyRequests:
            return
        origin = request.META.get("HTTP_ORIGIN", "")[:200].replace("\0", "")
        try:
            events.record(events.Event.CSRF_REFUSED, place, origin=origin, path=request.path[:200])
        except DatabaseError as wrong:  # the refusal stands without its record
            logger.error("the refusal was not recorded: %s", wrong)
