"""Read CSV as people and programs write it. A record that cannot be read is one lost record, not a lost file.

Python's `csv` reads every well-formed record. This module reads the rest: quotes that are not doubled, spaces around quotes, and a
quote that is not closed, which would otherwise swallow the records behind it.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_CELL_LENGTH = 1_000_000  # characters
QUOTE = '"'
csv.field_size_limit(MAX_CELL_LENGTH)


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a table; one with a problem could not be read, and its cells are what could be made out."""

    number: int  # as a spreadsheet counts
    cells: list[str]
    problem: str = ""


class RecordReader:
    """Yields the records of a stream of physical lines."""

    def __init__(self, lines: Iterable[str], separator: str) -> None:
        self._lines = iter(lines)
        self._returned = deque[str]()  # lines to be read again, because they did not belong to the record before
        self._separator = separator
        self._line_number = 0
        self.width = 0  # number of columns; 0: not yet known

    def __iter__(self) -> Iterator[Record]:
        """Yield every record, blank ones too."""
        number = 0
        while (line := self._read_line()) is not None:
            number += 1
            if QUOTE not in line:
                yield Record(number, line.rstrip("\r\n").split(self._separator))
            else:
                yield self._read_record(number, line)

    def _read_line(self) -> str | None:
        line = self._returned.popleft() if self._returned else next(self._lines, None)
        self._line_number += line is not None
        return line

    def _read_record(self, number: int, first: str) -> Record:
        """Return the record that begins with this line, which contains a quote."""
        start, taken = self._line_number, [first]

        def feed() -> Iterator[str]:
            yield first
            while (line := self._read_line()) is not None:
                taken.append(line)
                yield line

        try:
            cells = next(csv.reader(feed(), delimiter=self._separator, strict=True, skipinitialspace=self._separator != " "))
        except (csv.Error, StopIteration):
            cells = []
        if cells and not (len(cells) < self.width and any(line.count(self._separator) >= self.width - 1 for line in taken[1:])):
            return Record(number, cells)  # otherwise a quote of another record closed the one that this record leaves open
        self._returned.extendleft(reversed(taken[1:]))
        self._line_number = start
        line = first.rstrip("\r\n")
        lenient = split_leniently(line, self._separator)
        if lenient is not None:
            return Record(number, lenient)
        return Record(number, line.replace(QUOTE, "").split(self._separator), f"the quotation mark in line {start} is not closed")


def split_leniently(line: str, separator: str) -> list[str] | None:
    """Return the cells of a line with stray quotes; None if a quoted cell does not end on it."""
    cells, position = [], 0
    while True:
        start = len(line) - len(line[position:].lstrip(" "))
        if line.startswith(QUOTE, start):
            end = _find_closing_quote(line, start + 1, separator)
            if end is None:
                return None
            text = line[start + 1 : end].replace('\\"', QUOTE).replace('""', QUOTE)
            following = line.find(separator, end + 1)
            junk = line[end + 1 : following if following >= 0 else len(line)]
            cells.append(text + junk.rstrip())
        else:
            following = line.find(separator, position)
            cells.append(line[position : following if following >= 0 else len(line)])
        if following < 0:
            return cells
        position = following + 1


def _find_closing_quote(line: str, position: int, separator: str) -> int | None:
    """Return where a quoted cell ends: at a quote before a separator, else at the first single quote. None: not on this line."""
    first = None
    while (found := line.find(QUOTE, position)) >= 0:
        rest = line[found + 1 :].lstrip(" ")
        if not rest or rest.startswith(separator):
            return found
        is_escaped = line[found - 1] == "\\" or rest.startswith(QUOTE)
        if not is_escaped and first is None:
            first = found
        position = found + (2 if line.startswith(QUOTE, found + 1) else 1)
    return first
