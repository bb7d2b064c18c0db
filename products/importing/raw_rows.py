"""A row as it was read from a file, before it is validated."""

from dataclasses import dataclass
from typing import Any


class Unreadable(ValueError):
    """The file cannot be read; the message says why."""


class BadRow(ValueError):
    """The row cannot be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row in the shop's JSON form. A row with a problem is not imported."""

    number: int  # as a spreadsheet or JSON list counts
    values: Any
    problem: str = ""
    notes: tuple[str, ...] = ()
    decimal_mark: str = ""  # of the file's prices; empty if it proves none
    market: str = ""  # code of the market of prices without a currency; empty: the default market


def describe_value(value: Any) -> str:
    """Return a value for an error message; lists and objects are not written out."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return repr(str(value)[:30])
