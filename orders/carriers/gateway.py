"""What the shop asks of a carrier's gateway. docs/carriers.md explains it with an example."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from orders.carriers.events import CarrierEvent


class Gateway(Protocol):
    """Talks to one carrier. A class that `CARRIERS` names by its dotted path is called with the carrier's token."""

    max_numbers: int
    """How many tracking numbers one call may ask about."""

    def fetch_events(self, numbers: Sequence[str]) -> Mapping[str, Sequence[CarrierEvent]]:
        """Return what the carrier reports about parcels, by tracking number; one that it does not know may be missing.

        It is called outside of transactions. Raises CarrierUnavailable, CarrierRefused.
        """
