"""Names, descriptions and options of a row."""

from collections.abc import Mapping
from typing import Any

from products.importing.html_text import html_to_text, join_lines, name_to_text
from products.importing.raw_rows import BadRow
from products.models import MAX_DESCRIPTION, MAX_NAME

MAX_ALT = 200  # characters


def parse_name(value: Any) -> str:
    """Return the name of a product, on one line. Raises BadRow."""
    name = name_to_text(value).strip() if isinstance(value, str) else ""
    if not name:
        raise BadRow("name is missing or is not text")
    return _check(name, "name", MAX_NAME)


def parse_variant_name(value: Any) -> str:
    """Return the name of a variant, which may be empty. Raises BadRow."""
    if not isinstance(value, str | None):
        raise BadRow("name is missing or is not text")
    return _check(name_to_text(value or "").strip(), "name", MAX_NAME)


def parse_description(value: Any) -> str:
    """Return a description, which may be empty. Raises BadRow."""
    if not isinstance(value, str | None):
        raise BadRow("description is missing or is not text")
    return _check(html_to_text(value or "").strip(), "description", MAX_DESCRIPTION)


def parse_alt(value: Any) -> str | None:
    """Return the alternative text of a picture; None if it has none. Raises BadRow."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRow("alt is missing or is not text")
    return _check(join_lines(html_to_text(value)).strip(), "alt", MAX_ALT)


def _check(text: str, name: str, max_length: int) -> str:
    if len(text) > max_length or "\x00" in text:
        raise BadRow(f"{name} is longer than {max_length} characters or contains a NUL")
    return text


def parse_options(value: Any) -> dict[str, str]:
    """Return the options of a variant. Raises BadRow."""
    options = {} if value is None else value
    if not isinstance(options, dict) or not all(
        isinstance(text, str) and "\x00" not in name + text for name, text in options.items()
    ):
        raise BadRow('options must be an object with text values, like {"Size": "M"}')
    return strip_options(options)


def strip_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return options with names and values stripped, and without empty ones, as import files hold them."""
    return {name.strip(): value.strip() for name, value in options.items() if name.strip() and value.strip()}
