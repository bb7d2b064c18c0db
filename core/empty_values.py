"""What counts as empty in what clients and files send."""

from typing import Any

from core.characters import is_visible


def is_empty(value: Any) -> bool:
    """Return whether a value counts as absent: null, or text without a visible character."""
    return value is None or (isinstance(value, str) and not any(map(is_visible, value)))
