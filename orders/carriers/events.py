"""What a carrier reports about a parcel."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from core.characters import drop_invisible
from orders.models.shipment import MAX_EVENT_KEY, MAX_EVENT_TEXT, TrackingEvent

MAX_AHEAD = timedelta(days=1)  # of our clock: local times without a zone are up to 14 hours ahead
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
MAX_AMOUNT = 10**15  # minor units


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """An event of a parcel: its key at the carrier, a code of `TrackingEvent.Code`, the carrier's words, and its time.

    `collected_minor` is the cash that was collected, in minor units; None if the carrier does not say, and all was.
    """

    key: str
    code: str
    at: datetime
    text: str = ""
    collected_minor: int | None = None


def read_event(*, key: Any = None, code: Any, at: Any, text: Any = "", collected_minor: Any = None) -> CarrierEvent | None:
    """Return an event from what a carrier has sent, whatever that is; None if it cannot be used.

    An unknown code is `other`. A time, as a datetime or in ISO 8601, is in UTC if it names no zone; an event of the future cannot
    be used before its time is near. Without a key, code, time and text are its key.
    """
    time = _read_time(at)
    if time is None or not _is_amount(collected_minor):
        return None
    words = _clean(text)[:MAX_EVENT_TEXT]
    name = _clean(code)
    identity = _clean(str(key)) if isinstance(key, str | int) else ""
    if not identity:
        identity = f"{time.isoformat()} {name} {words}"
    if len(identity) > MAX_EVENT_KEY:
        identity = hashlib.sha256(identity.encode()).hexdigest()
    known = name if name in TrackingEvent.Code else str(TrackingEvent.Code.OTHER)
    return CarrierEvent(identity, known, time, words, collected_minor)


def _read_time(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(time, datetime):
            return None
        time = (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if FIRST_DAY <= time <= timezone.now() + MAX_AHEAD else None


def _is_amount(value: Any) -> bool:
    return value is None or (type(value) is int and 0 <= value <= MAX_AMOUNT)


def _clean(value: Any) -> str:
    """Return text that the database can store, on one line."""
    if not isinstance(value, str):
        return ""
    return " ".join(drop_invisible(value.encode("utf-8", "ignore").decode()).split())
