"""What a carrier reports about a parcel."""

from dataclasses import dataclass
from datetime import datetime


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
