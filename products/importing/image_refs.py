"""The pictures that a row names."""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from products.importing.raw_rows import BadRow
from products.importing.texts import parse_alt

FILE_KEYS = ("file", "src", "url")
URLS = re.compile(r"[\s,;]+(?=https?://)", re.IGNORECASE)  # shops separate addresses by commas, spaces or semicolons


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A reference to a picture: a file name relative to the picture folder, or a URL."""

    file: str
    alt: str | None  # None: the product's name

    @property
    def is_url(self) -> bool:
        """Return whether the picture must be downloaded."""
        return self.file.lower().startswith(("http://", "https://"))


def parse_images(row: dict[str, Any]) -> tuple[ImageRef, ...] | None:
    """Return the pictures of a row; None if it names none. Raises BadRow."""
    value = row.get("images")
    if value is None:
        return None
    more = row.get("more_images")
    return tuple(_parse_image(entry) for entry in (*_get_entries(value), *_get_entries(more or [])) if not _is_absent(entry))


def _get_entries(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    if not isinstance(value, list):
        raise BadRow("images must be a list")
    return value


def split_cell(text: str) -> Any:
    """Return the pictures in a cell, which holds files or URLs separated by `|`, several URLs, or the JSON form."""
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return [url for part in text.split("|") for url in map(str.strip, URLS.split(part)) if url]


def _is_absent(entry: Any) -> bool:
    """Return whether a list says nothing in this place: null, or an object whose file is null."""
    return entry is None or (isinstance(entry, dict) and any(key in entry for key in FILE_KEYS) and _get_file(entry) is None)


def _get_file(entry: dict[str, Any]) -> Any:
    return next((entry[key] for key in FILE_KEYS if entry.get(key) is not None), None)


def _parse_image(value: Any) -> ImageRef:
    if isinstance(value, str):
        return ImageRef(value.strip(), None)
    file = _get_file(value) if isinstance(value, dict) else None
    if not isinstance(file, str):
        raise BadRow("an image must be a file name, a URL, or an object with file and alt")
    return ImageRef(file.strip(), parse_alt(value.get("alt")))
