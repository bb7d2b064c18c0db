"""What an import of a carrier's payments has done, or would do. Amounts are in minor units."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Matched(NamedTuple):
    """A row that pays for a parcel, and what the parcel lacks then."""

    row: int
    label: str
    paid_minor: int
    short_minor: int


class Unmatched(NamedTuple):
    """A row that pays for no parcel, and why."""

    row: int
    name: str
    paid_minor: int | None
    problem: str


@dataclass(slots=True)
class Result:
    """What an import, or another attempt to match, has done or would do."""

    currency: str
    is_new: bool
    charges_minor: int = 0
    matched: list[Matched] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    earlier: int = 0  # rows that have their parcel already
    twin: str = ""  # reference of a remittance with the same rows

    @property
    def short(self) -> list[Matched]:
        """The rows whose parcels lack something."""
        return [row for row in self.matched if row.short_minor]

    @property
    def is_unchanged(self) -> bool:
        """Whether the remittance was recorded before, and no row has found its parcel now."""
        return not self.is_new and not self.matched
