"""Decodes `application/x-www-form-urlencoded` bodies with nested brackets, as Stripe's clients send them."""

import re
from typing import Any
from urllib.parse import parse_qsl

from emulator.errors import ApiError

PART = re.compile(r"\[([^\[\]]*)\]")
NUMBER = re.compile(r"[0-9]{1,9}")
MAX_DEPTH = 8


def decode(text: str) -> dict[str, Any]:
    """Return `a[b][0]=x` as {"a": {"b": ["x"]}}; every leaf is a string. Raises ApiError."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = [head, *PART.findall(f"[{rest}" if rest else "")]
        # `str.isdigit` accepts characters such as ², which `NUMBER` does not.
        if not head or len(path) > MAX_DEPTH or any(part.isdigit() and not part.isascii() for part in path):
            raise ApiError(400, f"Invalid parameter name: {name[:100]}")
        _insert(tree, path, value)
    return {name: _convert_lists(name, value) for name, value in tree.items()}


def _insert(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(inner, dict):
            raise _conflicting_types()
        tree = inner
    if isinstance(tree.get(path[-1]), dict):
        raise _conflicting_types()
    tree[path[-1] or str(len(tree))] = value


def _conflicting_types() -> ApiError:
    return ApiError(400, "Invalid parameters: a value and an object have one name")


def _convert_lists(name: str, tree: Any) -> Any:
    """Convert objects with the keys 0, 1, 2 … to lists, except metadata, whose keys are arbitrary."""
    if not isinstance(tree, dict):
        return tree
    inner = {part: _convert_lists(part, value) for part, value in tree.items()}
    if name != "metadata" and all(NUMBER.fullmatch(part) for part in inner):
        return [inner[part] for part in sorted(inner, key=int)]
    return inner
