"""The formats of tables that are recognised by their header; each is a module of its own."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from products.importing.raw_rows import RawRow
from products.importing.tables import Table


class TableFormat(Protocol):
    """Turns the lines of a table into rows in the shop's JSON form."""

    title: str  # how the report names it

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether these are the column names of the format."""

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are not read."""

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield the rows."""
