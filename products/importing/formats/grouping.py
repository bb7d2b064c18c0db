"""Bring the lines of one product together, wherever they stand in the table."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from products.importing.columns import is_weight_column, squash
from products.importing.csv_records import Record
from products.importing.tables import Table

Key = Callable[[Record], str]


def iter_groups(table: Table, get_key: Key) -> Iterator[list[Record]]:
    """Yield the records of each key together, as soon as the last one has come; a record without a key is a group of its own.

    The table is read twice: first to count the records of each key, so that only incomplete groups are kept in memory.
    """
    expected = Counter(filter(None, map(get_key, table.iter_records())))
    waiting: dict[str, list[Record]] = {}
    for record in table.iter_records():
        key = get_key(record)
        if expected[key] <= 1:
            yield [record]
            continue
        waiting.setdefault(key, []).append(record)
        if len(waiting[key]) == expected[key]:
            yield waiting.pop(key)


class Columns:
    """Finds the cells of a record by the squashed names of their columns."""

    def __init__(self, header: Sequence[str]) -> None:
        self.index: dict[str, int] = {}
        self.weights: dict[str, int] = {}  # positions of weights and their units by whole name, because that has the unit
        for position, name in enumerate(header):
            self.index.setdefault(squash(name), position)
            if is_weight_column(name):
                self.weights[name] = position

    def has(self, *names: str) -> bool:
        """Return whether the table has one of these columns."""
        return any(name in self.index for name in names)

    def get(self, record: Record, *names: str) -> str:
        """Return the first of these cells that is not empty."""
        for name in names:
            position = self.index.get(name)
            if position is not None and position < len(record.cells) and record.cells[position]:
                return record.cells[position]
        return ""

    def get_weights(self, record: Record) -> dict[str, str]:
        """Return the cells that have the weight of a line, by the names of their columns."""
        return {name: record.cells[position] for name, position in self.weights.items() if position < len(record.cells)}


def has_extra_cells(table: Table, records: Sequence[Record]) -> bool:
    """Return whether a record has more cells than there are columns."""
    return any(len(record.cells) > len(table.header) for record in records)
