"""Reads `application/x-www-form-urlencoded` bodies with nested brackets, as Stripe's clients send them."""

import re
from typing import Any
from urllib.parse import parse_qsl

from emulator.errors import ApiError

PART = re.compile(r"\[([^\[\]]*)\]")
NUMBER = re.compile(r"[0-9]{1,9}")
DEEPEST = 8


def decoded(text: str) -> dict[str, Any]:
    """Return `a[b][0]=x` as {"a": {"b": ["x"]}}; every leaf is a text. Raises ApiError."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = [head, *PART.findall(f"[{rest}" if rest else "")]
        # A digit such as ² would be a name here and a number there.
        if not head or len(path) > DEEPEST or any(part.isdigit() and not part.isascii() for part in path):
            raise ApiError(400, f"Invalid parameter name: {name[:100]}")
        _put(tree, path, value)
    return {name: _listed(name, value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(inner, dict):
            raise _two_in_one()
        tree = inner
    if isinstance(tree.get(path[-1]), dict):
        raise _two_in_one()
    tree[path[-1] or str(len(tree))] = value


def _two_in_one() -> ApiError:
    return ApiError(400, "Invalid parameters: a value and an object have one name")


def _listed(name: str, tree: Any) -> Any:
    """Turn objects whose names are 0, 1, 2 … into lists, but for metadata, whose names may be anything."""
    if not isinstance(tree, dict):
        return tree
    inner = {part: _listed(part, value) for part, value in tree.items()}
    if name != "metadata" and all(NUMBER.fullmatch(part) for part in inner):
        return [inner[part] for part in sorted(inner, key=int)]
    return inner
