"""The outcome of an import, for the merchant: counts, problems, and notes about what was read in another way than it is written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from products.importing.sources import NOT_FETCHED, Survey

MAX_NOTES = 1000  # rows that are named for each kind of note
SHOWN_ROWS = 5  # rows of each kind of note in the printed summary


class Entry(NamedTuple):
    """What the report says about a row; row 0 is the whole file."""

    row: int
    name: str
    reason: str
    sku: str = ""


@dataclass
class Summary:
    """The outcome of an import. Picture problems are counted separately because their rows are imported."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[Entry] = field(default_factory=list)
    failed_pictures: list[Entry] = field(default_factory=list)
    deactivated: int = 0
    notes: list[Entry] = field(default_factory=list)  # at most MAX_NOTES of each kind
    unread: list[str] = field(default_factory=list)  # columns or keys of the file that are not read
    prices: str = ""  # in which currencies they are read
    format: str = ""  # such as "a Shopify product export"; empty for the shop's own
    _counts: Counter[str] = field(default_factory=Counter)

    @property
    def written(self) -> int:
        """Return how many products were written."""
        return self.created + self.changed + self.deactivated

    @classmethod
    def from_survey(cls, survey: Survey, *, is_dry: bool) -> "Summary":
        """Return the summary of an import that is about to begin."""
        summary = cls(unread=survey.unread, format=survey.format, prices=survey.prices)
        summary.add_file_notes(survey, is_dry=is_dry)
        return summary

    def add_file_notes(self, survey: Survey, *, is_dry: bool) -> None:
        """Note what reading the whole file has shown."""
        for text in (*survey.notes, *([NOT_FETCHED] if is_dry and survey.has_urls else [])):
            self.add_note(0, "", text)

    def count(self, state: str) -> None:
        """Count an imported row by its state: created, changed or unchanged."""
        setattr(self, state, getattr(self, state) + 1)

    def add_note(self, row: int, name: str, text: str, sku: str = "") -> None:
        """Note something about a row, or about the file if the row is 0."""
        self._counts[text] += 1
        if self._counts[text] <= MAX_NOTES:
            self.notes.append(Entry(row, name, text, sku))

    def describe_file(self) -> Iterator[str]:
        """Yield what is to be said about the whole file."""
        if self.prices:
            yield self.prices
        if self.format:
            yield f"Read as {self.format}."
        if self.unread:
            yield f"Not read: {', '.join(self.unread)}."

    def describe_notes(self) -> Iterator[str]:
        """Yield each kind of note with the first rows that it is about."""
        rows: dict[str, list[int]] = {text: [] for text in self._counts}
        for entry in self.notes:
            rows[entry.reason].append(entry.row)
        for text, numbers in rows.items():
            yield f"note: {text}{_name_rows(sorted(filter(None, numbers)), self._counts[text])}"

    def iter_report(self) -> Iterator[tuple[int | str, str, str, str, str]]:
        """Yield the lines of the report: row, SKU, name, kind, text."""
        yield from (("", "", "", "note", text) for text in self.describe_file())
        entries = [
            *((entry, kind) for kind, group in self._get_groups() for entry in group),
        ]
        for entry, kind in sorted(entries, key=lambda pair: pair[0].row):
            yield entry.row or "", entry.sku, entry.name, kind, entry.reason
        for text, count in self._counts.items():
            if count > MAX_NOTES:
                yield "", "", "", "note", f"{text} ({count - MAX_NOTES} more rows)"

    def _get_groups(self) -> Iterable[tuple[str, list[Entry]]]:
        return ("problem", self.failed), ("picture", self.failed_pictures), ("note", self.notes)


def _name_rows(numbers: list[int], total: int) -> str:
    if not numbers:
        return ""
    shown = ", ".join(map(str, numbers[:SHOWN_ROWS]))
    hidden = total - min(len(numbers), SHOWN_ROWS)
    more = f" and {hidden} more" if hidden else ""
    return f" (row {shown})" if total == 1 else f" (rows {shown}{more})"
