"""Read the rows of a JSON file one at a time, so that memory use does not grow with the file."""

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import ijson

from products.importing.raw_rows import RawRow, Unreadable

MAX_DIGITS = 4000  # consecutive; Python's limit is 4,300
OVERLONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
LIST_PATHS = {"": "item", "products": "products.item"}  # path of the list: ijson path of its entries


def iter_json_rows(file: Path) -> Iterator[RawRow]:
    """Yield the entries of a list, or of the list under `products` in an object. Raises Unreadable, OSError."""
    with file.open("rb") as stream:
        path = _find_list_path(file, stream)
        try:
            # Floats become Decimals with the digits as written in the file.
            for number, values in enumerate(ijson.items(GuardedStream(file, stream), path), start=1):
                yield RawRow(number, values)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _invalid_json(file, error) from None


def iter_json_lines(file: Path) -> Iterator[RawRow]:
    """Yield the rows of a file with one JSON object in each line. Raises OSError."""
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(codecs.BOM_UTF8).strip()
            if not text:
                continue
            try:
                yield RawRow(number, json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant))
            except (ValueError, RecursionError):  # not JSON, not UTF-8, or a number with thousands of digits
                yield RawRow(number, None, f"line {number} is not valid JSON")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _find_list_path(file: Path, stream: IO[bytes]) -> str:
    """Return the ijson path of the entries, and rewind the stream. Raises Unreadable."""
    start = len(codecs.BOM_UTF8) if stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
    stream.seek(start)
    try:
        events = ijson.parse(GuardedStream(file, stream))
        path = next((LIST_PATHS[prefix] for prefix, event, _ in events if event == "start_array" and prefix in LIST_PATHS), None)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise _invalid_json(file, error) from None
    if path is None:
        raise Unreadable(f"{file} must contain a JSON list of products")
    stream.seek(start)
    return path


def _invalid_json(file: Path, error: Exception) -> Unreadable:
    message = error.args[0] if error.args else ""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    return Unreadable(f"{file} is not valid JSON: {' '.join(text.split())[:300]}")


class GuardedStream:
    """A stream that rejects numbers with thousands of digits, which crash the JSON parser."""

    def __init__(self, file: Path, stream: IO[bytes]) -> None:
        self._file, self._stream, self._tail = file, stream, b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises Unreadable."""
        chunk = self._stream.read(size)
        if OVERLONG_NUMBER.search(self._tail + chunk):
            raise Unreadable(f"{self._file} is not valid JSON: it contains a number with more than {MAX_DIGITS} digits")
        self._tail = (self._tail + chunk)[-MAX_DIGITS:]
        return chunk
